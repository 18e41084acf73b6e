/// How long pings of one datacenter took, answered ones and failed ones, as histograms count.
package struct PingStatistics: Equatable, Sendable {
    package struct Histogram: Equatable, Sendable {
        /// Of each bound, and of all beyond the last one; not summed up.
        package var counts: [Int]
        package var sum: Duration = .zero

        init() { counts = Array(repeating: 0, count: PingStatistics.bounds.count + 1) }

        mutating func add(_ duration: Duration) {
            counts[PingStatistics.bounds.firstIndex { duration <= $0 } ?? PingStatistics.bounds.count] += 1
            sum += duration
        }
    }

    /// From a datacenter next door to the longest timeout.
    package static let bounds: [Duration] = [
        .milliseconds(1), .milliseconds(2), .milliseconds(5), .milliseconds(10), .milliseconds(20), .milliseconds(50),
        .milliseconds(100), .milliseconds(200), .milliseconds(500), .seconds(1), .seconds(5),
    ]

    package var answered = Histogram()
    package var failed = Histogram()

    package init() {}
}
