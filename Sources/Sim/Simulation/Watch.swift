import TopologyCore

/// An expectation that is looked at again and again until it is decided.
struct Watch: Sendable {
    enum Purpose: Equatable, Sendable {
        /// By its place in the present step.
        case step(Int)
        /// By its place among those of the whole run, for those that must come to hold.
        case run(Int)
        case always(Int)
        case never(Int)
        /// By the place of the schedule's entry that waits for it.
        case when(Int)
        case report(label: String)
    }

    /// Looks are at least so far apart, and a fiftieth of the waiting so far, so that a long wait costs little; a time
    /// of holding is right to that grain.
    static let leastPause = Duration.milliseconds(25)
    static let longestPause = Duration.seconds(1)
    /// Of `always` and `never`.
    static let steadyPause = Duration.milliseconds(250)

    /// Also the number of its looks.
    let number: Int
    let purpose: Purpose
    let expectation: TopologyExpectation
    /// What `within` counts from.
    let mark: Duration
    var deadline: Duration
    var nextLook: Duration
    /// When the look that is under way began.
    var lookBegun: Duration?
    var lastReason = ""
    var lookCount = 0

    /// Whether the run goes on until it is decided.
    var mustBeDecided: Bool {
        switch purpose {
        case .step, .run, .when: true
        case .always, .never, .report: false
        }
    }

    mutating func pause(at now: Duration) {
        lookBegun = nil
        switch purpose {
        case .always, .never: nextLook = now + Self.steadyPause
        case .step, .run, .when, .report:
            nextLook = now + min(max(Self.leastPause, (now - mark) / 50), Self.longestPause)
            // The last look is at the deadline.
            if now < deadline { nextLook = min(nextLook, deadline) }
        }
    }
}
