import Determinism
import FederationModel
import RadixTree
package import WireFormat

extension Catalog {
    /// First byte of a snapshot: raised when the layout changes. Version 2 adds sessions, prepared queries and the
    /// autopilot's configuration behind what version 1 holds; a catalog without any is written as version 1, which
    /// older servers of a peer set read while they are replaced.
    package static let snapshotVersion: UInt8 = 2
    private static let versionWithoutSessions: UInt8 = 1

    /// All tables in key order: equal catalogs give equal bytes on every server.
    package func snapshot() -> [UInt8] {
        var writer = MessagePackWriter(reserving: 256 + 128 * keys.count)
        let version = needsLaterTables ? Self.snapshotVersion : Self.versionWithoutSessions
        writer.append(CollectionOfOne(version))
        for number in [
            appliedIndex, indexes.nodes, indexes.services, indexes.checks, indexes.coordinates, indexes.extinction,
        ] { writer.write(number) }

        writer.writeArrayHeader(keys.count)
        keys.forEachValue { entry in
            writer.write(entry.key)
            writer.write(entry.value)
            writer.write(entry.flags)
            writer.write(entry.lockIndex)
            writer.write(entry.session)
            writer.write(entry.raftIndex.createIndex)
            writer.write(entry.raftIndex.modifyIndex)
        }
        writer.write(keys.raisedPaths)

        writer.writeArrayHeader(nodes.count)
        nodes.forEachValue { row in
            writer.write(row.node.record)
            writer.write(row.index)
            writer.write(row.checksIndex)
            writer.writeArrayHeader(row.services.count)
            row.services.forEachValue { writer.write($0.record) }
            writer.writeArrayHeader(row.checks.count)
            row.checks.forEachValue { writer.write($0.record) }
        }
        writer.writeArrayHeader(services.count)
        services.forEachValue { writer.write($0.index) }
        writer.write(checksByState.raisedPaths)
        writer.write(checksByService.raisedPaths)
        writer.write(coordinates.values() as [Coordinate]?)
        if needsLaterTables { writeLaterTables(into: &writer) }
        return writer.bytes
    }

    /// The fingerprint of everything replicated: servers at the same applied index must agree on it. O(catalog).
    package func digest() -> UInt64 {
        var hash = EventHash()
        hash.combine(snapshot())
        return hash.value
    }

    /// Reads what `snapshot()` wrote. Records out of order, names that cannot be keys and indexes of paths that do
    /// not exist are refused.
    package init(snapshot bytes: [UInt8]) throws(WireError) {
        self.init()
        guard let version = bytes.first, (Self.versionWithoutSessions...Self.snapshotVersion).contains(version) else {
            throw WireError(.malformed("catalog snapshot of version \(bytes.first ?? 0)"), at: 0)
        }
        var reader = MessagePackReader(bytes, from: 1)
        appliedIndex = try reader.read()
        indexes.nodes = try reader.read()
        indexes.services = try reader.read()
        indexes.checks = try reader.read()
        indexes.coordinates = try reader.read()
        indexes.extinction = try reader.read()
        try readKeys(from: &reader)
        try readNodes(from: &reader)
        try readServiceIndexes(from: &reader)
        try reader.readRaisedPaths(into: &checksByState)
        try reader.readRaisedPaths(into: &checksByService)
        for coordinate in try reader.read() ?? [] as [Coordinate] {
            let node = Fold.folded(coordinate.node)
            guard nodes.get(node) != nil, coordinate.segment.utf8.count <= Fold.maxNameBytes else {
                throw reader.malformed("a coordinate of no node")
            }
            coordinates.set(Fold.joined(node, ByteString(coordinate.segment)), coordinate, index: indexes.coordinates)
        }
        if version >= Self.snapshotVersion { try readLaterTables(from: &reader) }
        guard reader.isAtEnd else { throw reader.malformed("bytes after the catalog") }
    }

    private mutating func readKeys(from reader: inout MessagePackReader) throws(WireError) {
        var last: ByteString?
        for _ in 0..<(try reader.readArrayHeader() ?? 0) {
            var entry = DirEntry()
            entry.key = try reader.read()
            entry.value = try reader.read()
            entry.flags = try reader.read()
            entry.lockIndex = try reader.read()
            entry.session = try reader.read()
            entry.raftIndex.createIndex = try reader.read()
            entry.raftIndex.modifyIndex = try reader.read()
            if let last, entry.key <= last { throw reader.malformed("keys out of order") }
            guard RadixTree<DirEntry>.accepts(entry.key) else { throw reader.malformed("a key is too long") }
            last = entry.key
            keys.set(entry.key, entry, index: entry.raftIndex.modifyIndex)
        }
        try reader.readRaisedPaths(into: &keys)
    }

    private mutating func readNodes(from reader: inout MessagePackReader) throws(WireError) {
        var last: ByteString?
        for _ in 0..<(try reader.readArrayHeader() ?? 0) {
            let node: Node = try reader.read()
            let key = try reader.name(node.node)
            if let last, key <= last { throw reader.malformed("nodes out of order") }
            last = key
            var row = NodeRow(node: Shared(node), index: try reader.read(), checksIndex: try reader.read())
            if !node.id.isEmpty {
                let old = nodeNames.set(try reader.name(node.id), key, index: row.index)
                if old != nil { throw reader.malformed("two nodes of one ID") }
            }
            for service in try reader.read() ?? [] as [NodeService] {
                try list(service, key, &row, reader)
            }
            for check in try reader.read() ?? [] as [HealthCheck] {
                try list(check, key, &row, reader)
            }
            nodes.set(key, row, index: max(row.index, row.checksIndex))
        }
    }

    private mutating func list(
        _ service: NodeService, _ node: ByteString, _ row: inout NodeRow, _ reader: MessagePackReader
    ) throws(WireError) {
        let shared = Shared(service)
        let id = try reader.name(service.id)
        let name = try reader.name(service.service)
        let index = service.raftIndex.modifyIndex
        if row.services.set(id, shared, index: index) != nil { throw reader.malformed("two services of one ID") }
        services.update(name, index: index) { entry in
            if entry == nil { entry = ServiceRow() }
            entry?.instances.set(Fold.joined(node, id), Instance(node: node, service: shared), index: index)
            entry?.count(service)
        }
    }

    private mutating func list(
        _ check: HealthCheck, _ node: ByteString, _ row: inout NodeRow, _ reader: MessagePackReader
    ) throws(WireError) {
        let shared = Shared(check)
        let id = try reader.name(check.checkID)
        let owner = try reader.name(check.serviceID)
        let state = ByteString(check.status)
        guard state.count <= Fold.maxNameBytes else { throw reader.malformed("a state is too long") }
        let index = check.raftIndex.modifyIndex
        if row.checks.set(id, shared, index: index) != nil { throw reader.malformed("two checks of one ID") }
        row.checksByOwner.set(Fold.joined(owner, id), shared, index: index)
        checksByState.set(Fold.joined(state, node, id), shared, index: index)
        if check.serviceID.isEmpty { return }
        checksByService.set(Fold.joined(try reader.name(check.serviceName), node, id), shared, index: index)
    }

    private mutating func readServiceIndexes(from reader: inout MessagePackReader) throws(WireError) {
        guard try reader.readArrayHeader() ?? 0 == services.count else {
            throw reader.malformed("service indexes do not fit the services")
        }
        var names: [ByteString] = []
        services.forEach { name, _ in
            names.append(name)
            return true
        }
        for name in names {
            let index: UInt64 = try reader.read()
            services.update(name, index: index) { $0?.index = index }
        }
    }
}

extension MessagePackReader {
    func malformed(_ text: String) -> WireError { WireError(.malformed(text), at: position) }

    fileprivate func name(_ name: String) throws(WireError) -> ByteString {
        guard name.utf8.count <= Fold.maxNameBytes else { throw malformed("a name is too long") }
        return Fold.folded(name)
    }

    fileprivate mutating func readRaisedPaths<Value>(into tree: inout RadixTree<Value>) throws(WireError) {
        for _ in 0..<(try readArrayHeader() ?? 0) {
            let path: ByteString = try read()
            let index: UInt64 = try read()
            guard tree.raise(path, to: index) else { throw malformed("an index of no path") }
        }
    }
}

extension MessagePackWriter {
    fileprivate mutating func write(_ raised: [(path: ByteString, index: UInt64)]) {
        writeArrayHeader(raised.count)
        for (path, index) in raised {
            write(path)
            write(index)
        }
    }
}
