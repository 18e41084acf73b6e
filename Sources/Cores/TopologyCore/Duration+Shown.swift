extension Duration {
    /// `12.3 ms`, `1.24 s`.
    package var shown: String {
        let (seconds, attoseconds) = components
        let micros = seconds.multipliedReportingOverflow(by: 1_000_000).partialValue + attoseconds / 1_000_000_000_000
        if micros.magnitude < 1_000_000 { return "\(Self.rounded(micros, 100, 1)) ms" }
        return "\(Self.rounded(micros, 10_000, 2)) s"
    }

    /// - Returns: `number / unit` with the last `digits` behind the point.
    private static func rounded(_ number: Int64, _ unit: Int64, _ digits: Int) -> String {
        let value = (number.magnitude + UInt64(unit) / 2) / UInt64(unit)
        let scale: UInt64 = digits == 1 ? 10 : 100
        let rest = String(value % scale)
        let padding = String(repeating: "0", count: digits - rest.utf8.count)
        return "\(number < 0 ? "-" : "")\(value / scale).\(padding)\(rest)"
    }
}
