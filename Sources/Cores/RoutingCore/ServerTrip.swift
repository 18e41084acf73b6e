import Determinism

/// A server whose calls fail although it answers pings is tried last for a while. Answered pings alone end that once
/// its time is over, and the next call decides: one more failure, and twice the time.
struct ServerTrip: Equatable, Sendable {
    /// Calls in a row: two may be two long answers.
    static let maxFailureCount = 3
    static let minPause = Duration.seconds(2)
    static let maxPause = Duration.seconds(32)

    private var failureCount = 0
    private var openUntil: Instant?
    private var pause = Self.minPause

    var isOpen: Bool { openUntil != nil }

    mutating func callAnswered() { self = ServerTrip() }

    mutating func callFailed(at now: Instant) {
        failureCount = min(failureCount + 1, Self.maxFailureCount)
        guard failureCount >= Self.maxFailureCount, openUntil == nil else { return }
        openUntil = now + pause
        pause = min(pause * 2, Self.maxPause)
    }

    mutating func pingAnswered(at now: Instant) {
        guard let until = openUntil, now >= until else { return }
        openUntil = nil
        failureCount = Self.maxFailureCount - 1
    }
}
