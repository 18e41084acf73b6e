import FederationModel
import RadixTree

// Proxies and mesh-native instances of a service. The catalog keeps no index of them: O(instances).

extension Catalog {
    private func forEachMeshInstance(
        _ request: ServiceSpecificRequest, _ body: (NodeRow, NodeService) -> Void
    ) {
        services.forEachValue { row in
            forEachInstance(request, row) { node, service in
                let isProxy = service.kind == "connect-proxy"
                let name = isProxy ? service.proxy.destinationServiceName : service.service
                guard isProxy || service.connect.native, Fold.equal(name, request.serviceName) else { return }
                body(node, service)
            }
        }
    }

    func meshNodes(_ request: ServiceSpecificRequest, _ datacenter: String) -> (Response, UInt64, WatchKey) {
        var found: [ServiceNode] = []
        forEachMeshInstance(request) { node, service in
            found.append(ServiceNode(service, on: Self.node(node, datacenter)))
        }
        sort(&found, near: request.source, datacenter) { $0.node }
        let index = max(indexes.nodes, indexes.services)
        return (.serviceNodes(IndexedServiceNodes(serviceNodes: found.orNil)), index, .nodesAndServices)
    }

    func meshHealth(_ request: ServiceSpecificRequest, _ datacenter: String) -> (Response, UInt64, WatchKey) {
        var found: [CheckServiceNode] = []
        forEachMeshInstance(request) { node, service in
            found.append(Self.instance(service, on: node, datacenter))
        }
        sort(&found, near: request.source, datacenter) { $0.node?.node ?? "" }
        let index = max(indexes.nodes, indexes.services, indexes.checks)
        return (.checkServiceNodes(IndexedCheckServiceNodes(nodes: found.orNil)), index, .registrations)
    }

    /// A node asked for by its name, or by its id or the beginning of one.
    func key(ofNode nameOrID: String) -> ByteString {
        let key = Fold.folded(nameOrID)
        guard nodes.get(key) == nil, nameOrID.utf8.count >= Self.minNodeIDBytes else { return key }
        let found = nodeNames.values(under: key)
        return found.count == 1 ? found[0] : key
    }

    /// Consul looks up no shorter beginnings.
    private static let minNodeIDBytes = 2
}
