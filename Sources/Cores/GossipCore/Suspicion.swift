package import Determinism

/// How long a suspect has to refute, shortened by independent accusers (Lifeguard §IV-B, `wire/serf-gossip.md` 4.4).
package struct Suspicion: Equatable, Sendable {
    package let start: Instant
    /// Confirmations that bring the timeout to its minimum.
    package let expected: Int
    package let minimum: Duration
    package let maximum: Duration
    /// The first, then each confirming one.
    private var accusers: [String]

    package init(from accuser: String, nodeCount: Int, timings: GossipTimings, at now: Instant) {
        start = now
        let wanted = timings.suspicionMultiplier - 2
        expected = nodeCount - 2 < wanted ? 0 : max(0, wanted)
        minimum = Self.minimum(nodeCount: nodeCount, timings: timings)
        maximum = minimum * timings.suspicionMaxTimeoutMultiplier
        accusers = [accuser]
    }

    package var confirmationCount: Int { accusers.count - 1 }

    package var deadline: Instant {
        start
            + (expected < 1
                ? minimum
                : Self.timeout(
                    confirmations: confirmationCount, expected: expected, minimum: minimum, maximum: maximum))
    }

    /// - Returns: true when the accuser is new and still counts: its message is worth passing on.
    package mutating func confirm(from accuser: String) -> Bool {
        guard confirmationCount < expected, !accusers.contains(accuser) else { return false }
        accusers.append(accuser)
        return true
    }

    /// `multiplier × max(1, log10 n) × ProbeInterval`, the factor cut to three decimals. For 4, 1 s: 4 s up to 10
    /// nodes, 8 s for 100.
    package static func minimum(nodeCount: Int, timings: GossipTimings) -> Duration {
        // One unit in the last place below a whole power of ten must not lose a thousandth.
        let scale = max(1, Logarithm.decimal(Double(max(1, nodeCount))) + 1e-12)
        let thousandths = timings.suspicionMultiplier * Int(scale * 1000)
        return .nanoseconds(timings.probeInterval.wholeNanoseconds * Int64(thousandths) / 1000)
    }

    /// `max(min, max − (max − min) · ln(c + 1) / ln(k + 1))` cut to milliseconds. For k = 3 and 2 s…30 s:
    /// c = 0 → 30 s, 1 → 16 s, 3 → 2 s.
    package static func timeout(
        confirmations: Int, expected: Int, minimum: Duration, maximum: Duration
    ) -> Duration {
        guard expected >= 1 else { return minimum }
        let fraction = Logarithm.natural(Double(confirmations) + 1) / Logarithm.natural(Double(expected) + 1)
        let seconds = maximum.inSeconds - fraction * (maximum.inSeconds - minimum.inSeconds)
        return max(minimum, .milliseconds(Int64(seconds * 1000 + 1e-6)))
    }
}
