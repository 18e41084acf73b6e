import Determinism
import FederationModel

/// What we know of one remote server from asking it.
struct ServerEvidence: Sendable {
    enum Condemnation: Equatable, Sendable { case frozen, unreachable }

    var server: RouteServer { didSet { endpointText = server.endpoint.description } }
    /// As its peers name it when it leads.
    private(set) var endpointText: String
    /// Smoothed by 1/8 per sample, as TCP does (RFC 6298 §2).
    var smoothedRoundTrip: Duration?
    var lastRoundTrip: Duration?
    var lastAnswer: Instant?
    /// What it last said of its leader; empty: none. Nil: it never said, or was silent since.
    var leader: String?
    /// When it was asked for that: it was so then or later.
    private(set) var leaderAsked = Instant.zero
    var lastError = ""
    /// Failures since the last answer, and when the first of those pings was sent.
    var missCount = 0
    var missingSince: Instant?
    var refusalCount = 0
    var silentCount = 0
    var connectFailureCount = 0
    /// Answers since the last failure.
    var answerCount = 0
    /// Set after enough failures, cleared after enough answers.
    var condemnation: Condemnation?
    /// Enough failures since the last answer. A condemned server that answers once is no longer silent, and has to fail
    /// as often as before to be silent again: a lossy path does not flap.
    var isSilent = false
    var outstanding: (id: PingID, sent: Instant, fresh: Bool)?
    /// Failed requests count as evidence once per ping interval: one event breaks many requests at once.
    var lastCountedCall: Instant?
    /// A call outlasted its limit and nothing has come since it was sent.
    var isSuspect = false
    var trip = ServerTrip()
    /// How the last forwarded request ended.
    var lastCall: (at: Instant, isAnswered: Bool)?

    init(_ server: RouteServer) {
        self.server = server
        endpointText = server.endpoint.description
    }

    // Inlined: else a server is copied to be asked.
    @inline(__always) var isActive: Bool { server.status != .left }
    /// The last thing we heard from it is an answer.
    var isAnswering: Bool { lastAnswer != nil && missCount == 0 }
    /// Its last word counts.
    var hasSpoken: Bool { lastAnswer != nil && !isSilent }
    @inline(__always) var isHealthy: Bool { condemnation == nil && missCount == 0 && !isSuspect && !trip.isOpen }
    /// The last fresh connection was accepted, and nothing came back.
    var isMute: Bool { silentCount > 0 }

    @inline(__always) var standing: Candidate.Standing {
        if !isActive { return .left }
        if isSilent { return .silent }
        if condemnation != nil || missCount > 0 { return .doubtful }
        return isSuspect ? .suspect : trip.isOpen ? .tripped : .healthy
    }

    var candidate: Candidate { Candidate(server, standing, roundTrip: smoothedRoundTrip) }
    /// Asked each second until it is known well.
    @inline(__always) var needsAttention: Bool {
        !isAnswering || condemnation != nil || leader?.isEmpty == true || server.status == .failed || isSuspect
    }

    mutating func answered(at now: Instant, roundTrip: Duration?, answersToClear: Int) {
        lastAnswer = now
        isSilent = false
        isSuspect = false
        missCount = 0
        missingSince = nil
        refusalCount = 0
        silentCount = 0
        connectFailureCount = 0
        answerCount = min(answerCount + 1, answersToClear)
        if answerCount >= answersToClear { condemnation = nil }
        guard let roundTrip else { return }
        lastRoundTrip = roundTrip
        smoothedRoundTrip = smoothedRoundTrip.map { $0 + (roundTrip - $0) / 8 } ?? roundTrip
    }

    /// - Parameter leader: nil when the answer did not say.
    mutating func said(leader: String?, asked: Instant) {
        guard let leader else { return }
        self.leader = leader
        leaderAsked = asked
    }

    /// Its last word is that it has no leader, and it was asked for it since then.
    func saysLeaderless(since instant: Instant) -> Bool {
        hasSpoken && leader?.isEmpty == true && leaderAsked >= instant
    }

    mutating func failed(_ failure: PingFailure, sent: Instant, _ configuration: RouterConfiguration) {
        lastError = failure.message
        answerCount = 0
        missingSince = missingSince ?? sent
        // Saturates: a server may be dead for years.
        missCount = min(missCount + 1, 1 << 20)
        refusalCount = failure == .refused ? min(refusalCount + 1, 1 << 20) : 0
        switch failure {
        case .silentAfterConnect:
            silentCount = min(silentCount + 1, 1 << 20)
            connectFailureCount = 0
        case .refused, .connectTimeout:
            silentCount = 0
            connectFailureCount = min(connectFailureCount + 1, 1 << 20)
        case .other: break
        }
        guard missCount >= configuration.missesToCondemn || refusalCount >= configuration.refusalsToCondemn else {
            return
        }
        isSilent = true
        // Who comes back may have been away for long.
        leader = nil
        switch condemnation {
        case nil: condemnation = silentCount > 0 ? .frozen : .unreachable
        case .frozen:
            let failsForGood =
                refusalCount >= configuration.refusalsToCondemn
                || connectFailureCount >= configuration.connectFailuresToUnfreeze
            if failsForGood { condemnation = .unreachable }
        case .unreachable:
            if silentCount >= configuration.missesToCondemn { condemnation = .frozen }
        }
    }

    /// How a ping to it ended, and what it is now.
    struct PingEnd {
        let sent: Instant
        let isAnswered: Bool
        let isMissed: Bool
        /// It was healthy before and after, and names the same leader.
        let staysWell: Bool
        let isMissing: Bool
        let isSilent: Bool
        let leader: String?
    }

    /// - Parameter learn: is told when the ping was sent.
    /// - Returns: nil when no such ping is under way.
    mutating func pingEnded(
        _ id: PingID, at now: Instant, _ learn: (inout ServerEvidence, Instant) -> Void
    ) -> PingEnd? {
        guard let ping = outstanding, ping.id == id else { return nil }
        outstanding = nil
        let knownLeader = leader
        let wasHealthy = isHealthy
        learn(&self, ping.sent)
        let isAnswered = lastAnswer == now
        return PingEnd(
            sent: ping.sent, isAnswered: isAnswered, isMissed: !isAnswered && missCount > 0,
            staysWell: wasHealthy && isHealthy && knownLeader == leader, isMissing: missCount > 0, isSilent: isSilent,
            leader: leader)
    }
}
