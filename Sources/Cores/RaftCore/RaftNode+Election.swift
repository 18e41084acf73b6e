package import Determinism
package import FederationModel

/// One campaign.
struct Ballot: Sendable {
    let isPreVote: Bool
    let isTransfer: Bool
    /// Members that granted, this server included once its own vote is on disk.
    var granted: [NodeID] = []
    var rejected: [NodeID] = []
    /// When members that did not answer are asked again.
    var resendDeadline: Instant
}

// Raft §5.2 and §5.4.1, thesis §4.2.3 (disruptive servers) and §9.6 (pre-vote).
extension RaftNode {
    /// Learners, removed servers and servers without a peer set do not campaign; nor one whose log stands still.
    /// A voter that holds its own removal still does until that is committed: nobody else may have a log long enough
    /// to be elected (thesis §4.2.2).
    var canCampaign: Bool {
        guard installing == nil else { return false }
        return isVoter || (wasVoter && membershipIndex > commitIndex)
    }

    /// Whether helping a candidate could break a leader's lease.
    var isGuarded: Bool { leadership != nil || now < guardEnd }

    /// Writes the first entries of a new cluster and campaigns at once. Does nothing unless the log is empty.
    /// - Precondition: the peer set has this server as a voter, and the cluster a name.
    package mutating func bootstrap(_ membership: Membership, clusterID: ClusterID, at instant: Instant) {
        observe(instant)
        guard isPristine && installing == nil else { return }
        precondition(membership.isVoter(id), "\(id) bootstraps a peer set without itself: \(membership)")
        precondition(clusterID != .none, "a cluster needs a name")
        self.clusterID = clusterID
        let first = Term(1)
        if term < first { setHardState(HardState(term: first)) }
        append(LogEntry(term: first, index: LogIndex(1), kind: .identity, data: clusterID.bigEndianBytes))
        append(LogEntry(term: first, index: LogIndex(2), kind: .membership, data: membership.encoded))
        campaign()
    }

    mutating func resetElectionTimer() {
        electionTimeout = random.duration(in: configuration.electionTimeout)
        electionDeadline = now + electionTimeout
    }

    mutating func advanceElection() {
        if now >= electionDeadline { return campaign() }
        guard let ballot, now >= ballot.resendDeadline else { return }
        self.ballot?.resendDeadline = now + configuration.heartbeatInterval
        requestVotes()
    }

    /// Asks whether an election could be won before disturbing anyone with one (thesis §9.6).
    mutating func campaign() {
        resetElectionTimer()
        if isSoleVoter { return campaignForVotes(isTransfer: false) }
        setLeader(nil)
        setRole(.preCandidate)
        ballot = Ballot(
            isPreVote: true, isTransfer: false, granted: [id], resendDeadline: now + configuration.heartbeatInterval)
        requestVotes()
    }

    mutating func campaignForVotes(isTransfer: Bool) {
        resetElectionTimer()
        setHardState(HardState(term: term.next, votedFor: id))
        setLeader(nil)
        setRole(.candidate)
        ballot = Ballot(
            isPreVote: false, isTransfer: isTransfer, resendDeadline: now + configuration.heartbeatInterval)
        requestVotes()
    }

    /// Asks every voter that did not answer yet. A vote is asked for only when the own one is on disk: else a restart
    /// could ask in the same term again, with less log.
    private mutating func requestVotes() {
        guard let ballot else { return }
        let request = VoteRequest(
            isPreVote: ballot.isPreVote, isTransfer: ballot.isTransfer, lastIndex: log.lastIndex,
            lastTerm: log.lastTerm)
        for server in membership.servers where server.suffrage == .voter && server.id != id {
            if ballot.granted.contains(server.id) || ballot.rejected.contains(server.id) { continue }
            if ballot.isPreVote {
                send(.voteRequest(request), to: server.id)
            } else {
                sendDurably(.voteRequest(request), to: server.id, through: log.lastIndex)
            }
        }
    }

    /// Raft §5.4.1: a log with a later last term, or the same and at least as long.
    private func isUpToDate(_ request: VoteRequest) -> Bool {
        (request.lastTerm, request.lastIndex) >= (log.lastTerm, log.lastIndex)
    }

    /// The message's term is the present one, or later for a pre-vote. A guarded server keeps silent: the candidate
    /// asks again and finds it free when the leader is really gone.
    mutating func handleVoteRequest(_ request: VoteRequest, _ message: RaftMessage) {
        let candidate = message.from
        if isGuarded && !request.isTransfer && (request.isPreVote || hardState.votedFor != candidate) { return }
        if request.isPreVote {
            var answer = self.message(
                .voteAnswer(VoteAnswer(isPreVote: true, isGranted: isUpToDate(request))), to: candidate)
            answer.term = message.term
            outbox.append(answer)
            return
        }
        let isFree = hardState.votedFor == nil ? leader == nil : hardState.votedFor == candidate
        let isGranted = isFree && role != .leader && installing == nil && isUpToDate(request)
        if isGranted {
            if hardState.votedFor == nil { setHardState(HardState(term: term, votedFor: candidate)) }
            if role == .follower { resetElectionTimer() }
        }
        let answer = VoteAnswer(isPreVote: false, isGranted: isGranted)
        sendDurably(.voteAnswer(answer), to: candidate, through: isGranted ? log.lastIndex : .zero)
    }

    mutating func handleVoteAnswer(_ answer: VoteAnswer, from peer: NodeID) {
        guard var ballot, ballot.isPreVote == answer.isPreVote, membership.isVoter(peer) else { return }
        if answer.isGranted {
            if !ballot.granted.contains(peer) { ballot.granted.append(peer) }
        } else if !ballot.rejected.contains(peer) && !ballot.granted.contains(peer) {
            ballot.rejected.append(peer)
        }
        self.ballot = ballot
        decideBallot()
    }

    /// The own vote counts when it is on disk, like any other (Raft figure 2).
    mutating func countOwnVote() {
        guard role == .candidate, let ballot, !ballot.granted.contains(id), persistedIndex == log.lastIndex else {
            return
        }
        self.ballot?.granted.append(id)
        decideBallot()
    }

    private mutating func decideBallot() {
        guard let ballot else { return }
        let votes = ballot.granted.count { membership.isVoter($0) }
        if votes >= quorumCount {
            if ballot.isPreVote { campaignForVotes(isTransfer: false) } else { becomeLeader() }
        } else if ballot.rejected.count(where: { membership.isVoter($0) }) > voterCount - quorumCount {
            self.ballot = nil
            setRole(.follower)
        }
    }

    private mutating func becomeLeader() {
        precondition(role == .candidate, "\(id) cannot lead as \(role)")
        ballot = nil
        setRole(.leader)
        setLeader(id)
        let noopIndex = Mutant.noNoop.isOn ? commitIndex : log.lastIndex.next
        var leadership = Leadership(electedAt: now, noopIndex: noopIndex, peers: [], heartbeatDeadline: now)
        for index in stride(from: commitIndex.value + 1, through: log.lastIndex.value, by: 1) {
            leadership.uncommittedBytes += log.entry(at: LogIndex(index))?.data.count ?? 0
        }
        self.leadership = leadership
        refreshPeers()
        if !Mutant.noNoop.isOn { append(LogEntry(term: term, index: log.lastIndex.next, kind: .noop)) }
        startRound()
    }

    /// Raft §5.1: follows the leader of a term, or waits for one.
    mutating func becomeFollower(of newLeader: NodeID?, term newTerm: Term) {
        if newTerm > term {
            if leadership != nil { resign(.higherTerm) }
            setHardState(HardState(term: newTerm))
            incoming = nil
        }
        ballot = nil
        setRole(.follower)
        setLeader(newLeader)
        resetElectionTimer()
    }

    /// Stays a server of the same term, without a leader. Nothing happens unless this one leads.
    package mutating func stepDown(_ reason: StepDownReason, at instant: Instant) {
        observe(instant)
        guard leadership != nil else { return }
        resign(reason)
        setRole(.follower)
        setLeader(nil)
        resetElectionTimer()
    }

    /// Leaves leadership. Reads already answered under the lease bind until it ends.
    private mutating func resign(_ reason: StepDownReason) {
        guard let leadership else { return }
        guardEnd = max(guardEnd, leaseEnd)
        leaseEnd = .zero
        for pending in leadership.reads.pending { failedReads.append(pending.read.id) }
        failedReads += leadership.reads.waiting
        if let transfer = leadership.transfer, !transfer.isSent { note(.transferFailed(to: transfer.target)) }
        self.leadership = nil
        note(.steppedDown(reason, term))
    }

    /// A message of the leader of this term arrived.
    /// - Returns: false when there is another leader, which no correct peer set has (Raft §5.2).
    mutating func hearLeader(_ peer: NodeID) -> Bool {
        guard role != .leader, leader == nil || leader == peer else {
            note(.refused(from: peer, .secondLeader))
            return false
        }
        if role != .follower || leader != peer { becomeFollower(of: peer, term: term) }
        lastContact = now
        guardEnd = max(guardEnd, now + configuration.electionTimeout.lowerBound)
        electionDeadline = now + electionTimeout
        return true
    }

    mutating func setRole(_ newRole: RaftRole) {
        guard role != newRole else { return }
        role = newRole
        note(.roleChanged(newRole, term))
    }

    mutating func setLeader(_ newLeader: NodeID?) {
        guard leader != newLeader else { return }
        leader = newLeader
        note(.leaderChanged(newLeader, term))
    }
}

extension ClusterID {
    /// As in the identity entry.
    package var bigEndianBytes: [UInt8] {
        stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> UInt64($0)) }
    }

    /// - Returns: nil unless there are 8 bytes that name a cluster.
    package init?(bigEndian bytes: [UInt8]) {
        guard bytes.count == 8 else { return nil }
        let value = bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard value != 0 else { return nil }
        self.init(value)
    }
}
