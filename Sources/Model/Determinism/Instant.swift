/// A moment on a clock that never goes back and runs through suspend: nanoseconds since an arbitrary origin.
///
/// Public, as the compiler inlines across modules only what is: compared and moved everywhere and all the time.
public struct Instant: Hashable, Sendable {
    public var nanoseconds: Int64

    @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    @inlinable public static var zero: Instant { Instant(nanoseconds: 0) }
    /// Never comes: the deadline of whatever has none.
    @inlinable public static var distantFuture: Instant { Instant(nanoseconds: .max) }

    /// Saturates at `distantFuture`.
    @inlinable public static func + (left: Instant, right: Duration) -> Instant {
        let (sum, overflow) = left.nanoseconds.addingReportingOverflow(right.wholeNanoseconds)
        return overflow ? .distantFuture : Instant(nanoseconds: sum)
    }

    @inlinable public static func - (left: Instant, right: Duration) -> Instant {
        Instant(nanoseconds: left.nanoseconds - right.wholeNanoseconds)
    }

    @inlinable public static func - (left: Instant, right: Instant) -> Duration {
        Duration(wholeNanoseconds: left.nanoseconds - right.nanoseconds)
    }

    @inlinable public static func += (left: inout Instant, right: Duration) { left = left + right }
}

extension Instant: Comparable {
    @inlinable public static func == (left: Instant, right: Instant) -> Bool { left.nanoseconds == right.nanoseconds }

    @inlinable public static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }
}
