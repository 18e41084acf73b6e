import FederationModel
import RadixTree

extension Catalog {
    /// One instance with its checks, one check, or the node with everything on it. What does not exist is no error.
    mutating func deregister(_ request: DeregisterRequest, at index: UInt64) -> ApplyResult {
        let node = Fold.folded(request.node)
        if !request.serviceID.isEmpty {
            removeService(Fold.folded(request.serviceID), on: node, at: index)
        } else if !request.checkID.isEmpty {
            removeCheck(Fold.folded(request.checkID), on: node, at: index)
        } else {
            removeNode(node, at: index)
        }
        return .done
    }

    mutating func removeCheck(_ id: ByteString, on node: ByteString, at index: UInt64) {
        guard let check = nodes.get(node)?.checks.get(id) else { return }
        nodes.update(node, index: index) { _ = $0?.checks.remove(id, index: index) }
        unlist(check.record, on: node, at: index)
        endSessions(onCheck: id, of: node, at: index)
    }

    mutating func removeService(_ id: ByteString, on node: ByteString, at index: UInt64) {
        guard let row = nodes.get(node), let service = row.services.get(id) else { return }
        for check in row.checksByOwner.values(under: Fold.joined(id)) {
            removeCheck(Fold.folded(check.record.checkID), on: node, at: index)
        }
        nodes.update(node, index: index) { row in
            row?.services.remove(id, index: index)
            row?.index = index
        }
        unlist(service.record, on: node, at: index)
        indexes.services = index
        touch(.services)
        touch(.node(node))
    }

    mutating func removeNode(_ node: ByteString, at index: UInt64) {
        guard let row = nodes.get(node) else { return }
        endSessions(on: node, at: index)
        for check in row.checks.values() { removeCheck(Fold.folded(check.record.checkID), on: node, at: index) }
        for service in row.services.values() { removeService(Fold.folded(service.record.id), on: node, at: index) }
        if !coordinates.removePrefix(Fold.joined(node), index: index).isEmpty {
            indexes.coordinates = index
            touch(.coordinates)
        }
        let id = row.node.record.id
        if !id.isEmpty { nodeNames.remove(Fold.folded(id), index: index) }
        nodes.remove(node, index: index)
        indexes.nodes = index
        touch(.nodes)
        touch(.node(node))
        touch(.nodeChecks(node))
    }
}
