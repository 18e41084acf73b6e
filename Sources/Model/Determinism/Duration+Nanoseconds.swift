extension Duration {
    /// Whole nanoseconds, cut towards zero; saturates beyond ±292 years.
    package var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carried) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflow || carried ? (seconds < 0 ? .min : .max) : sum
    }

    /// Whole milliseconds, cut towards zero.
    package var wholeMilliseconds: Int64 { wholeNanoseconds / 1_000_000 }

    package var inSeconds: Double { Double(wholeNanoseconds) / 1e9 }

    package init(inSeconds seconds: Double) { self = .nanoseconds(Int64((seconds * 1e9).rounded())) }

    /// Scaled by a factor, cut to whole nanoseconds.
    package func scaled(by factor: Double) -> Duration { .nanoseconds(Int64(Double(wholeNanoseconds) * factor)) }
}
