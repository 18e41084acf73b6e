import Determinism
import FederationModel
import RoutingCore

// What an operator's collector can plot of each pair of datacenters.

extension ServerCore {
    /// Beyond these, datacenters are left out of metrics: with 64 there are 4,032 pairs.
    private static let maxDatacenterCount = 64

    func federationMetrics(at now: Instant) -> [MetricsSnapshot.Pair] {
        guard configuration.isServer else { return [] }
        let matrix = router.matrix(at: now)
        let rows = matrix.rows.prefix(Self.maxDatacenterCount)
        var pairs: [MetricsSnapshot.Pair] = []
        for row in rows {
            for entry in row.entries.prefix(Self.maxDatacenterCount) {
                pairs.append(
                    MetricsSnapshot.Pair(
                        name: "isthmus.federation.verdict", from: row.datacenter, to: entry.datacenter,
                        value: .gauge(Double(entry.verdict.severity))))
            }
        }
        for row in rows {
            for entry in row.entries.prefix(Self.maxDatacenterCount) {
                guard let roundTrip = entry.roundTrip else { continue }
                pairs.append(
                    MetricsSnapshot.Pair(
                        name: "isthmus.federation.round_trip_seconds", from: row.datacenter, to: entry.datacenter,
                        value: .gauge(Self.seconds(roundTrip))))
            }
        }
        let own = matrix[configuration.datacenter]?.entries.map(\.datacenter).prefix(Self.maxDatacenterCount) ?? []
        for (name, part) in [
            ("isthmus.federation.ping.seconds", \PingStatistics.answered),
            ("isthmus.federation.ping.failed.seconds", \PingStatistics.failed),
        ] {
            for datacenter in own {
                guard let statistics = router.statistics(of: datacenter) else { continue }
                pairs.append(
                    MetricsSnapshot.Pair(
                        name: name, from: configuration.datacenter, to: datacenter,
                        value: Self.value(of: statistics[keyPath: part])))
            }
        }
        return pairs
    }

    private static func value(of histogram: PingStatistics.Histogram) -> MetricsSnapshot.Pair.Value {
        var count = 0
        let buckets = zip(PingStatistics.bounds, histogram.counts).map { bound, here in
            count += here
            return MetricsSnapshot.Pair.Bucket(bound: seconds(bound), count: count)
        }
        return .histogram(buckets: buckets, count: histogram.counts.reduce(0, +), sum: seconds(histogram.sum))
    }

    private static func seconds(_ duration: Duration) -> Double { Double(duration.wholeNanoseconds) / 1e9 }
}
