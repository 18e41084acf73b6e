import Determinism
import FederationModel
import RaftCore

/// One node driven by hand: the test plays every other server, the disk and the clock.
struct SingleNode {
    var node: RaftNode
    var now = Instant(nanoseconds: 1_000_000_000)
    /// Messages that left at once, and those that left after their write.
    var sent: [RaftMessage] = []
    var applied: [LogEntry] = []
    var observations: [RaftObservation] = []
    var batches: [WriteBatch] = []
    var held: [(sequence: UInt64, messages: [RaftMessage])] = []
    var installs: [ReceivedSnapshot] = []
    var reads: [ConfirmedRead] = []
    var failedReads: [UInt64] = []
    var wantedSnapshotCount = 0
    var latestSequence: UInt64 = 0
    /// False keeps writes on their way until `persist()`.
    var isDiskInstant = true

    init(_ number: Int = 1, recovered: RaftRecovery = RaftRecovery(), seed: UInt64 = 1) {
        node = RaftNode(
            id: Cluster.id(number), configuration: .scaled(by: 1), recovered: recovered, now: now,
            random: SeededRandom(seed: seed))
    }

    /// A log of the given terms after the identity and the peer set, all written in their terms by others.
    static func recovery(
        terms: [UInt64], term: UInt64? = nil, voters: Int = 3, learners: [Int] = []
    ) -> RaftRecovery {
        let servers = (1...voters).map { Cluster.server($0) } + learners.map { Cluster.server($0, .learner) }
        var entries = [
            LogEntry(term: Term(1), index: LogIndex(1), kind: .identity, data: Cluster.clusterID.bigEndianBytes),
            LogEntry(term: Term(1), index: LogIndex(2), kind: .membership, data: Membership(servers).encoded),
        ]
        for (offset, term) in terms.enumerated() {
            entries.append(Self.command(term, UInt64(offset) + 3))
        }
        return RaftRecovery(hardState: HardState(term: Term(term ?? terms.last ?? 1)), entries: entries)
    }

    static func command(_ term: UInt64, _ index: UInt64) -> LogEntry {
        LogEntry(term: Term(term), index: LogIndex(index), kind: .command, data: Array("\(term).\(index)".utf8))
    }

    mutating func settle() {
        while let ready = node.takeReady() {
            observations += ready.observations
            if let batch = ready.batch { batches.append(batch) }
            latestSequence = ready.sequence
            sent += ready.messages
            if !ready.messagesAfterPersist.isEmpty { held.append((ready.sequence, ready.messagesAfterPersist)) }
            applied += ready.committed
            if let last = ready.committed.last { node.applied(through: last.index) }
            if let install = ready.installSnapshot { installs.append(install) }
            reads += ready.reads
            failedReads += ready.failedReads
            if ready.wantsSnapshot { wantedSnapshotCount += 1 }
            if isDiskInstant { finishWrites() }
        }
    }

    private mutating func finishWrites() {
        node.persisted(through: latestSequence, at: now)
        for item in held { sent += item.messages }
        held = []
    }

    mutating func persist() {
        finishWrites()
        settle()
    }

    mutating func receive(_ body: RaftMessage.Body, from number: Int, term: UInt64, cluster: ClusterID? = nil) {
        let message = RaftMessage(
            clusterID: cluster ?? Cluster.clusterID, from: Cluster.id(number), to: node.id, term: Term(term),
            body: body)
        node.handle(message, at: now)
        settle()
    }

    mutating func advance(by duration: Duration) {
        let end = now + duration
        while node.nextDeadline <= end {
            now = max(now, node.nextDeadline)
            node.advance(to: now)
            settle()
        }
        now = end
    }

    /// Wins the next election with the given servers' votes.
    mutating func win(with numbers: [Int]) {
        now = max(now, node.nextDeadline)
        node.advance(to: now)
        settle()
        for number in numbers {
            receive(.voteAnswer(VoteAnswer(isPreVote: true, isGranted: true)), from: number, term: node.term.value)
        }
        for number in numbers {
            receive(.voteAnswer(VoteAnswer(isPreVote: false, isGranted: true)), from: number, term: node.term.value)
        }
    }

    /// Messages since the last call.
    mutating func takeSent() -> [RaftMessage] {
        defer { sent = [] }
        return sent
    }

    mutating func accept(through index: UInt64, from number: Int, round: UInt64 = 0) {
        receive(
            .appendAnswer(AppendAnswer(round: round, result: .accepted(through: LogIndex(index)))), from: number,
            term: node.term.value)
    }

    /// Answers the latest heartbeat that was sent to a server.
    mutating func answerHeartbeat(from number: Int) {
        var latest: Heartbeat?
        for message in sent where message.to == Cluster.id(number) {
            if case .heartbeat(let heartbeat) = message.body, heartbeat.round > 0 { latest = heartbeat }
        }
        guard let latest else { return }
        let answer = HeartbeatAnswer(round: latest.round, lastIndex: latest.lastSent, isMissingEntries: false)
        receive(.heartbeatAnswer(answer), from: number, term: node.term.value)
    }
}
