import Configuration

extension Topology.Link {
    /// `80ms (p99 200ms) ±5ms, 1% lost, 0.1% twice, 1% reordered, 10mbit`.
    package var description: String {
        var parts = [latency.description + (jitter > .zero ? " ±\(DurationText.text(jitter))" : "")]
        for (part, word) in [(loss, "lost"), (duplicate, "twice"), (reorder, "reordered")] where part > 0 {
            parts.append("\(PercentText.text(part)) \(word)")
        }
        if let bandwidth { parts.append(Self.text(bandwidth: bandwidth)) }
        return parts.joined(separator: ", ")
    }

    static func text(bandwidth: Int) -> String {
        for (unit, name) in [(1_000_000_000, "gbit"), (1_000_000, "mbit")] where bandwidth.isMultiple(of: unit) {
            return "\(bandwidth / unit)\(name)"
        }
        return "\(bandwidth / 1000)kbit"
    }
}

extension Topology.Link: CustomStringConvertible {}

extension Topology.Latency: CustomStringConvertible {
    package var description: String {
        switch self {
        case .fixed(let time): DurationText.text(time)
        case .range(let low, let high): "\(DurationText.text(low))..\(DurationText.text(high))"
        case .distribution(let median, let p99): "\(DurationText.text(median)) (p99 \(DurationText.text(p99)))"
        }
    }
}

extension Topology.LinkValues: CustomStringConvertible {
    /// Only what is set, in the words of `Link.description`.
    package var description: String {
        var parts: [String] = []
        if let latency { parts.append(latency.description) }
        if let jitter { parts.append("±\(DurationText.text(jitter))") }
        for (part, word) in [(loss, "lost"), (duplicate, "twice"), (reorder, "reordered")] {
            if let part { parts.append("\(PercentText.text(part)) \(word)") }
        }
        if let bandwidth { parts.append(Topology.Link.text(bandwidth: bandwidth)) }
        return parts.joined(separator: ", ")
    }
}
