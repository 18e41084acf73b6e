import Determinism
import FederationModel

/// What became of the requests for one datacenter, and what may still be sent there.
package struct Lane: Equatable, Sendable {
    /// A call that outlasts four times the usual time of nineteen in twenty is slow. Below 100 ms a garbage collection
    /// or a sync explains it; 700 ms leave a ping its second before the breaker's patience ends.
    static let slowFactor = 4
    package static let minSlow = Duration.milliseconds(100)
    static let maxSlow = Duration.milliseconds(700)
    /// While too few answers are counted.
    static let usualSlow = Duration.milliseconds(500)
    /// A hedge sooner than this would only be faster than the timer that sends it.
    static let minHedge = Duration.milliseconds(2)

    /// Of the datacenter's appearance: what began before it ends nowhere.
    let number: UInt64
    /// For requests that need the leader.
    package internal(set) var leader = CircuitBreaker()
    /// For requests that any server answers.
    package internal(set) var any = CircuitBreaker()
    package internal(set) var latency = LatencyQuantile()
    package internal(set) var hedges = HedgeBudget()
    package var limits = DatacenterLimits()

    init(number: UInt64) { self.number = number }

    /// When a read is asked of a second server; nil while too few answers are counted.
    package var hedgeDelay: Duration? { latency.p95.map { max($0, Self.minHedge) } }

    /// When a call speaks against its server.
    package var slowDelay: Duration {
        latency.p95.map { min(max($0 * Self.slowFactor, Self.minSlow), Self.maxSlow) } ?? Self.usualSlow
    }

    package func breaker(needsLeader: Bool) -> CircuitBreaker { needsLeader ? leader : any }

    mutating func change(needsLeader: Bool, _ change: (inout CircuitBreaker) -> Void) {
        if needsLeader { change(&leader) } else { change(&any) }
    }

    mutating func sent(_ ask: ForwardAsk, at now: Instant) {
        change(needsLeader: ask.needsLeader) { $0.sent(at: now) }
        if ask.needsLeader { any.borrowedTrialBegan() }
    }

    mutating func count(_ ask: ForwardAsk, _ outcome: CallOutcome, at now: Instant) {
        switch outcome {
        case .answered(let time):
            if ask.changesNothing { latency.add(time) }
            change(needsLeader: ask.needsLeader) { $0.answered(at: now) }
        case .failed(.application(let text, _, _)):
            let isLeaderless = text.contains("No cluster leader")
            change(needsLeader: ask.needsLeader) { isLeaderless ? $0.failed(at: now) : $0.answered(at: now) }
        case .failed(.overloaded), .cancelled:
            change(needsLeader: ask.needsLeader) { $0.cancelled(at: now) }
            if ask.needsLeader { any.borrowedTrialEnded(failed: false, at: now) }
            return
        case .failed:
            change(needsLeader: ask.needsLeader) { $0.failed(at: now) }
            if ask.needsLeader { any.borrowedTrialEnded(failed: true, at: now) }
            return
        }
        // Who reached the leader reached a server.
        if ask.needsLeader { any.heard(at: now) }
    }

    var nextDeadline: Instant { min(leader.nextDeadline, any.nextDeadline) }

    mutating func advance(to now: Instant) -> Bool {
        let leaderOpened = leader.advance(to: now)
        return any.advance(to: now) || leaderOpened
    }
}
