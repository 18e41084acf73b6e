extension Duration {
    /// Go's duration text: `1h30m`, `1.5s`, `250ms`, `-2us`, `0`. Nil for anything else and beyond ±292 years.
    package init?(goText text: some StringProtocol) {
        var rest = Array(text.utf8)[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { rest = rest.dropFirst() }
        if rest.elementsEqual("0".utf8) {
            self = .zero
            return
        }
        guard !rest.isEmpty else { return nil }
        var total: Int64 = 0
        while !rest.isEmpty {
            let whole = rest.prefix { $0 >= 48 && $0 <= 57 }
            rest = rest.dropFirst(whole.count)
            var fraction: ArraySlice<UInt8> = []
            if rest.first == UInt8(ascii: ".") {
                fraction = rest.dropFirst().prefix { $0 >= 48 && $0 <= 57 }
                rest = rest.dropFirst(fraction.count + 1)
            }
            guard !whole.isEmpty || !fraction.isEmpty else { return nil }
            let name = rest.prefix { !($0 >= 48 && $0 <= 57) && $0 != UInt8(ascii: ".") }
            rest = rest.dropFirst(name.count)
            guard let unit = Self.nanoseconds(inUnit: String(decoding: name, as: UTF8.self)),
                let count = whole.isEmpty ? 0 : Int64(String(decoding: whole, as: UTF8.self))
            else { return nil }
            let (product, overflow) = count.multipliedReportingOverflow(by: unit)
            let part = fraction.isEmpty ? 0 : Self.part(fraction, of: unit)
            let (withPart, carried) = product.addingReportingOverflow(part)
            let (sum, tooLarge) = total.addingReportingOverflow(withPart)
            guard !overflow, !carried, !tooLarge else { return nil }
            total = sum
        }
        self = .nanoseconds(isNegative ? -total : total)
    }

    private static func part(_ digits: ArraySlice<UInt8>, of unit: Int64) -> Int64 {
        var value = 0.0
        var scale = 0.1
        for digit in digits.prefix(18) {
            value += Double(digit - 48) * scale
            scale /= 10
        }
        return Int64((value * Double(unit)).rounded(.toNearestOrEven))
    }

    private static func nanoseconds(inUnit name: String) -> Int64? {
        switch name {
        case "ns": 1
        case "us", "µs", "μs": 1_000
        case "ms": 1_000_000
        case "s": 1_000_000_000
        case "m": 60_000_000_000
        case "h": 3_600_000_000_000
        default: nil
        }
    }

    /// Go's words for a text that is no duration.
    package static func goProblem(_ text: String) -> String {
        let digits = text.utf8.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
        guard let first = digits.first, first >= 48 && first <= 57 || first == UInt8(ascii: ".") else {
            return "time: invalid duration \"\(text)\""
        }
        let name = digits.drop { $0 >= 48 && $0 <= 57 || $0 == UInt8(ascii: ".") }
            .prefix { !($0 >= 48 && $0 <= 57 || $0 == UInt8(ascii: ".")) }
        let unit = String(decoding: name, as: UTF8.self)
        if unit.isEmpty { return "time: missing unit in duration \"\(text)\"" }
        if nanoseconds(inUnit: unit) == nil { return "time: unknown unit \"\(unit)\" in duration \"\(text)\"" }
        return "time: invalid duration \"\(text)\""
    }

    /// As Go prints it: `1h0m0s`, `1.5s`, `250ms`, `0s`.
    package var goText: String {
        let total = wholeNanoseconds
        if total == 0 { return "0s" }
        let sign = total < 0 ? "-" : ""
        let magnitude = total.magnitude
        switch magnitude {
        case ..<1_000: return "\(sign)\(magnitude)ns"
        case ..<1_000_000: return sign + Self.decimal(magnitude, per: 1_000) + "µs"
        case ..<1_000_000_000: return sign + Self.decimal(magnitude, per: 1_000_000) + "ms"
        default: break
        }
        let minutes = magnitude / 60_000_000_000
        var text = Self.decimal(magnitude % 60_000_000_000, per: 1_000_000_000) + "s"
        if minutes > 0 { text = "\(minutes % 60)m" + text }
        if minutes >= 60 { text = "\(minutes / 60)h" + text }
        return sign + text
    }

    private static func decimal(_ value: UInt64, per unit: UInt64) -> String {
        let rest = value % unit
        guard rest > 0 else { return String(value / unit) }
        var digits = String(rest + unit).dropFirst()
        while digits.hasSuffix("0") { digits.removeLast() }
        return "\(value / unit).\(digits)"
    }
}
