import FederationModel

/// Verdicts by how often they were given: each at most 255 times, more than a federation has datacenters.
struct VerdictCount: Equatable, Sendable {
    /// A byte for each verdict, the best one lowest.
    private var counts: UInt64 = 0

    mutating func add(_ verdict: Verdict) { counts += 1 << UInt64(verdict.severity * 8) }

    subscript(verdict: Verdict) -> Int { count(verdict.severity) }

    private func count(_ severity: Int) -> Int { Int(counts >> UInt64(severity * 8) & 0xFF) }

    var total: Int {
        var (total, rest) = (0, counts)
        while rest != 0 {
            total += Int(rest & 0xFF)
            rest >>= 8
        }
        return total
    }

    /// As `Verdict.majority(of:)`, without a list of them.
    var majority: Verdict? {
        let half = (total - 1) / 2
        guard counts != 0 else { return nil }
        var (severity, seen) = (0, count(0))
        while seen <= half {
            severity += 1
            seen += count(severity)
        }
        return Verdict(severity: severity)
    }
}
