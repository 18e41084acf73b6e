/// Whether reads and writes of one key fit one order: linearizability of a register whose written values differ
/// (Gibbons and Korach, Testing Shared Memories, 1997, §5). O(n log n).
///
/// A write and the reads that returned its value are a cluster. Let `f` be the earliest end and `s` the latest begin in
/// it. With `f < s` the value must stand during all of [f, s]; else some moment of [s, f] is enough. The history is
/// linearizable when no read ends before its write begins, no two values must stand at the same time, and none has its
/// moments only while another must stand.
package struct RegisterHistory: Sendable {
    private struct Cluster {
        let value: String?
        /// Nil for the value before all writes.
        var writeBegun: Duration?
        var earliestEnd: Duration
        var latestBegin: Duration
    }

    /// After any end.
    private static let never = Duration.seconds(1 << 32)
    private static let before = Duration.seconds(-1)

    /// - Parameter requests: of one key; values of different writes differ.
    /// - Returns: what is wrong, nil when an order exists.
    package static func violation(_ requests: [LoadRecord.Request], of key: String) -> String? {
        var clusters: [String?: Cluster] = [
            nil: Cluster(value: nil, writeBegun: nil, earliestEnd: before, latestBegin: before)
        ]
        var refused: Set<String> = []
        for write in requests where write.isWrite {
            guard write.outcome != .refused else {
                if let value = write.value { refused.insert(value) }
                continue
            }
            let end = write.outcome == .succeeded ? write.ended : never
            clusters[write.value] = Cluster(
                value: write.value, writeBegun: write.begun, earliestEnd: end, latestBegin: write.begun)
        }
        for read in requests where !read.isWrite && read.outcome == .succeeded {
            guard var cluster = clusters[read.value] else {
                let value = read.value ?? ""
                return refused.contains(value)
                    ? "\(key) reads \(value), whose write was answered as not done"
                    : "\(key) reads \(value), which nobody wrote"
            }
            if let begun = cluster.writeBegun, read.ended < begun {
                return "\(key) reads \(read.value ?? "nothing") at \(read.ended), before it was written at \(begun)"
            }
            cluster.earliestEnd = min(cluster.earliestEnd, read.ended)
            cluster.latestBegin = max(cluster.latestBegin, read.begun)
            clusters[read.value] = cluster
        }
        let sorted = clusters.values.sorted {
            ($0.latestBegin, $0.value ?? "") < ($1.latestBegin, $1.value ?? "")
        }
        return overlap(sorted, of: key)
    }

    private static func overlap(_ clusters: [Cluster], of key: String) -> String? {
        let standing = clusters.filter { $0.earliestEnd < $0.latestBegin }.sorted { $0.earliestEnd < $1.earliestEnd }
        func text(_ value: String?) -> String { value ?? "nothing" }
        for (first, second) in zip(standing, standing.dropFirst()) where second.earliestEnd < first.latestBegin {
            return "\(key): both \(text(first.value)) and \(text(second.value)) would have stood at "
                + "\(second.earliestEnd)"
        }
        // They are disjoint now: only the last that begins before a short one can contain it.
        for short in clusters where short.earliestEnd >= short.latestBegin {
            guard let position = lastIndex(in: standing, endingBefore: short.latestBegin) else { continue }
            let long = standing[position]
            if short.earliestEnd < long.latestBegin {
                return "\(key): \(text(short.value)) was written or read while \(text(long.value)) stood, at "
                    + "\(short.latestBegin)"
            }
        }
        return nil
    }

    private static func lastIndex(in clusters: [Cluster], endingBefore moment: Duration) -> Int? {
        var (low, high) = (0, clusters.count)
        while low < high {
            let middle = (low + high) / 2
            if clusters[middle].earliestEnd < moment { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : low - 1
    }
}
