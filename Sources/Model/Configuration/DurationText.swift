import Determinism

/// Go's way to write a span of time: `1h30m`, `1.5s`, `200ms`, `0`.
package enum DurationText {
    /// Longest first, so that `ms` is not read as minutes.
    private static let units: [(name: String, nanoseconds: Double)] = [
        ("ns", 1), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 6e10), ("h", 3.6e12),
    ]

    /// - Returns: nil unless the text is one or more numbers, each with its unit, or `0`, within ±100 years.
    package static func parse(_ text: String) -> Duration? {
        guard text.utf8.count <= 64 else { return nil }
        var rest = Substring(text)
        let isNegative = rest.hasPrefix("-")
        if isNegative || rest.hasPrefix("+") { rest = rest.dropFirst() }
        if rest == "0" { return .zero }
        guard !rest.isEmpty else { return nil }
        var total = 0.0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
            rest = rest.dropFirst(digits.count)
            let letters = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(letters.count)
            guard let number = Double(String(digits)), let unit = units.first(where: { $0.name == letters }) else {
                return nil
            }
            total += number * unit.nanoseconds
        }
        guard total <= 100 * 365 * 24 * 3.6e12 else { return nil }
        return .nanoseconds(Int64((isNegative ? -total : total).rounded()))
    }

    /// Go's `Duration.String`, such as `1m30s`, `1.5s`, `200ms`.
    package static func text(_ duration: Duration) -> String {
        let nanoseconds = duration.wholeNanoseconds
        guard nanoseconds != 0 else { return "0s" }
        let sign = nanoseconds < 0 ? "-" : ""
        let size = nanoseconds.magnitude
        if size < 1_000_000_000 {
            let (unit, factor): (String, UInt64) =
                size < 1000 ? ("ns", 1) : size < 1_000_000 ? ("µs", 1000) : ("ms", 1_000_000)
            return sign + decimal(size, per: factor) + unit
        }
        let hours = size / 3_600_000_000_000
        let minutes = size / 60_000_000_000 % 60
        let seconds = decimal(size % 60_000_000_000, per: 1_000_000_000) + "s"
        if hours > 0 { return "\(sign)\(hours)h\(minutes)m\(seconds)" }
        return minutes > 0 ? "\(sign)\(minutes)m\(seconds)" : sign + seconds
    }

    private static func decimal(_ value: UInt64, per factor: UInt64) -> String {
        let remainder = value % factor
        guard remainder != 0 else { return String(value / factor) }
        var fraction = String(factor + remainder).dropFirst()
        while fraction.hasSuffix("0") { fraction = fraction.dropLast() }
        return "\(value / factor).\(fraction)"
    }
}
