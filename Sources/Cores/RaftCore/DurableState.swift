package import FederationModel

/// What a server must have on disk before it answers (Raft figure 2, persistent state).
package struct HardState: Equatable, Sendable {
    package var term: Term
    package var votedFor: NodeID?

    package init(term: Term = .zero, votedFor: NodeID? = nil) {
        self.term = term
        self.votedFor = votedFor
    }
}

/// One write of the log: performed in this order and made durable by one sync.
package struct WriteBatch: Equatable, Sendable {
    package var hardState: HardState?
    /// Entries from here on are replaced; nil when nothing conflicts.
    package var truncateFrom: LogIndex?
    package var entries: [LogEntry]

    package init(hardState: HardState? = nil, truncateFrom: LogIndex? = nil, entries: [LogEntry] = []) {
        self.hardState = hardState
        self.truncateFrom = truncateFrom
        self.entries = entries
    }
}

/// What a snapshot stands for.
package struct SnapshotMetadata: Equatable, Sendable {
    /// Of the last entry the snapshot contains.
    package var index: LogIndex
    package var term: Term
    package var membership: Membership
    /// Of the entry that holds `membership`.
    package var membershipIndex: LogIndex
    package var clusterID: ClusterID

    package init(
        index: LogIndex, term: Term, membership: Membership, membershipIndex: LogIndex, clusterID: ClusterID
    ) {
        self.index = index
        self.term = term
        self.membership = membership
        self.membershipIndex = membershipIndex
        self.clusterID = clusterID
    }
}

/// What a restarted server found on its disk. Empty on a new one.
package struct RaftRecovery: Equatable, Sendable {
    package var hardState: HardState
    package var snapshot: SnapshotMetadata?
    /// Ascending and without gaps. May begin before the snapshot's index, never after the entry that follows it.
    package var entries: [LogEntry]
    /// A `RaftNode.durableCommitIndex` of an earlier life, if the host kept one: entries through it are applied at
    /// once, so that stale reads need no quorum after a restart. Zero is always right.
    package var commitIndex: LogIndex

    package init(
        hardState: HardState = HardState(), snapshot: SnapshotMetadata? = nil, entries: [LogEntry] = [],
        commitIndex: LogIndex = .zero
    ) {
        self.hardState = hardState
        self.snapshot = snapshot
        self.entries = entries
        self.commitIndex = commitIndex
    }
}
