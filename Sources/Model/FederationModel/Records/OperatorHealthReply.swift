/// Consul's `OperatorHealthReply` as servers exchange it; on the wire a map keyed by the Go field names.
package struct OperatorHealthReply: Equatable, Sendable {
    /// All servers are.
    package var healthy: Bool
    /// Voters that may be lost.
    package var failureTolerance: Int
    /// The servers.
    package var servers: [ServerHealth]?

    package init(
        healthy: Bool = false,
        failureTolerance: Int = 0,
        servers: [ServerHealth]? = nil
    ) {
        self.healthy = healthy
        self.failureTolerance = failureTolerance
        self.servers = servers
    }
}
