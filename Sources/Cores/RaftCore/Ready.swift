package import FederationModel

/// Work owed after a step, in the order the host performs it: hand `batch` to the disk; publish what `observations`
/// and the node's lease say; send `messages` at once; send `messagesAfterPersist` when the write `sequence` is on
/// disk; apply `committed`; then answer reads. `committed` does not wait for this server's own disk: a quorum's has it.
package struct Ready: Equatable, Sendable {
    package var batch: WriteBatch?
    /// Of the latest batch handed out, this one included: what `messagesAfterPersist` waits for and what
    /// `persisted(through:)` reports. Ascending by one.
    package var sequence: UInt64 = 0
    package var messages: [RaftMessage] = []
    package var messagesAfterPersist: [RaftMessage] = []
    package var committed: [LogEntry] = []
    /// Confirmed reads: answer when `index` is applied.
    package var reads: [ConfirmedRead] = []
    package var failedReads: [UInt64] = []
    /// Make it durable, in order with the batches; a log on disk that does not hold its last entry gives way to it
    /// (Raft §7). Then restore from it and call `installed`, or `installFailed`.
    package var installSnapshot: ReceivedSnapshot?
    /// Call `provideSnapshot` with the latest snapshot: a follower is behind the log.
    package var wantsSnapshot = false
    package var observations: [RaftObservation] = []

    package init() {}
}

package struct ConfirmedRead: Equatable, Sendable {
    package var id: UInt64
    package var index: LogIndex

    package init(id: UInt64, index: LogIndex) {
        self.id = id
        self.index = index
    }
}

package struct ReceivedSnapshot: Equatable, Sendable {
    package var metadata: SnapshotMetadata
    package var data: [UInt8]

    package init(metadata: SnapshotMetadata, data: [UInt8]) {
        self.metadata = metadata
        self.data = data
    }
}

package enum RaftRole: String, Equatable, Sendable {
    case follower, preCandidate, candidate, leader
}

/// What a person or a host may want to know; nothing in Raft depends on it.
package enum RaftObservation: Equatable, Sendable {
    case roleChanged(RaftRole, Term)
    case leaderChanged(NodeID?, Term)
    case steppedDown(StepDownReason, Term)
    /// In force from now on: appended, or put back when its entry was replaced.
    case membershipChanged(Membership, LogIndex)
    case membershipCommitted(Membership, LogIndex)
    /// This server's removal is committed: it takes no part any more.
    case removed
    case clusterAdopted(ClusterID)
    /// A message of another cluster was refused.
    case clusterMismatch(from: NodeID, theirs: ClusterID)
    /// A message that no correct peer sends was refused.
    case refused(from: NodeID, Refusal)
    case transferStarted(to: NodeID)
    case transferFailed(to: NodeID?)
    /// A follower no longer has what it acknowledged: its disk was lost or replaced.
    case logRegressed(NodeID)
}

package enum StepDownReason: Equatable, Sendable {
    case higherTerm
    /// No quorum answered for an election timeout (Raft thesis §6.2).
    case quorumSilent
    /// The own disk took longer than an election timeout.
    case diskStalled
    case removed
    case requested(String)
}

package enum Refusal: Equatable, Sendable {
    case secondLeader, entriesNotContiguous, unreadableMembership, foreignIdentity
    /// It would replace a committed entry.
    case conflictWithCommitted(LogIndex)
    case snapshotTooLarge(bytes: Int)
    case malformedSnapshot
}

/// Why a proposal was not taken. Nothing was appended.
package enum ProposeError: Error, Equatable, Sendable {
    /// Ask the hint, or wait for an election when there is none.
    case notLeader(hint: NodeID?)
    /// Leadership is being handed over: retry after an election timeout.
    case transferring
    /// Too much waits for a quorum: retry later.
    case overloaded
    /// Another membership change, or the leader's first entry, is not committed yet (Raft thesis §4.1).
    case changePending
    /// The peer set does not allow the change.
    case invalid(String)
}

/// One server at a time (Raft thesis §4.1).
package enum MembershipChange: Equatable, Sendable {
    /// Receives the log without a vote. The suffrage in the value is not looked at.
    case addLearner(RaftServer)
    case promote(NodeID)
    case remove(NodeID)
    case updateEndpoint(NodeID, Endpoint)
}
