import Determinism
import FederationModel

/// What exists only while a server leads.
struct Leadership: Sendable {
    struct Transfer: Sendable {
        let target: NodeID
        let deadline: Instant
        /// TimeoutNow left.
        var isSent = false
    }

    struct OutgoingSnapshot: Sendable {
        let metadata: SnapshotMetadata
        let data: [UInt8]
    }

    let electedAt: Instant
    /// Of the first entry of this term: reads and membership changes wait for it.
    let noopIndex: LogIndex
    /// Every other server, and those whose removal they have not seen yet; sorted by id.
    var peers: [Progress]
    var heartbeatDeadline: Instant
    var rounds = RoundTable()
    var reads = ReadQueue()
    var transfer: Transfer?
    /// A TimeoutNow of this term may still arrive anywhere: no lease until the next term.
    var hasSentTimeoutNow = false
    var uncommittedBytes = 0
    var snapshot: OutgoingSnapshot?
    /// When `wantsSnapshot` was last raised without an answer.
    var snapshotWantedAt: Instant?

    func position(of id: NodeID) -> Int? { peers.firstIndex { $0.id == id } }
}

/// When the recent rounds were sent.
struct RoundTable: Sendable {
    /// A leader without answers steps down after some five rounds; reads add at most one in flight.
    private static let maxCount = 64

    private(set) var latest: UInt64 = 0
    /// The newest one a quorum answered.
    private(set) var confirmed: UInt64 = 0
    /// Of the rounds up to `latest`.
    private var sentAt: [Instant] = []

    mutating func start(at now: Instant) -> UInt64 {
        latest += 1
        if sentAt.count == Self.maxCount { sentAt.removeFirst() }
        sentAt.append(now)
        return latest
    }

    /// - Returns: when the round was sent, nil for one that was confirmed before or is too old.
    mutating func confirm(_ round: UInt64) -> Instant? {
        guard round > confirmed, round <= latest else { return nil }
        confirmed = round
        let age = Int(latest - round)
        guard age < sentAt.count else { return nil }
        let instant = sentAt[sentAt.count - 1 - age]
        sentAt.removeSubrange(..<(sentAt.count - age))
        return instant
    }
}

/// Reads on their way through ReadIndex (Raft thesis §6.4): those that came during a round share the next one.
struct ReadQueue: Sendable {
    struct Pending: Sendable {
        let round: UInt64
        let read: ConfirmedRead
    }

    var waiting: [UInt64] = []
    /// Ascending by round.
    var pending: [Pending] = []

    var count: Int { waiting.count + pending.count }
    /// Reads wait, and no round is on its way for others.
    var isRoundOwed: Bool { !waiting.isEmpty && pending.isEmpty }

    mutating func attach(to round: UInt64, index: LogIndex) {
        for id in waiting { pending.append(Pending(round: round, read: ConfirmedRead(id: id, index: index))) }
        waiting.removeAll(keepingCapacity: true)
    }

    mutating func release(through round: UInt64, into reads: inout [ConfirmedRead]) {
        let end = pending.firstIndex { $0.round > round } ?? pending.count
        guard end > 0 else { return }
        for item in pending[..<end] { reads.append(item.read) }
        pending.removeSubrange(..<end)
    }
}
