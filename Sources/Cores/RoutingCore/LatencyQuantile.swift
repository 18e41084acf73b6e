/// The 95th percentile of the last answers' times, from counts per bucket. Each octave of microseconds has four
/// buckets, so an estimate is at most a quarter too high and never too low. 112 buckets reach 2 minutes; O(1) to add.
package struct LatencyQuantile: Equatable, Sendable {
    /// Old answers are halved when so many are counted: the estimate follows a change within some hundred answers.
    private static let window: UInt32 = 1024
    /// Fewer say nothing about the twentieth part.
    package static let minCount: UInt32 = 20
    /// Looked up again after so many answers: a look costs a pass over the buckets.
    private static let refresh: UInt32 = 16
    private static let bucketCount = 112

    private var counts: [UInt32] = []
    private var total: UInt32 = 0
    private var sinceRefresh: UInt32 = 0
    /// Nil until there are enough answers.
    package private(set) var p95: Duration?

    package init() {}

    package mutating func add(_ time: Duration) {
        if counts.isEmpty { counts = Array(repeating: 0, count: Self.bucketCount) }
        counts[Self.bucket(of: time)] += 1
        total += 1
        sinceRefresh += 1
        if total >= Self.window {
            total = 0
            for index in counts.indices {
                counts[index] /= 2
                total += counts[index]
            }
        }
        guard total >= Self.minCount, sinceRefresh >= Self.refresh || p95 == nil else { return }
        sinceRefresh = 0
        // The first bucket with at least 95 of 100 in it or below it.
        let wanted = total - total / 20
        var seen: UInt32 = 0
        for index in counts.indices {
            seen += counts[index]
            guard seen >= wanted else { continue }
            p95 = Self.upperBound(of: index)
            return
        }
    }

    /// 4 µs and less share the first buckets; above, the two bits behind the highest one choose among four.
    static func bucket(of time: Duration) -> Int {
        let (seconds, attoseconds) = time.components
        let micros = max(0, min(seconds, 1 << 20)) * 1_000_000 + max(0, attoseconds / 1_000_000_000_000)
        guard micros >= 4 else { return Int(micros) }
        let octave = 63 - Int64(micros).leadingZeroBitCount
        let quarter = Int((micros >> Int64(octave - 2)) & 3)
        return min((octave - 1) * 4 + quarter, bucketCount - 1)
    }

    static func upperBound(of bucket: Int) -> Duration {
        guard bucket >= 4 else { return .microseconds(bucket + 1) }
        let (octave, quarter) = (bucket / 4 + 1, bucket % 4)
        return .microseconds((Int64(4 + quarter + 1)) << Int64(octave - 2))
    }
}
