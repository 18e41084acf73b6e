import FederationModel

/// What an operator can count of one agent. Names follow Consul's where it has one.
struct Instruments: Sendable {
    private var counts: [String: Int] = [:]

    mutating func add(_ name: String, _ count: Int = 1) { counts[name, default: 0] += count }

    /// Counters sorted by name.
    var samples: [MetricsSnapshot.Sample] {
        counts.keys.sorted().map { name in
            let count = counts[name] ?? 0
            return MetricsSnapshot.Sample(name: name, count: count, sum: Double(count), min: 1, max: 1)
        }
    }
}
