/// Timings and limits of one Raft server. Every server of a peer set needs the same timings: the lease of one rests on
/// the patience of the others.
package struct RaftConfiguration: Equatable, Sendable {
    /// Between two rounds of a leader.
    package var heartbeatInterval = Duration.milliseconds(100)
    /// Silence after which a server campaigns is drawn from this range (Raft §5.2). Within the lower bound of hearing
    /// a leader, a server helps nobody else to become one (Raft thesis §6.4.1).
    package var electionTimeout = Duration.milliseconds(500)..<Duration.milliseconds(1000)
    /// A leader answers reads alone for this long after sending a round that a quorum answered. Below the lower
    /// election timeout: 400 of 500 ms leaves clocks 20 % of drift.
    package var leaseDuration = Duration.milliseconds(400)

    /// One AppendEntries: large enough to fill a connection, small enough not to delay the next heartbeat.
    package var maxAppendBytes = 256 << 10
    /// One AppendEntries: bounds the decoder's work per message.
    package var maxAppendEntries = 1024
    /// Unanswered AppendEntries per follower: covers a round trip at full rate.
    package var maxInflightAppends = 64
    /// A follower that answers later than this is sent each entry at once: waiting would double its delay. A round trip
    /// in a datacenter and the write of a disk take half of it.
    package var gatheringLimit = Duration.milliseconds(2)
    /// So many entries do not wait for others.
    package var gatheringCount = 64
    /// Unanswered entry bytes per follower: what a slow one may cost a leader in buffers.
    package var maxInflightBytes = 4 << 20
    /// Proposed and not yet committed: beyond it proposals are refused, so that a leader without quorum stays small.
    package var maxUncommittedBytes = 64 << 20
    /// Reads waiting for a round: more than every connection an agent accepts can ask at once.
    package var maxPendingReads = 65_536
    /// Committed entries in one `Ready`: bounds the time between two looks at the network.
    package var maxCommittedEntries = 4096
    /// One piece of a snapshot, 64 KiB to 1 MiB.
    package var snapshotChunkBytes = 256 << 10
    /// Unanswered pieces of a snapshot per follower.
    package var maxInflightChunks = 4
    /// A larger snapshot from a leader is refused: it is assembled in memory.
    package var maxSnapshotBytes = 1 << 30

    package init() {}

    /// The timings of `raft_multiplier`, 1 to 10.
    package static func scaled(by multiplier: Int) -> RaftConfiguration {
        let factor = min(max(multiplier, 1), 10)
        var configuration = RaftConfiguration()
        configuration.heartbeatInterval *= factor
        configuration.leaseDuration *= factor
        let timeout = configuration.electionTimeout
        configuration.electionTimeout = timeout.lowerBound * factor..<timeout.upperBound * factor
        return configuration
    }
}
