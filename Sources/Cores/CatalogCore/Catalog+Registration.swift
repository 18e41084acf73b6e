import FederationModel
import RadixTree

extension Catalog {
    /// How the node of a registration is to be written.
    private enum NodePlan {
        case unchanged
        /// `removing`: the folded name under which the same node ID stood before.
        case write(Node, removing: ByteString?)
    }

    /// All or nothing: everything is checked before anything is written.
    mutating func register(_ request: RegisterRequest, at index: UInt64) -> ApplyResult {
        let key = Fold.folded(request.node)
        guard !request.node.isEmpty, isName(request.node), isName(request.id) else {
            return .refused("failed inserting node: \(Self.nameRule)")
        }
        let plan: NodePlan
        switch self.plan(request, key) {
        case .success(let made): plan = made
        case .failure(let refusal): return .refused("failed inserting node: \(refusal.text)")
        }
        let service = request.service.map(Self.defaulted)
        if let service {
            if service.id.isEmpty {
                return .refused("failed inserting service: failed inserting service: object missing primary index")
            }
            guard isName(service.id), isName(service.service) else {
                return .refused("failed inserting service: \(Self.nameRule)")
            }
        }
        let checks = (request.check.map { [$0] } ?? []) + (request.checks ?? [])
        for check in checks {
            if let problem = problem(with: check, in: request, key) { return .refused(problem) }
        }

        if case .write(let node, let removing) = plan { write(node, key, removing: removing, at: index) }
        if let service { write(service, on: key, at: index) }
        for check in checks { write(check, on: key, at: index) }
        return .done
    }

    private static var nameRule: String { "a name is longer than \(Fold.maxNameBytes) bytes or missing" }

    private func isName(_ name: String) -> Bool { name.utf8.count <= Fold.maxNameBytes }

    private struct Refusal: Error { var text: String }

    // MARK: Node

    /// Names belong to the node that registered them while it lives: another ID takes a name over only from a node
    /// whose Serf check is absent or critical. The same ID under another name is a rename.
    private func plan(_ request: RegisterRequest, _ key: ByteString) -> Result<NodePlan, Refusal> {
        let byName = nodes.look(key) { $0.node.record }
        if let byName, request.skipNodeUpdate || Self.isSame(byName, request) { return .success(.unchanged) }
        var node = Node(
            id: request.id, node: request.node, address: request.address, datacenter: request.datacenter,
            taggedAddresses: request.taggedAddresses, meta: request.nodeMeta)
        var existing = byName
        var removing: ByteString?
        if !request.id.isEmpty {
            if let oldKey = nodeNames.get(Fold.folded(request.id)) {
                existing = nodes.get(oldKey)?.node.record
                if oldKey != key {
                    if let byName, let holder = holder(of: key, byName, against: request.id) {
                        return .failure(Refusal(text: Self.conflict(request, holder, address: request.address)))
                    }
                    removing = oldKey
                }
            } else if let byName, !byName.id.isEmpty, let holder = holder(of: key, byName, against: request.id) {
                return .failure(Refusal(text: Self.conflict(request, holder, address: nil)))
            }
        }
        node.raftIndex.createIndex = existing?.raftIndex.createIndex ?? 0
        return .success(.write(node, removing: removing))
    }

    private static func isSame(_ node: Node, _ request: RegisterRequest) -> Bool {
        node.id == request.id && node.node == request.node && node.address == request.address
            && node.taggedAddresses == request.taggedAddresses && node.meta == request.nodeMeta
    }

    /// The living node that holds a name against another ID.
    private func holder(of key: ByteString, _ node: Node, against id: String) -> Node? {
        if Fold.equal(node.id, id) { return nil }
        let check = nodes.get(key)?.checks.get(Self.serfCheck)
        return check == nil || check?.record.status == "critical" ? nil : node
    }

    private static let serfCheck = Fold.folded("serfHealth")

    private static func conflict(_ request: RegisterRequest, _ holder: Node, address: String?) -> String {
        let place = address.map { " (\($0))" } ?? ""
        return "Error while renaming Node ID: \"\(request.id)\"\(place): Node name \(request.node) is reserved by node "
            + "\(holder.id) with name \(holder.node) (\(holder.address))"
    }

    private mutating func write(_ node: Node, _ key: ByteString, removing: ByteString?, at index: UInt64) {
        var node = node
        node.raftIndex.modifyIndex = index
        if node.raftIndex.createIndex == 0 { node.raftIndex.createIndex = index }
        if let removing { removeNode(removing, at: index) }
        if let old = nodes.get(key)?.node.record, !old.id.isEmpty, !Fold.equal(old.id, node.id) {
            nodeNames.remove(Fold.folded(old.id), index: index)
        }
        if !node.id.isEmpty { nodeNames.set(Fold.folded(node.id), key, index: index) }
        let shared = Shared(node)
        let names = nodes.update(key, index: index) { row in
            if row == nil {
                row = NodeRow(node: shared, index: index, checksIndex: index)
            } else {
                row?.node = shared
                row?.index = index
            }
            return Self.serviceNames(row)
        }
        indexes.nodes = index
        touch(.nodes)
        touch(.node(key))
        raise(names, at: index)
    }

    /// The folded names of services on a node, each once, in order of instance ids.
    static func serviceNames(_ row: NodeRow?) -> [ByteString] {
        var names: [ByteString] = []
        var seen: Set<ByteString> = []
        row?.services.forEachValue {
            let name = Fold.folded($0.record.service)
            if seen.insert(name).inserted { names.append(name) }
        }
        return names
    }

    /// Moves the index of services whose nodes or checks changed.
    mutating func raise(_ names: [ByteString], at index: UInt64) {
        for name in names where services.get(name) != nil {
            services.update(name, index: index) { $0?.index = index }
            touch(.service(name))
        }
    }

    // MARK: Service

    private static func defaulted(_ service: NodeService) -> NodeService {
        var service = service
        let weights = service.weights ?? Weights()
        service.weights = weights.passing == 0 && weights.warning == 0 ? Weights(passing: 1, warning: 1) : weights
        return service
    }

    private mutating func write(_ service: NodeService, on node: ByteString, at index: UInt64) {
        let id = Fold.folded(service.id)
        var service = service
        let old = nodes.look(node) { $0.services.get(id) } ?? nil
        if let old {
            service.raftIndex = old.record.raftIndex
            if service == old.record { return }
            service.raftIndex.modifyIndex = index
            // Under the same name it takes the other's place there.
            if !Fold.equal(old.record.service, service.service) { unlist(old.record, on: node, at: index) }
        } else {
            service.raftIndex = RaftIndex(createIndex: index, modifyIndex: index)
        }
        let shared = Shared(service)
        nodes.update(node, index: index) { row in
            row?.services.set(id, shared, index: index)
            row?.index = index
        }
        let name = Fold.folded(service.service)
        services.update(name, index: index) { row in
            if row == nil { row = ServiceRow() }
            let replaced = row?.instances.set(
                Fold.joined(node, id), Instance(node: node, service: shared), index: index)
            if let replaced { row?.discount(replaced.service.record) }
            row?.count(shared.record)
            row?.index = index
        }
        indexes.services = index
        touch(.services)
        touch(.node(node))
        touch(.service(name))
    }

    /// Takes an instance out of the table of names; the last one takes the name with it.
    mutating func unlist(_ service: NodeService, on node: ByteString, at index: UInt64) {
        let name = Fold.folded(service.service)
        guard services.get(name) != nil else { return }
        let isExtinct = services.update(name, index: index) { row in
            row?.instances.remove(Fold.joined(node, Fold.folded(service.id)), index: index)
            row?.discount(service)
            row?.index = index
            return row?.instances.isEmpty ?? true
        }
        if isExtinct {
            services.remove(name, index: index)
            indexes.extinction = index
        }
        touch(.service(name))
    }

    // MARK: Check

    private func problem(with check: HealthCheck, in request: RegisterRequest, _ key: ByteString) -> String? {
        if !check.node.isEmpty, !Fold.equal(check.node, request.node) {
            return "check node \"\(check.node)\" does not match node \"\(request.node)\""
        }
        if check.checkID.isEmpty {
            return "failed inserting check: failed inserting check: object missing primary index on node "
                + "\"\(request.node)\""
        }
        guard isName(check.checkID), isName(check.status) else { return "failed inserting check: \(Self.nameRule)" }
        if check.serviceID.isEmpty { return nil }
        let id = Fold.folded(check.serviceID)
        if let service = request.service, Fold.folded(service.id) == id { return nil }
        if nodes.get(key)?.services.get(id) != nil { return nil }
        return "failed inserting check: Missing service registration on node \"\(request.node)\""
    }

    private mutating func write(_ check: HealthCheck, on node: ByteString, at index: UInt64) {
        guard let row = nodes.get(node) else { return }
        let id = Fold.folded(check.checkID)
        let owner = Fold.folded(check.serviceID)
        var check = check
        check.node = row.node.record.node
        if check.status.isEmpty { check.status = "critical" }
        if let service = row.services.get(owner)?.record {
            check.serviceID = service.id
            check.serviceName = service.service
            check.serviceTags = service.tags
        }
        let old = row.checks.get(id)
        if let old {
            check.raftIndex = old.record.raftIndex
            if check == old.record { return }
            check.raftIndex.modifyIndex = index
        } else {
            check.raftIndex = RaftIndex(createIndex: index, modifyIndex: index)
        }
        write(Shared(check), id, on: node, over: old, at: index)
    }

    private mutating func write(
        _ check: Shared<HealthCheck>, _ id: ByteString, on node: ByteString, over old: Shared<HealthCheck>?,
        at index: UInt64
    ) {
        if let old { unlist(old.record, on: node, at: index) }
        let record = check.record
        let owner = Fold.joined(Fold.folded(record.serviceID), id)
        nodes.update(node, index: index) { row in
            row?.checks.set(id, check, index: index)
            row?.checksByOwner.set(owner, check, index: index)
        }
        let state = ByteString(record.status)
        checksByState.set(Fold.joined(state, node, id), check, index: index)
        if !record.serviceID.isEmpty {
            let name = Fold.folded(record.serviceName)
            checksByService.set(Fold.joined(name, node, id), check, index: index)
        }
        report(record, on: node, at: index)
        if record.status == "critical" { endSessions(onCheck: id, of: node, at: index) }
    }

    /// Takes a check out of the tables that list it by what it says.
    mutating func unlist(_ check: HealthCheck, on node: ByteString, at index: UInt64) {
        let id = Fold.folded(check.checkID)
        let owner = Fold.joined(Fold.folded(check.serviceID), id)
        nodes.update(node, index: index) { _ = $0?.checksByOwner.remove(owner, index: index) }
        checksByState.remove(Fold.joined(ByteString(check.status), node, id), index: index)
        if !check.serviceID.isEmpty {
            checksByService.remove(Fold.joined(Fold.folded(check.serviceName), node, id), index: index)
        }
        report(check, on: node, at: index)
    }

    /// Moves the indexes of everything that shows this check, as it is or as it was.
    private mutating func report(_ check: HealthCheck, on node: ByteString, at index: UInt64) {
        indexes.checks = index
        let bearing: [ByteString] = nodes.update(node, index: index) { row in
            row?.checksIndex = index
            if check.serviceID.isEmpty { return Self.serviceNames(row) }
            let service = row?.services.get(Fold.folded(check.serviceID))
            return service.map { [Fold.folded($0.record.service)] } ?? []
        }
        touch(.nodeChecks(node))
        touch(.checks(state: ByteString(check.status)))
        if !check.serviceID.isEmpty { touch(.serviceChecks(Fold.folded(check.serviceName))) }
        raise(bearing, at: index)
    }
}
