import Determinism

/// When the file of registrations is written. It is written whole: a thousand clients that register one after the other
/// would have it written a thousand times, each time longer.
struct SavePace: Equatable, Sendable {
    /// Between two files, for each registration in the first one: a registration is encoded in some 2 us, so that
    /// writing takes about a tenth of the time at most. 5,000 registrations reach the disk within 100 ms.
    static let pause = Duration.microseconds(20)

    /// When what changed is to be written; `distantFuture`: nothing changed.
    private(set) var nextDeadline = Instant.distantFuture
    private var earliest = Instant.zero

    mutating func changed(at now: Instant) {
        if nextDeadline == .distantFuture { nextDeadline = max(now, earliest) }
    }

    var isOwed: Bool { nextDeadline != .distantFuture }

    /// - Parameter count: registrations in the file.
    mutating func saved(_ count: Int, at now: Instant) {
        nextDeadline = .distantFuture
        earliest = now + Self.pause * count
    }
}
