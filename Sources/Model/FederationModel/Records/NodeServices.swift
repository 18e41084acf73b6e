/// Consul's `NodeServices` as servers exchange it; on the wire a map keyed by the Go field names.
package struct NodeServices: Equatable, Sendable {
    /// The node.
    package var node: Node?
    /// Instance id → instance.
    package var services: [String: NodeService]?

    package init(
        node: Node? = nil,
        services: [String: NodeService]? = nil
    ) {
        self.node = node
        self.services = services
    }
}
