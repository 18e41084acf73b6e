package import FederationModel

/// One message between two servers of a peer set.
package struct RaftMessage: Equatable, Sendable {
    /// Of the sender; `none` only in answers of a server whose log is empty.
    package var clusterID: ClusterID
    package var from: NodeID
    package var to: NodeID
    /// The sender's term. A pre-vote asks for the term after it, and its answer carries the asker's term unless the
    /// answering server knows a later one.
    package var term: Term
    package var body: Body

    package enum Body: Equatable, Sendable {
        case voteRequest(VoteRequest)
        case voteAnswer(VoteAnswer)
        case append(AppendEntries)
        case appendAnswer(AppendAnswer)
        case heartbeat(Heartbeat)
        case heartbeatAnswer(HeartbeatAnswer)
        case snapshotChunk(SnapshotChunk)
        case snapshotAnswer(SnapshotAnswer)
        /// Campaign at once: the leader's last message of a transfer (Raft thesis §3.10).
        case timeoutNow
    }

    package init(clusterID: ClusterID, from: NodeID, to: NodeID, term: Term, body: Body) {
        self.clusterID = clusterID
        self.from = from
        self.to = to
        self.term = term
        self.body = body
    }
}

/// Raft §5.2; as a pre-vote, Raft thesis §9.6.
package struct VoteRequest: Equatable, Sendable {
    package var isPreVote: Bool
    /// The leader asked for this election: voters need not wait until they miss it.
    package var isTransfer: Bool
    package var lastIndex: LogIndex
    package var lastTerm: Term

    package init(isPreVote: Bool, isTransfer: Bool, lastIndex: LogIndex, lastTerm: Term) {
        self.isPreVote = isPreVote
        self.isTransfer = isTransfer
        self.lastIndex = lastIndex
        self.lastTerm = lastTerm
    }
}

package struct VoteAnswer: Equatable, Sendable {
    package var isPreVote: Bool
    package var isGranted: Bool

    package init(isPreVote: Bool, isGranted: Bool) {
        self.isPreVote = isPreVote
        self.isGranted = isGranted
    }
}

/// Raft §5.3. The entries follow `previousIndex` without gaps.
package struct AppendEntries: Equatable, Sendable {
    package var previousIndex: LogIndex
    package var previousTerm: Term
    package var commitIndex: LogIndex
    /// The latest round the leader had started: an answer confirms it too.
    package var round: UInt64
    package var entries: [LogEntry]

    package init(
        previousIndex: LogIndex, previousTerm: Term, commitIndex: LogIndex, round: UInt64, entries: [LogEntry]
    ) {
        self.previousIndex = previousIndex
        self.previousTerm = previousTerm
        self.commitIndex = commitIndex
        self.round = round
        self.entries = entries
    }
}

package struct AppendAnswer: Equatable, Sendable {
    package enum Result: Equatable, Sendable {
        /// The follower's log is on disk and equal to the leader's through here.
        case accepted(through: LogIndex)
        /// Nothing equal at `previous`; the hint is the follower's last entry at or before it whose term is not
        /// above the leader's there, so one round trip skips a whole term (Raft §5.3).
        case rejected(previous: LogIndex, hintIndex: LogIndex, hintTerm: Term)
    }

    package var round: UInt64
    package var result: Result

    package init(round: UInt64, result: Result) {
        self.round = round
        self.result = result
    }
}

/// Keeps followers, carries the commit index, and asks for the confirmation that leases and ReadIndex rest on.
package struct Heartbeat: Equatable, Sendable {
    /// Zero asks for no answer: a notice that the commit index moved.
    package var round: UInt64
    /// At most what the follower is known to hold.
    package var commitIndex: LogIndex
    /// The last entry sent to this follower: it says when it misses some.
    package var lastSent: LogIndex

    package init(round: UInt64, commitIndex: LogIndex, lastSent: LogIndex) {
        self.round = round
        self.commitIndex = commitIndex
        self.lastSent = lastSent
    }
}

package struct HeartbeatAnswer: Equatable, Sendable {
    package var round: UInt64
    /// The last entry the follower has, not yet on disk perhaps.
    package var lastIndex: LogIndex
    package var isMissingEntries: Bool

    package init(round: UInt64, lastIndex: LogIndex, isMissingEntries: Bool) {
        self.round = round
        self.lastIndex = lastIndex
        self.isMissingEntries = isMissingEntries
    }
}

/// A piece of a snapshot (Raft §7).
package struct SnapshotChunk: Equatable, Sendable {
    package var round: UInt64
    package var metadata: SnapshotMetadata
    /// Of the whole snapshot, in bytes.
    package var totalBytes: Int
    package var offset: Int
    package var data: [UInt8]

    package init(round: UInt64, metadata: SnapshotMetadata, totalBytes: Int, offset: Int, data: [UInt8]) {
        self.round = round
        self.metadata = metadata
        self.totalBytes = totalBytes
        self.offset = offset
        self.data = data
    }
}

package struct SnapshotAnswer: Equatable, Sendable {
    package var round: UInt64
    /// Of the snapshot.
    package var index: LogIndex
    /// The next byte wanted. An installed snapshot is answered as an accepted append.
    package var offset: Int

    package init(round: UInt64, index: LogIndex, offset: Int) {
        self.round = round
        self.index = index
        self.offset = offset
    }
}
