import FederationModel
import RadixTree

// What user interfaces ask for: everything at once. O(everything registered).

extension Catalog {
    func nodeInfo(_ request: NodeSpecificRequest) -> (Response, UInt64, WatchKey) {
        let found = nodes.get(Fold.folded(request.node)).map { [Self.info($0)] }
        return (.nodeDump(IndexedNodeDump(dump: found)), registrationIndex, .registrations)
    }

    func nodeDump() -> (Response, UInt64, WatchKey) {
        var found: [NodeInfo] = []
        found.reserveCapacity(nodes.count)
        nodes.forEachValue { found.append(Self.info($0)) }
        return (.nodeDump(IndexedNodeDump(dump: found.orNil)), registrationIndex, .registrations)
    }

    func serviceDump(_ request: ServiceDumpRequest, _ datacenter: String) -> (Response, UInt64, WatchKey) {
        var found: [CheckServiceNode] = []
        services.forEachValue { row in
            row.instances.forEachValue { instance in
                let service = instance.service.record
                guard !request.useServiceKind || service.kind == request.serviceKind,
                    let node = nodes.get(instance.node)
                else { return }
                found.append(Self.instance(service, on: node, datacenter))
            }
        }
        sort(&found, near: request.source, datacenter) { $0.node?.node ?? "" }
        return (.checkServiceNodes(IndexedCheckServiceNodes(nodes: found.orNil)), registrationIndex, .registrations)
    }

    private var registrationIndex: UInt64 { max(indexes.nodes, indexes.services, indexes.checks) }

    private static func info(_ row: NodeRow) -> NodeInfo {
        let node = row.node.record
        return NodeInfo(
            id: node.id, node: node.node, address: node.address, taggedAddresses: node.taggedAddresses,
            meta: node.meta, services: row.services.values().map(\.record).orNil,
            checks: row.checks.values().map(\.record).orNil)
    }
}
