package import Determinism

/// Refuses requests for a datacenter that has stopped answering them, before the verdict on it stands. It opens on what
/// becomes of requests, and half-opens by ping: no request is spent to find out. Each datacenter has one for requests
/// that need its leader and one for all others.
package struct CircuitBreaker: Equatable, Sendable {
    package enum State: Equatable, Sendable {
        case closed
        /// A ping answered after `until` half-opens it.
        case open(until: Instant, pause: Duration)
        /// One request is let through; it decides.
        case halfOpen(pause: Duration, isTrialUnderWay: Bool)
    }

    /// Nothing was answered for so long while something was asked: 2 s less the time it takes to notice.
    package static let patience = Duration.milliseconds(1800)
    /// Requests that ended without an answer, one after the other, though pings may be answered.
    package static let maxFailureCount = 5
    /// Waiting requests that are proof enough without a missed ping: a single slow one is none.
    package static let crowd = 8
    /// A ping interval; doubled by each trial that fails, up to the time in which a restarted datacenter is back.
    package static let minPause = Duration.seconds(1)
    package static let maxPause = Duration.seconds(16)
    /// Requests that follow one another so closely belong to one silence.
    private static let gap = Duration.milliseconds(500)

    package private(set) var state = State.closed
    /// Calls in the air.
    package private(set) var waiting = 0
    package private(set) var failureCount = 0
    /// Since when something is asked and nothing was answered.
    private var silentSince: Instant?
    private var lastEnd: Instant?
    /// A ping went unanswered, or showed that nothing can be answered, since `silentSince`.
    private var isConfirmed = false

    package init() {}

    package var isOpen: Bool { if case .open = state { true } else { false } }

    /// Whether a request may pass now; `isTrial`: it decides whether others may.
    package var passes: (allowed: Bool, isTrial: Bool) {
        switch state {
        case .closed: (true, false)
        case .open: (false, false)
        case .halfOpen(_, let isTrialUnderWay): (!isTrialUnderWay, true)
        }
    }

    package var nextDeadline: Instant {
        guard state == .closed, waiting > 0, let silentSince, isConfirmed || waiting >= Self.crowd else {
            return .distantFuture
        }
        return silentSince + Self.patience
    }

    // MARK: Outcomes

    package mutating func sent(at now: Instant) {
        if waiting == 0, lastEnd.map({ now - $0 > Self.gap }) ?? true { silentSince = nil }
        if silentSince == nil {
            silentSince = now
            isConfirmed = false
        }
        waiting += 1
        if case .halfOpen(let pause, _) = state { state = .halfOpen(pause: pause, isTrialUnderWay: true) }
    }

    package mutating func answered(at now: Instant) {
        ended(at: now)
        failureCount = 0
        silentSince = waiting > 0 ? now : nil
        isConfirmed = false
        state = .closed
    }

    /// It ended without an answer.
    package mutating func failed(at now: Instant) {
        ended(at: now)
        failureCount = min(failureCount + 1, 1 << 20)
        switch state {
        case .halfOpen(let pause, _): open(for: min(pause * 2, Self.maxPause), at: now)
        case .closed where failureCount >= Self.maxFailureCount: open(for: Self.minPause, at: now)
        case .closed, .open: break
        }
    }

    /// Its caller took it back: nothing is known of it.
    package mutating func cancelled(at now: Instant) {
        ended(at: now)
        if waiting == 0 { silentSince = nil }
        if case .halfOpen(let pause, _) = state { state = .halfOpen(pause: pause, isTrialUnderWay: false) }
    }

    private mutating func ended(at now: Instant) {
        precondition(waiting > 0, "more calls ended than were sent: \(self)")
        waiting -= 1
        lastEnd = now
    }

    /// A request of another kind was answered, which shows that this kind's servers do answer.
    package mutating func heard(at now: Instant) {
        failureCount = 0
        silentSince = waiting > 0 ? now : nil
        isConfirmed = false
        state = .closed
    }

    /// A request of another kind is the trial of this one, too.
    package mutating func borrowedTrialBegan() {
        if case .halfOpen(let pause, false) = state { state = .halfOpen(pause: pause, isTrialUnderWay: true) }
    }

    package mutating func borrowedTrialEnded(failed: Bool, at now: Instant) {
        guard case .halfOpen(let pause, true) = state else { return }
        if failed {
            open(for: min(pause * 2, Self.maxPause), at: now)
        } else {
            state = .halfOpen(pause: pause, isTrialUnderWay: false)
        }
    }

    // MARK: Pings

    /// A ping was answered, and the answer shows that requests can be.
    package mutating func pingAnswered(at now: Instant) {
        if silentSince != nil { silentSince = waiting > 0 ? now : nil }
        isConfirmed = false
        if case .open(let until, let pause) = state, now >= until {
            state = .halfOpen(pause: pause, isTrialUnderWay: false)
        }
    }

    /// A ping was missed, or its answer shows that no request can be answered.
    package mutating func pingMissed(at now: Instant) {
        if silentSince != nil { isConfirmed = true }
    }

    /// - Returns: whether it opened.
    package mutating func advance(to now: Instant) -> Bool {
        guard nextDeadline <= now else { return false }
        open(for: Self.minPause, at: now)
        return true
    }

    private mutating func open(for pause: Duration, at now: Instant) {
        state = .open(until: now + pause, pause: pause)
        failureCount = 0
    }
}
