/// Consul's `RaftServer`: a row of the peer set.
package struct RaftPeer: Equatable, Sendable {
    /// Node id.
    package var id: String
    /// Node name.
    package var node: String
    /// Server RPC address.
    package var address: String
    /// Is the leader.
    package var leader: Bool
    /// Raft protocol version.
    package var protocolVersion: String
    /// Has a vote.
    package var voter: Bool

    package init(
        id: String = "",
        node: String = "",
        address: String = "",
        leader: Bool = false,
        protocolVersion: String = "",
        voter: Bool = false
    ) {
        self.id = id
        self.node = node
        self.address = address
        self.leader = leader
        self.protocolVersion = protocolVersion
        self.voter = voter
    }
}
