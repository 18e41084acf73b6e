/// Consul's `NodeServiceList` as servers exchange it; on the wire a map keyed by the Go field names.
package struct NodeServiceList: Equatable, Sendable {
    /// The node.
    package var node: Node?
    /// Instances.
    package var services: [NodeService]?

    package init(
        node: Node? = nil,
        services: [NodeService]? = nil
    ) {
        self.node = node
        self.services = services
    }
}
