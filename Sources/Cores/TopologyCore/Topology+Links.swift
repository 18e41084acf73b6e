package import Determinism

extension Topology {
    /// What one direction between two agents does to what is sent.
    package struct Link: Equatable, Sendable {
        package var latency: Latency
        /// Added to the latency, drawn evenly from −jitter to +jitter; the sum is never negative.
        package var jitter: Duration = .zero
        /// Of datagrams and of segments of streams, each 0...1.
        package var loss: Double = 0
        package var duplicate: Double = 0
        /// Such a datagram waits for another latency, so that later ones overtake it.
        package var reorder: Double = 0
        /// Bits a second; nil: without bound.
        package var bandwidth: Int?

        package static let inside = Link(latency: .range(.microseconds(100), .milliseconds(1)), loss: 0.002)
        package static let between = Link(latency: .range(.milliseconds(10), .milliseconds(40)), loss: 0.01)

        /// One way, drawn for one datagram or segment; the time on the wire (`bandwidth`) is not in it.
        package func drawDelay(using random: inout SeededRandom) -> Duration {
            let delay = latency.draw(using: &random)
            guard jitter > .zero else { return delay }
            return max(.zero, delay + random.duration(in: .zero..<(jitter * 2)) - jitter)
        }

        /// No draw is below.
        package var leastDelay: Duration { max(.zero, latency.least - jitter) }
    }

    package enum Latency: Equatable, Sendable {
        case fixed(Duration)
        /// Evenly between the two.
        case range(Duration, Duration)
        /// Log-normal: half the draws are below the median, one in a hundred above `p99`.
        case distribution(median: Duration, p99: Duration)

        package func draw(using random: inout SeededRandom) -> Duration {
            switch self {
            case .fixed(let time): return time
            case .range(let low, let high): return random.duration(in: low..<max(low, high))
            case .distribution(let median, let p99):
                return median.scaled(
                    by: Self.factor(
                        ratio: p99.inSeconds / median.inSeconds, at: Double.random(in: 0..<1, using: &random)))
            }
        }

        /// Quantiles of the normal distribution at quarters of its 99th percentile (2.326).
        private static let quantiles = [
            0, 0.00998, 0.04053, 0.12242, 0.28048, 0.5, 0.71952, 0.87758, 0.95947, 0.99, 0.99818, 0.99976, 1,
        ]

        /// `ratio` to the power of a normal quantile over 2.326, by square roots and straight lines between the points
        /// of the table: no logarithm, whose last bits differ between machines.
        private static func factor(ratio: Double, at quantile: Double) -> Double {
            let quarter = max(1, ratio).squareRoot().squareRoot()
            var power = 1 / (quarter * quarter * quarter * quarter * quarter)
            for (low, high) in zip(quantiles, quantiles.dropFirst()) {
                let next = power * quarter
                if quantile < high { return power + (next - power) * (quantile - low) / (high - low) }
                power = next
            }
            return power
        }

        /// No draw is below.
        package var least: Duration {
            switch self {
            case .fixed(let time): time
            case .range(let low, _): low
            case .distribution(let median, let p99):
                median.scaled(by: Self.factor(ratio: p99.inSeconds / median.inSeconds, at: 0))
            }
        }

        /// The longest that is drawn but for one in a hundred.
        package var high: Duration {
            switch self {
            case .fixed(let time): time
            case .range(_, let high): high
            case .distribution(_, let p99): p99
            }
        }

        /// Half the draws are below.
        package var middle: Duration {
            switch self {
            case .fixed(let time): time
            case .range(let low, let high): (low + high) / 2
            case .distribution(let median, _): median
            }
        }
    }

    /// The values of a link that a rule or a clog sets; nil leaves what was.
    package struct LinkValues: Equatable, Sendable {
        package var latency: Latency?
        package var jitter: Duration?
        package var loss: Double?
        package var duplicate: Double?
        package var reorder: Double?
        package var bandwidth: Int?

        package init() {}

        package func applied(to link: Link) -> Link {
            var link = link
            if let latency { link.latency = latency }
            if let jitter { link.jitter = jitter }
            if let loss { link.loss = loss }
            if let duplicate { link.duplicate = duplicate }
            if let reorder { link.reorder = reorder }
            if let bandwidth { link.bandwidth = bandwidth }
            return link
        }
    }

    package struct Links: Equatable, Sendable {
        /// Within a datacenter.
        package var inside = Link.inside
        /// Between datacenters.
        package var between = Link.between
        /// Laid over these in their order: the last that sets a value decides.
        package var rules: [LinkRule] = []
        /// Where the file speaks of links; nil when it does not.
        package var position: TopologyPosition?
    }

    /// Conditions of some ordered pairs. Ends are names of datacenters or agents.
    package struct LinkRule: Equatable, Sendable {
        package enum Ends: Equatable, Sendable {
            /// Every pair of different ends, both ways.
            case among([String])
            case oneWay(from: [String], to: [String])
        }

        package var ends: Ends
        package var values: LinkValues
        package var position: TopologyPosition
    }

    /// The conditions from one agent to another, as the file has them. O(rules): ask once per pair.
    package func link(from: String, to: String) -> Link {
        let (source, target) = (datacenter(of: from)?.name ?? "", datacenter(of: to)?.name ?? "")
        func isMeant(_ end: String, _ agent: String, _ datacenter: String) -> Bool { end == agent || end == datacenter }
        var link = source == target ? links.inside : links.between
        for rule in links.rules {
            let applies =
                switch rule.ends {
                case .oneWay(let senders, let receivers):
                    senders.contains { isMeant($0, from, source) } && receivers.contains { isMeant($0, to, target) }
                case .among(let ends):
                    ends.contains { end in
                        isMeant(end, from, source) && ends.contains { $0 != end && isMeant($0, to, target) }
                    }
                }
            if applies { link = rule.values.applied(to: link) }
        }
        return link
    }
}
