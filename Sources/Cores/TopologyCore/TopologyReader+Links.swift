import Configuration

extension TopologyReader {
    mutating func readLinks(_ node: TopologyNode) {
        var fields = TopologyFields(node, "links", &problems)
        topology.links.position = node.position
        if let node = fields.take("inside") {
            topology.links.inside = readLink(node, "a link").applied(to: topology.links.inside)
        }
        if let node = fields.take("between") {
            topology.links.between = readLink(node, "a link").applied(to: topology.links.between)
        }
        for pair in fields.take("pairs")?.items("pairs", &problems) ?? [] { readPair(pair) }
        fields.finish(&problems)
    }

    private mutating func readLink(_ node: TopologyNode, _ what: String) -> Topology.LinkValues {
        var fields = TopologyFields(node, what, &problems)
        let values = readLinkValues(&fields)
        fields.finish(&problems)
        return values
    }

    private mutating func readPair(_ node: TopologyNode) {
        var fields = TopologyFields(node, "a pair", &problems)
        let (between, from, to) = (fields.take("between"), fields.take("from"), fields.take("to"))
        let values = readLinkValues(&fields)
        fields.finish(&problems)
        if values == Topology.LinkValues() { note(node.position, "sets nothing: give latency, loss or another value") }
        let ends: Topology.LinkRule.Ends
        if let between {
            if from != nil || to != nil { note(node.position, "give either between, or from and to") }
            let names = readEnds(between)
            if names.count == 1 { note(between.position, "a link has two ends") }
            ends = .among(names)
        } else if let from, let to {
            ends = .oneWay(from: readEnds(from), to: readEnds(to))
        } else {
            note(node.position, "give either between, or from and to")
            return
        }
        topology.links.rules.append(Topology.LinkRule(ends: ends, values: values, position: node.position))
    }

    /// Names of datacenters and agents.
    private mutating func readEnds(_ node: TopologyNode) -> [String] {
        let names = topology.datacenters.map(\.name) + topology.agentNames
        var ends: [String] = []
        for item in node.asItems {
            guard let text = item.text("a datacenter or an agent", &problems) else { continue }
            if !names.contains(text) {
                let hint = NearestName.hint(text, among: names)
                note(item.position, "no datacenter or agent is named \"\(text)\"\(hint)")
            }
            if ends.contains(text) { note(item.position, "\"\(text)\" stands here twice") }
            ends.append(text)
        }
        if node.asItems.isEmpty { note(node.position, "names nobody") }
        return ends
    }

    /// An hour and more is a mistyped unit.
    private static let latencies: ClosedRange<Duration> = .zero ... .seconds(60)

    mutating func readLinkValues(_ fields: inout TopologyFields) -> Topology.LinkValues {
        var values = Topology.LinkValues()
        values.latency = fields.take("latency").flatMap { readLatency($0) }
        values.jitter = fields.take("jitter")?.duration("jitter", Self.latencies, &problems)
        values.loss = fields.take("loss")?.percent("loss", &problems)
        values.duplicate = fields.take("duplicate")?.percent("duplicate", &problems)
        values.reorder = fields.take("reorder")?.percent("reorder", &problems)
        values.bandwidth = fields.take("bandwidth").flatMap { readBandwidth($0) }
        return values
    }

    /// `5ms`, `10ms..40ms` or `{median: 80ms, p99: 200ms}`.
    private mutating func readLatency(_ node: TopologyNode) -> Topology.Latency? {
        if case .mapping = node.kind {
            var fields = TopologyFields(node, "a latency", &problems)
            let median = fields.need("median", &problems)?.duration("median", Self.latencies, &problems)
            let p99 = fields.need("p99", &problems)?.duration("p99", Self.latencies, &problems)
            fields.finish(&problems)
            guard let median, let p99 else { return nil }
            guard median > .zero, median <= p99, p99 <= median * 100 else {
                note(node.position, "p99 is from median to a hundred times it, and the median is not zero")
                return nil
            }
            return .distribution(median: median, p99: p99)
        }
        guard case .scalar(let text, _) = node.kind, let dots = text.firstRange(of: "..") else {
            return node.duration("latency", Self.latencies, &problems).map { .fixed($0) }
        }
        let ends = [text[..<dots.lowerBound], text[dots.upperBound...]].map {
            TopologyNode(.scalar(String($0), isPlain: false), at: node.position)
                .duration("latency", Self.latencies, &problems)
        }
        guard let low = ends[0], let high = ends[1] else { return nil }
        guard low <= high else {
            note(node.position, "latency: \(text) falls")
            return nil
        }
        return .range(low, high)
    }

    private mutating func readBandwidth(_ node: TopologyNode) -> Int? {
        let units = [("kbit", 1000), ("mbit", 1_000_000), ("gbit", 1_000_000_000)]
        guard case .scalar(let text, _) = node.kind, let unit = units.first(where: { text.hasSuffix($0.0) }),
            let count = Int(text.dropLast(unit.0.count)), count > 0, count <= 1_000_000
        else {
            note(node.position, "expected bandwidth, such as 512kbit, 10mbit or 1gbit, found \(node.typeName)")
            return nil
        }
        let bits = count * unit.1
        guard bits >= 8000 else {
            note(node.position, "bandwidth: \(text) is less than 8kbit")
            return nil
        }
        return bits
    }
}
