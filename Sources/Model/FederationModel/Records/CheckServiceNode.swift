/// Consul's `CheckServiceNode` as servers exchange it; on the wire a map keyed by the Go field names.
package struct CheckServiceNode: Equatable, Sendable {
    /// The node.
    package var node: Node?
    /// The instance.
    package var service: NodeService?
    /// Checks.
    package var checks: [HealthCheck]?

    package init(
        node: Node? = nil,
        service: NodeService? = nil,
        checks: [HealthCheck]? = nil
    ) {
        self.node = node
        self.service = service
        self.checks = checks
    }
}
