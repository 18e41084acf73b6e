package import Determinism
package import FederationModel

/// One server of a Raft peer set. Pure: messages, proposals, finished writes and the present instant go in, `Ready`
/// comes out. Follows Ongaro and Ousterhout (2014) and Ongaro's thesis, whose sections the extensions name.
package struct RaftNode: Sendable {
    package let id: NodeID
    package let configuration: RaftConfiguration

    // Raft figure 2: persistent state.
    var hardState: HardState
    package internal(set) var log: RaftLog

    // Raft figure 2: volatile state.
    package internal(set) var commitIndex: LogIndex
    /// Handed to the host.
    var deliveredIndex: LogIndex
    package internal(set) var appliedIndex: LogIndex
    package internal(set) var role = RaftRole.follower
    package internal(set) var leader: NodeID?
    package internal(set) var clusterID: ClusterID

    /// A leader may answer default reads alone before this instant; zero when it may not. It ends before TimeoutNow
    /// leaves, and stays zero for the rest of a term in which one left.
    package internal(set) var leaseEnd = Instant.zero
    /// When a leader was last heard.
    package internal(set) var lastContact: Instant?
    /// The highest commit index that a leader has told since the start: below it this server knows to lack something.
    package internal(set) var heardCommit = LogIndex.zero
    /// The newest durable snapshot.
    package internal(set) var snapshot: SnapshotMetadata?

    var now: Instant
    var random: SeededRandom
    var electionDeadline: Instant
    /// Drawn anew for each follower period and each campaign (Raft §5.2).
    var electionTimeout: Duration
    /// No help to candidates before: a leader was heard, or this server restarted and may have promised before.
    var guardEnd: Instant
    var ballot: Ballot?
    var leadership: Leadership?
    var incoming: IncomingSnapshot?
    /// With the host, being made durable; the log stands still meanwhile.
    var installing: SnapshotMetadata?

    // Derived from the peer set in force.
    var isVoter = false
    /// In the peer set before the one in force.
    var wasVoter = false
    var voterCount = 0
    /// This server was in the peer set, and its removal was not told yet.
    var wasMember = false

    // The disk.
    var writes = WriteTracker()
    var isHardStateDirty = false
    /// The first write that holds the present hard state.
    var hardStateSequence: UInt64 = 0
    /// Of the last entry handed to the disk.
    var handedIndex: LogIndex
    /// Of the last entry on disk.
    var persistedIndex: LogIndex
    var pendingTruncation: LogIndex?

    // What the next `Ready` carries.
    var outbox: [RaftMessage] = []
    var heldMessages: [RaftMessage] = []
    var confirmedReads: [ConfirmedRead] = []
    var failedReads: [UInt64] = []
    var readySnapshot: ReceivedSnapshot?
    var wantsSnapshot = false
    var observations: [RaftObservation] = []
    /// Something changed that followers may have to hear of.
    var needsReplication = false

    package init(
        id: NodeID, configuration: RaftConfiguration, recovered: RaftRecovery, now: Instant, random: SeededRandom
    ) {
        self.id = id
        self.configuration = configuration
        self.now = now
        self.random = random
        hardState = recovered.hardState
        snapshot = recovered.snapshot
        log = Self.restoreLog(recovered)
        let covered = recovered.snapshot?.index ?? .zero
        commitIndex = max(covered, min(recovered.commitIndex, log.lastIndex))
        deliveredIndex = Mutant.entryAppliedTwice.isOn && covered > log.baseIndex ? covered - 1 : covered
        appliedIndex = covered
        handedIndex = log.lastIndex
        persistedIndex = log.lastIndex
        clusterID = recovered.snapshot?.clusterID ?? .none
        electionTimeout = .zero
        electionDeadline = .distantFuture
        guardEnd = .zero
        if clusterID == .none, let first = log.entry(at: LogIndex(1)), first.kind == .identity {
            clusterID = ClusterID(bigEndian: first.data) ?? .none
        }
        membershipChanged()
        let hasPriorState = recovered != RaftRecovery()
        if hasPriorState && !isSoleVoter && !Mutant.voteRightAfterRestart.isOn {
            guardEnd = now + configuration.electionTimeout.lowerBound
        }
        resetElectionTimer()
        if isSoleVoter { electionDeadline = now }
    }

    /// Entries before a snapshot's index are kept when they lead up to it, for followers that lag; entries that do not
    /// give way to it (Raft §7), as they do on disk.
    private static func restoreLog(_ recovered: RaftRecovery) -> RaftLog {
        var log = RaftLog()
        if let snapshot = recovered.snapshot {
            log = RaftLog(after: snapshot)
            guard let first = recovered.entries.first, let last = recovered.entries.last else { return log }
            if first.index <= snapshot.index {
                let offset = snapshot.index - first.index
                guard last.index >= snapshot.index, recovered.entries[offset].term == snapshot.term else {
                    return log
                }
                log = RaftLog(after: snapshot, trailing: recovered.entries[...offset])
            }
        }
        for entry in recovered.entries where entry.index > log.lastIndex {
            log.append(entry, membership: entry.heldMembership)
        }
        return log
    }

    package var term: Term { hardState.term }
    package var lastIndex: LogIndex { log.lastIndex }
    package var lastTerm: Term { log.lastTerm }
    package var membership: Membership { log.membership.membership }
    /// Of the entry that holds `membership`.
    package var membershipIndex: LogIndex { log.membership.index }
    package var isLeader: Bool { role == .leader }
    var isSoleVoter: Bool { isVoter && voterCount == 1 }
    var quorumCount: Int { voterCount / 2 + 1 }

    /// Committed and on this server's disk: worth remembering across a restart, see `RaftRecovery.commitIndex`.
    package var durableCommitIndex: LogIndex { min(commitIndex, persistedIndex) }

    /// Nothing was ever written here: it may be bootstrapped or join.
    package var isPristine: Bool { log.lastIndex == .zero && snapshot == nil }

    /// A leader whose first entry is applied: its state machine holds every entry committed before (Raft §8).
    package var isReadyForReads: Bool {
        guard let leadership else { return false }
        return appliedIndex >= leadership.noopIndex
    }

    /// How far a server's log is known to equal the leader's, on disk; nil unless this server leads.
    package func matchIndex(of peer: NodeID) -> LogIndex? {
        if peer == id { return leadership == nil ? nil : persistedIndex }
        return leadership?.peers.first { $0.id == peer }?.match
    }

    /// When a server last answered this leader.
    package func lastAnswer(of peer: NodeID) -> Instant? {
        leadership?.peers.first { $0.id == peer }?.lastAnswer
    }

    /// Where leadership is going, while it is being transferred.
    package var transferTarget: NodeID? { leadership?.transfer?.target }

    /// What a snapshot of the state at `index` stands for; nil outside of the log.
    package func snapshotMetadata(at index: LogIndex) -> SnapshotMetadata? {
        guard index > .zero, let term = log.term(at: index), let record = log.membership(at: index) else { return nil }
        return SnapshotMetadata(
            index: index, term: term,
            membership: Mutant.snapshotWithoutMembership.isOn ? Membership() : record.membership,
            membershipIndex: record.index,
            clusterID: clusterID)
    }

    /// Earliest instant at which `advance(to:)` has work.
    package var nextDeadline: Instant {
        var node = self
        return node.glance().nextDeadline
    }

    /// What a host asks after every batch. Mutating, so that it is asked of the node where it stands: a getter of
    /// another module is given a copy, and a node is a kilobyte.
    package mutating func glance() -> RaftGlance {
        var deadline = Instant.distantFuture
        if leadership != nil {
            deadline = min(leadership!.heartbeatDeadline, leadership!.transfer?.deadline ?? .distantFuture)
        } else if installing == nil && (isVoter || (wasVoter && log.membership.index > commitIndex)) {
            deadline = min(electionDeadline, ballot?.resendDeadline ?? .distantFuture)
        }
        return RaftGlance(
            term: hardState.term, isLeader: role == .leader,
            isReadyForReads: leadership != nil && appliedIndex >= leadership!.noopIndex,
            durableCommitIndex: min(commitIndex, persistedIndex), heardCommit: heardCommit, knowsLeader: leader != nil,
            leaseEnd: leaseEnd, lastContact: lastContact, nextDeadline: deadline)
    }

    package mutating func advance(to instant: Instant) {
        observe(instant)
        if leadership != nil {
            advanceLeader()
        } else if canCampaign {
            advanceElection()
        }
    }

    mutating func observe(_ instant: Instant) { now = max(now, instant) }

    /// Takes a message of another server. One that does not fit is refused, never trusted.
    package mutating func handle(_ message: RaftMessage, at instant: Instant) {
        observe(instant)
        guard message.to == id, message.from != id, belongsHere(message) else { return }
        guard message.term >= term else { return handleOld(message) }
        if message.term > term {
            guard meetTerm(of: message) else { return }
        }
        switch message.body {
        case .voteRequest(let request): handleVoteRequest(request, message)
        case .voteAnswer(let answer): handleVoteAnswer(answer, from: message.from)
        case .append(let append): handleAppend(append, message)
        case .appendAnswer(let answer): handleAppendAnswer(answer, from: message.from)
        case .heartbeat(let heartbeat): handleHeartbeat(heartbeat, from: message.from)
        case .heartbeatAnswer(let answer): handleHeartbeatAnswer(answer, from: message.from)
        case .snapshotChunk(let chunk): handleSnapshotChunk(chunk, message)
        case .snapshotAnswer(let answer): handleSnapshotAnswer(answer, from: message.from)
        case .timeoutNow: handleTimeoutNow(from: message.from)
        }
    }

    /// Design decision 12: a message of another cluster is refused. A server without a log answers for none yet.
    private mutating func belongsHere(_ message: RaftMessage) -> Bool {
        if message.clusterID == .none {
            return message.body.isAnswer
        }
        guard clusterID == .none || message.clusterID == clusterID else {
            note(.clusterMismatch(from: message.from, theirs: message.clusterID))
            return false
        }
        return true
    }

    /// Raft §5.1: a newer term makes a follower.
    /// - Returns: false when the message is to be ignored.
    private mutating func meetTerm(of message: RaftMessage) -> Bool {
        switch message.body {
        case .voteRequest(let request):
            // A pre-vote moves no term (thesis §9.6), and a vote none while a leader lives (thesis §4.2.3).
            if request.isPreVote { return true }
            if isGuarded && !request.isTransfer { return false }
            becomeFollower(of: nil, term: message.term)
        case .append, .heartbeat, .snapshotChunk:
            becomeFollower(of: message.from, term: message.term)
        case .voteAnswer, .appendAnswer, .heartbeatAnswer, .snapshotAnswer:
            guard membership[message.from] != nil else { return false }
            becomeFollower(of: nil, term: message.term)
        case .timeoutNow:
            return false
        }
        return true
    }

    /// A message of a passed term: who sent it learns of the present one.
    private mutating func handleOld(_ message: RaftMessage) {
        switch message.body {
        case .voteRequest(let request):
            let answer = VoteAnswer(isPreVote: request.isPreVote, isGranted: false)
            sendDurably(.voteAnswer(answer), to: message.from)
        case .append, .heartbeat, .snapshotChunk:
            let result = AppendAnswer.Result.rejected(previous: .zero, hintIndex: .zero, hintTerm: .zero)
            sendDurably(.appendAnswer(AppendAnswer(round: 0, result: result)), to: message.from)
        case .voteAnswer, .appendAnswer, .heartbeatAnswer, .snapshotAnswer, .timeoutNow:
            break
        }
    }

    func message(_ body: RaftMessage.Body, to peer: NodeID) -> RaftMessage {
        RaftMessage(clusterID: clusterID, from: id, to: peer, term: term, body: body)
    }

    mutating func send(_ body: RaftMessage.Body, to peer: NodeID) { outbox.append(message(body, to: peer)) }

    /// Sends when the hard state and the log through `index` are on disk (Raft figure 2: before answering).
    mutating func sendDurably(_ body: RaftMessage.Body, to peer: NodeID, through index: LogIndex = .zero) {
        let isDurable =
            index <= persistedIndex && !isHardStateDirty && hardStateSequence <= writes.finishedSequence
        if isDurable { return send(body, to: peer) }
        if case .appendAnswer(let answer) = body, case .accepted = answer.result, let last = heldMessages.last,
            last.to == peer, last.term == term, case .appendAnswer(let before) = last.body,
            case .accepted(let earlier) = before.result, earlier <= index
        {
            heldMessages.removeLast()
        }
        heldMessages.append(message(body, to: peer))
    }

    mutating func note(_ observation: RaftObservation) {
        if observations.last != observation { observations.append(observation) }
    }

    mutating func setHardState(_ state: HardState) {
        precondition(state.term >= hardState.term, "term \(hardState.term) cannot become \(state.term)")
        hardState = state
        isHardStateDirty = true
    }

    /// Reads what the peer set in force means for this server.
    mutating func membershipChanged() {
        voterCount = 0
        isVoter = false
        wasVoter = log.previousMembership?.membership.isVoter(id) ?? false
        for server in membership.servers where server.suffrage == .voter {
            voterCount += 1
            if server.id == id { isVoter = true }
        }
        if membership[id] != nil { wasMember = true }
    }
}

extension RaftMessage.Body {
    var isAnswer: Bool {
        switch self {
        case .voteAnswer, .appendAnswer, .heartbeatAnswer, .snapshotAnswer: true
        case .voteRequest, .append, .heartbeat, .snapshotChunk, .timeoutNow: false
        }
    }
}

/// A node at one moment, as far as it concerns its host after every batch.
package struct RaftGlance: Sendable {
    package let term: Term
    package let isLeader: Bool
    /// As `RaftNode.isReadyForReads`.
    package let isReadyForReads: Bool
    /// As `RaftNode.durableCommitIndex`.
    package let durableCommitIndex: LogIndex
    /// As `RaftNode.heardCommit`.
    package let heardCommit: LogIndex
    package let knowsLeader: Bool
    /// As `RaftNode.leaseEnd`.
    package let leaseEnd: Instant
    /// As `RaftNode.lastContact`.
    package let lastContact: Instant?
    /// As `RaftNode.nextDeadline`.
    package let nextDeadline: Instant
}
