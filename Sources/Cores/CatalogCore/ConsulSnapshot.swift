import FederationModel
import RadixTree
import WireFormat

/// A catalog as Consul 1.8 writes its state into a snapshot (`state.bin`): a header, then records, each a type byte
/// and a MessagePack object.
package enum ConsulSnapshot {
    /// Consul's message types that have a place here. A number from 128 is skipped by servers that do not know it.
    private enum Kind: UInt8 {
        case register = 0
        case kvs = 2
        case session = 3
        case tombstone = 5
        case coordinates = 6
        case preparedQuery = 7
        case autopilot = 9
        case index = 16
        case chunking = 29
        case federationState = 30
    }

    /// What a snapshot held besides what was taken, by name and number of records: what is not kept is said.
    package struct Contents: Sendable {
        package var catalog: Catalog
        package var lastIndex: UInt64
        /// Sorted by name.
        package var skipped: [(name: String, count: Int)]
    }

    /// Why a state cannot be read.
    package struct Problem: Error, Equatable, Sendable {
        package var text: String
    }

    // MARK: Writing

    package static func encode(_ catalog: Catalog, datacenter: String) -> [UInt8] {
        var writer = MessagePackWriter(reserving: 4096 + 160 * catalog.keys.count)
        writer.writeMapHeader(1)
        writer.write("LastIndex")
        writer.write(catalog.appliedIndex)
        func begin(_ kind: Kind) { writer.append(CollectionOfOne(kind.rawValue)) }
        catalog.nodes.forEachValue { row in
            let node = Catalog.node(row, datacenter)
            let base = RegisterRequest(
                datacenter: node.datacenter, id: node.id, node: node.node, address: node.address,
                taggedAddresses: node.taggedAddresses, nodeMeta: node.meta, raftIndex: node.raftIndex)
            begin(.register)
            writer.write(base)
            row.services.forEachValue { service in
                var request = base
                request.service = service.record
                begin(.register)
                writer.write(request)
            }
            row.checks.forEachValue { check in
                var request = base
                request.check = check.record
                begin(.register)
                writer.write(request)
            }
        }
        if !catalog.coordinates.isEmpty {
            begin(.coordinates)
            writer.write(catalog.coordinates.values() as [Coordinate]?)
        }
        catalog.sessions.forEachValue { row in
            begin(.session)
            writer.write(row.session)
        }
        catalog.keys.forEachValue { entry in
            begin(.kvs)
            writer.write(entry)
        }
        catalog.queries.forEachValue { query in
            begin(.preparedQuery)
            writer.write(query)
        }
        if let autopilot = catalog.autopilot {
            begin(.autopilot)
            writer.write(autopilot)
        }
        return writer.bytes
    }

    // MARK: Reading

    /// Rebuilds a catalog by applying what the records say, in Consul's order: nodes with services and checks before
    /// what hangs on them. The records' own indexes are kept where something shows them.
    package static func decode(_ bytes: [UInt8]) throws(Problem) -> Contents {
        do throws(WireError) {
            return try read(bytes)
        } catch {
            throw Problem(text: "state.bin: \(error.description)")
        }
    }

    private static func read(_ bytes: [UInt8]) throws(WireError) -> Contents {
        var reader = MessagePackReader(bytes)
        var lastIndex: UInt64 = 0
        for _ in 0..<(try reader.readMapHeader() ?? 0) {
            if try reader.readString() == "LastIndex" { lastIndex = try reader.read() } else { try reader.skip() }
        }
        var catalog = Catalog()
        var sessions: [Session] = []
        var entries: [DirEntry] = []
        var queries: [PreparedQuery] = []
        var skipped: [String: Int] = [:]
        while !reader.isAtEnd {
            let type = try reader.readByte()
            switch Kind(rawValue: type) {
            case .register:
                let request: RegisterRequest = try reader.read()
                let index = [request.service?.raftIndex.modifyIndex, request.check?.raftIndex.modifyIndex]
                    .compactMap { $0 }.max() ?? request.raftIndex.modifyIndex
                let result = catalog.apply(.register(request), at: max(1, index))
                if result.error != nil { skipped["registrations", default: 0] += 1 }
            case .kvs: entries.append(try reader.read())
            case .session: sessions.append(try reader.read())
            case .coordinates:
                let batch = try reader.read() ?? [] as [Coordinate]
                _ = catalog.apply(.coordinateBatch(batch), at: max(1, lastIndex))
            case .preparedQuery: queries.append(try reader.read())
            case .autopilot: catalog.autopilot = try reader.read()
            case .tombstone, .index, .chunking: try reader.skip()
            case .federationState:
                try reader.skip()
                skipped["federation states", default: 0] += 1
            case nil:
                try reader.skip()
                skipped[name(of: type), default: 0] += 1
            }
        }
        for session in sessions where !catalog.restore(session) { skipped["sessions", default: 0] += 1 }
        for entry in entries where !catalog.restore(entry) { skipped["keys", default: 0] += 1 }
        for query in queries where !catalog.restore(query) { skipped["prepared queries", default: 0] += 1 }
        catalog.appliedIndex = lastIndex
        _ = catalog.takeTouched()
        _ = catalog.takeLockDelays()
        let list = skipped.keys.sorted().map { (name: $0, count: skipped[$0] ?? 0) }
        return Contents(catalog: catalog, lastIndex: lastIndex, skipped: list)
    }

    /// Consul's names of what has no place here.
    private static func name(of type: UInt8) -> String {
        switch type {
        case 8: "ACLs"
        case 11, 12: "network areas"
        case 13, 14, 15: "certificates"
        case 17, 18: "ACL tokens"
        case 19, 20: "ACL policies"
        case 21, 22: "config entries"
        case 10, 23, 24: "intentions and roots"
        case 25, 26: "ACL roles and rules"
        default: "records of type \(type)"
        }
    }
}

extension Catalog {
    /// A session of a snapshot; false when it cannot stand.
    fileprivate mutating func restore(_ session: Session) -> Bool {
        let names = [session.node] + session.checkIDs
        guard SessionKey.problem(session.id) == nil, nodes.get(Fold.folded(session.node)) != nil,
            names.allSatisfy({ $0.utf8.count <= Fold.maxNameBytes })
        else { return false }
        let index = max(1, session.raftIndex.modifyIndex)
        list(session, at: index)
        indexes.sessions = max(indexes.sessions, index)
        return true
    }

    /// A key of a snapshot with its indexes and its holder; false when it is too long or held by nobody.
    fileprivate mutating func restore(_ entry: DirEntry) -> Bool {
        guard RadixTree<DirEntry>.accepts(entry.key), !entry.key.isEmpty else { return false }
        var entry = entry
        if entry.value?.isEmpty == true { entry.value = nil }
        if !entry.session.isEmpty {
            let id = SessionKey.of(entry.session)
            if sessions.get(id) == nil {
                entry.session = ""
            } else {
                sessions.update(id, index: 0) { row in _ = row?.keys.set(entry.key, true, index: 0) }
            }
        }
        keys.set(entry.key, entry, index: max(1, entry.raftIndex.modifyIndex))
        return true
    }

    fileprivate mutating func restore(_ query: PreparedQuery) -> Bool {
        guard Self.queryProblem(query.id) == nil, query.name.utf8.count <= Fold.maxNameBytes,
            query.session.isEmpty || sessions.get(SessionKey.of(query.session)) != nil
        else { return false }
        let index = max(1, query.raftIndex.modifyIndex)
        list(query, at: index)
        indexes.queries = max(indexes.queries, index)
        return true
    }
}
