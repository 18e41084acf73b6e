/// Consul's `RaftConfigurationResponse` as servers exchange it; on the wire a map keyed by the Go field names.
package struct RaftConfigurationResponse: Equatable, Sendable {
    /// The peer set.
    package var servers: [RaftPeer]?
    /// Index of the configuration.
    package var index: UInt64

    package init(
        servers: [RaftPeer]? = nil,
        index: UInt64 = 0
    ) {
        self.servers = servers
        self.index = index
    }
}
