/// Consul's `Session` as servers exchange it; on the wire a map keyed by the Go field names.
package struct Session: Equatable, Sendable {
    /// A UUID; empty on create.
    package var id: String
    /// Name.
    package var name: String
    /// Node name.
    package var node: String
    /// How long a key that the session held cannot be locked after its end.
    package var lockDelay: Duration
    /// What becomes of its keys at its end: `release` or `delete`.
    package var behavior: String
    /// Text duration, empty: none.
    package var ttl: String
    /// Checks of the node on which the session depends.
    package var nodeChecks: [String]?
    /// Checks of services on which the session depends.
    package var serviceChecks: [SessionCheck]?
    /// Older list of check ids.
    package var checks: [String]?
    package var raftIndex: RaftIndex

    package init(
        id: String = "",
        name: String = "",
        node: String = "",
        lockDelay: Duration = .zero,
        behavior: String = "",
        ttl: String = "",
        nodeChecks: [String]? = nil,
        serviceChecks: [SessionCheck]? = nil,
        checks: [String]? = nil,
        raftIndex: RaftIndex = RaftIndex()
    ) {
        self.id = id
        self.name = name
        self.node = node
        self.lockDelay = lockDelay
        self.behavior = behavior
        self.ttl = ttl
        self.nodeChecks = nodeChecks
        self.serviceChecks = serviceChecks
        self.checks = checks
        self.raftIndex = raftIndex
    }
}
