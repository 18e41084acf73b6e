/// Consul's `ServerHealth` as servers exchange it; on the wire a map keyed by the Go field names.
package struct ServerHealth: Equatable, Sendable {
    /// Node id.
    package var id: String
    /// Node name.
    package var name: String
    /// Server RPC address.
    package var address: String
    /// 1 alive, 2 leaving, 3 left, 4 failed.
    package var serfStatus: Int
    /// Build.
    package var version: String
    /// Is the leader.
    package var leader: Bool
    /// Since it last heard from the leader.
    package var lastContact: Duration
    /// Last term.
    package var lastTerm: UInt64
    /// Last index.
    package var lastIndex: UInt64
    /// All rules hold.
    package var healthy: Bool
    /// Has a vote.
    package var voter: Bool
    /// Since when its health has not changed.
    package var stableSince: WallTime

    package init(
        id: String = "",
        name: String = "",
        address: String = "",
        serfStatus: Int = 0,
        version: String = "",
        leader: Bool = false,
        lastContact: Duration = .zero,
        lastTerm: UInt64 = 0,
        lastIndex: UInt64 = 0,
        healthy: Bool = false,
        voter: Bool = false,
        stableSince: WallTime = WallTime()
    ) {
        self.id = id
        self.name = name
        self.address = address
        self.serfStatus = serfStatus
        self.version = version
        self.leader = leader
        self.lastContact = lastContact
        self.lastTerm = lastTerm
        self.lastIndex = lastIndex
        self.healthy = healthy
        self.voter = voter
        self.stableSince = stableSince
    }
}
