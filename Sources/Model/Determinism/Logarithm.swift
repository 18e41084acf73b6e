/// Logarithms without a C library: the same bits on every platform. Within 4 units in the last place for 1...2^64.
package enum Logarithm {
    private static let ln2 = 0.693147180559945309417232121458
    private static let ln10 = 2.30258509299404568401799145468

    /// ln x for finite x > 0; 0 for anything else. Writes x = 2^e·m with m in [√½, √2) and sums
    /// ln m = 2·(z + z³/3 + z⁵/5 …), z = (m − 1)/(m + 1), |z| < 0.172, so 12 terms reach double precision.
    package static func natural(_ x: Double) -> Double {
        guard x > 0, x.isFinite else { return 0 }
        var exponent = Double(x.exponent)
        var mantissa = x.significand
        if mantissa > 1.4142135623730951 {
            mantissa /= 2
            exponent += 1
        }
        let z = (mantissa - 1) / (mantissa + 1)
        let square = z * z
        var sum = 0.0
        for odd in stride(from: 23, through: 1, by: -2) { sum = sum * square + 1 / Double(odd) }
        return exponent * ln2 + 2 * z * sum
    }

    package static func decimal(_ x: Double) -> Double { natural(x) / ln10 }

    /// ⌈log10 n⌉ for n >= 1, exactly; 0 below.
    package static func decimalCeiling(_ n: Int) -> Int {
        var digits = 0
        var power = 1
        while power < n {
            digits += 1
            let (next, overflow) = power.multipliedReportingOverflow(by: 10)
            if overflow { break }
            power = next
        }
        return digits
    }
}
