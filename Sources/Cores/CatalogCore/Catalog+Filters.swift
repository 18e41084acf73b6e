import FederationModel
import RadixTree

extension Catalog {
    /// The node of a row as it is shown.
    static func node(_ row: NodeRow, _ datacenter: String) -> Node {
        var node = row.node.record
        if node.datacenter.isEmpty { node.datacenter = datacenter }
        return node
    }

    /// The node's metadata has all these pairs.
    static func matches(_ row: NodeRow, _ filters: [String: String]?) -> Bool {
        guard let filters, !filters.isEmpty else { return true }
        let meta = row.node.record.meta ?? [:]
        return filters.allSatisfy { meta[$0.key] == $0.value }
    }

    func matches(_ check: HealthCheck, _ filters: [String: String]?) -> Bool {
        guard let filters, !filters.isEmpty else { return true }
        guard let row = nodes.get(Fold.folded(check.node)) else { return false }
        return Self.matches(row, filters)
    }

    /// Tag filters: all tags of the list, or the single one of older clients; the case of ASCII letters is ignored.
    static func matches(_ service: NodeService, _ request: ServiceSpecificRequest) -> Bool {
        guard request.tagFilter else { return true }
        var wanted = request.serviceTags ?? []
        if wanted.isEmpty, !request.serviceTag.isEmpty { wanted = [request.serviceTag] }
        let tags = service.tags ?? []
        return wanted.allSatisfy { tag in tags.contains { Fold.equal($0, tag) } }
    }

    /// Sorts rows by round-trip time from the node the caller named, the nearest first; rows without a coordinate
    /// come last, and rows equally far keep their order. Without a coordinate of that node nothing moves.
    func sort<Row>(_ rows: inout [Row], near source: QuerySource, _ datacenter: String, node: (Row) -> String) {
        guard !source.node.isEmpty, source.datacenter.isEmpty || Fold.equal(source.datacenter, datacenter),
            let origin = coordinate(of: source.node, segment: source.segment)
        else { return }
        let measured = rows.enumerated().map { position, row in
            let distance = coordinate(of: node(row), segment: source.segment).map { origin.distance(to: $0) }
            return (distance: distance ?? .infinity, position: position)
        }
        let order = measured.sorted {
            $0.distance == $1.distance ? $0.position < $1.position : $0.distance < $1.distance
        }
        rows = order.map { rows[$0.position] }
    }

    private func coordinate(of node: String, segment: String) -> SerfCoordinate? {
        let key = Fold.folded(node)
        return coordinates.get(Fold.joined(key, ByteString(segment)))?.coord
    }
}

extension ServiceNode {
    /// One instance as `Catalog.ServiceNodes` shows it: tags and metadata are never nil, as Consul copies them.
    init(_ service: NodeService, on node: Node) {
        self.init(
            id: node.id, node: node.node, address: node.address, datacenter: node.datacenter,
            taggedAddresses: node.taggedAddresses, nodeMeta: node.meta, serviceKind: service.kind,
            serviceID: service.id, serviceName: service.service, serviceTags: service.tags ?? [],
            serviceAddress: service.address, serviceTaggedAddresses: service.taggedAddresses,
            serviceWeights: service.weights ?? Weights(passing: 1, warning: 1), serviceMeta: service.meta ?? [:],
            servicePort: service.port, serviceEnableTagOverride: service.enableTagOverride,
            serviceProxy: service.proxy, serviceConnect: service.connect, raftIndex: service.raftIndex)
    }
}
