extension Duration {
    /// Whole nanoseconds, cut towards zero; saturates beyond ±292 years.
    @inlinable public var wholeNanoseconds: Int64 {
        // Below nine seconds, as most are, attoseconds fit into one word: a plain division.
        if let small = Int64(exactly: attoseconds) { return small / Self.perNanosecond }
        return Int64(clamping: attoseconds / Int128(Self.perNanosecond))
    }

    @inlinable static var perNanosecond: Int64 { 1_000_000_000 }

    /// As `nanoseconds(_:)`, which is opaque to the compiler: every instant that is compared with another comes here.
    @inlinable public init(wholeNanoseconds count: Int64) {
        self.init(attoseconds: Int128(count) * Int128(Self.perNanosecond))
    }

    /// Whole milliseconds, cut towards zero.
    @inlinable public var wholeMilliseconds: Int64 { wholeNanoseconds / 1_000_000 }

    @inlinable public var inSeconds: Double { Double(wholeNanoseconds) / 1e9 }

    @inlinable public init(inSeconds seconds: Double) { self = .nanoseconds(Int64((seconds * 1e9).rounded())) }

    /// Scaled by a factor, cut to whole nanoseconds.
    public func scaled(by factor: Double) -> Duration { .nanoseconds(Int64(Double(wholeNanoseconds) * factor)) }
}
