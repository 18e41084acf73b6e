/// A moment on a clock that never goes back and runs through suspend: nanoseconds since an arbitrary origin.
package struct Instant: Hashable, Sendable {
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package static let zero = Instant(nanoseconds: 0)
    /// Never comes: the deadline of whatever has none.
    package static let distantFuture = Instant(nanoseconds: .max)

    /// Saturates at `distantFuture`.
    package static func + (left: Instant, right: Duration) -> Instant {
        let (sum, overflow) = left.nanoseconds.addingReportingOverflow(right.wholeNanoseconds)
        return overflow ? .distantFuture : Instant(nanoseconds: sum)
    }

    package static func - (left: Instant, right: Duration) -> Instant {
        Instant(nanoseconds: left.nanoseconds - right.wholeNanoseconds)
    }

    package static func - (left: Instant, right: Instant) -> Duration {
        .nanoseconds(left.nanoseconds - right.nanoseconds)
    }

    package static func += (left: inout Instant, right: Duration) { left = left + right }
}

extension Instant: Comparable {
    package static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }
}
