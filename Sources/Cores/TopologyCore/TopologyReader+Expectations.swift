import Configuration

extension TopologyReader {
    static let expectationNames = [
        "leader", "leaders", "members", "seen", "instances", "key", "verdict", "refused", "writes", "nothing-lost",
        "linearizable", "error-rate", "latency", "caught-up", "stopped", "cut-named", "forgotten", "answers",
        "resolves",
    ]

    /// Where an expectation stands, which decides what `within` means and whether loads must be finished.
    enum ExpectationPlace {
        /// Of a step: `within` counts from its last action.
        case step
        /// Held at a moment or over a time: `within` is no question.
        case held
        /// At the end of the run, when loads have ended.
        case end
        /// At a time of the run, `within` zero unless given.
        case moment
        /// Awaited by a schedule or after healing; `within` is the caller's.
        case awaited
    }

    mutating func readExpectation(_ node: TopologyNode, _ place: ExpectationPlace) -> TopologyExpectation? {
        guard let name = kindEntry(node, "expectation", Self.expectationNames) else { return nil }
        var fields = TopologyFields(node, "expectation \(name)", &problems)
        if place == .moment { _ = fields.take("at") }
        return readExpectation(name, &fields, place, node.position)
    }

    private mutating func readExpectation(
        _ name: String, _ fields: inout TopologyFields, _ place: ExpectationPlace, _ position: TopologyPosition
    ) -> TopologyExpectation? {
        guard let value = fields.take(name) else { return nil }
        var within: Duration = place == .step || place == .end ? .seconds(10) : .zero
        if let node = fields.take("within") {
            within = node.duration("within", Self.waits, &problems) ?? within
            if place == .held || place == .awaited {
                note(
                    fields.position(of: "within"), "\"within\" has no meaning inside always, never, when and eventually"
                )
            }
        }
        let record = fields.take("record")?.text("a label", &problems) ?? ""
        let median = fields.take("median")?.duration("median", Self.waits, &problems)
        if median != nil, record.isEmpty {
            note(fields.position(of: "median"), "median is of what record puts into the table")
        }
        let kind = readKind(name, value, &fields, place)
        fields.finish(&problems)
        return kind.map {
            TopologyExpectation(position: position, kind: $0, within: within, record: record, median: median)
        }
    }

    private mutating func readKind(
        _ name: String, _ value: TopologyNode, _ fields: inout TopologyFields, _ place: ExpectationPlace
    ) -> TopologyExpectation.Kind? {
        switch name {
        case "leader":
            if case .scalar("all", _) = value.kind { return .leader(datacenters: topology.datacenters.map(\.name)) }
            let names = value.asItems.compactMap { readDatacenterName($0) }
            return names.isEmpty ? nil : .leader(datacenters: names)
        case "members":
            let count = value.integer("a count of members", 0...1000, &problems)
            let pool = fields.take("pool").map { $0.choice("pool", Pool.self, &problems) } ?? .wan
            let status = fields.take("status").map { readStatus($0) } ?? "alive"
            let from = fields.need("from", &problems).flatMap { readSelector($0) }
            guard let count, let pool, let status, let from else { return nil }
            return .members(count: count, isWAN: pool == .wan, status: status, from: from)
        case "instances": return readInstances(value, &fields)
        case "key": return readKey(value, &fields)
        case "verdict":
            let datacenter = readDatacenterName(value)
            let words = fields.need("is", &problems)?.asItems.compactMap {
                $0.choice("is", Word.self, &problems)?.rawValue
            }
            let scope = fields.take("scope")?.choice("scope", TopologyExpectation.Scope.self, &problems) ?? .here
            let from = fields.need("from", &problems).flatMap { readSelector($0) }
            guard let datacenter, let words, let from else { return nil }
            return .verdict(of: datacenter, isOneOf: words, scope: scope, from: from)
        case "cut-named": return readCut(value, &fields)
        case "forgotten":
            let datacenter = readDatacenterName(value)
            let from = fields.need("from", &problems).flatMap { readSelector($0) }
            guard let datacenter, let from else { return nil }
            return .forgotten(datacenter, from: from)
        case "answers": return readAnswer(value, &fields)
        case "resolves":
            let question = value.text("a name", &problems)
            let code = fields.take("code").map { $0.choice("code", TopologyExpectation.Code.self, &problems) }
                ?? .noError
            let limit = fields.take("faster-than")?.duration("faster-than", Self.waits, &problems) ?? .seconds(1)
            let from = fields.need("from", &problems).flatMap { readSelector($0) }
            guard let question, let code, let from else { return nil }
            return .resolves(question, code: code, fasterThan: limit, from: from)
        case "refused":
            let path = value.text("a path", &problems)
            let from = fields.need("from", &problems).flatMap { readSelector($0) }
            let limit = fields.take("faster-than")?.duration("faster-than", Self.waits, &problems) ?? .seconds(1)
            let says = fields.take("says")?.text("a text", &problems) ?? ""
            checkPath(path, value.position)
            guard let path, let from else { return nil }
            return .refused(path: path, from: from, fasterThan: limit, says: says)
        case "writes": return readLoadName(value).map { .writes(load: $0) }
        case "nothing-lost":
            let load = readLoadName(value)
            let from = fields.need("from", &problems).flatMap { readSelector($0) }
            if let load, place != .end, loads.contains(where: { $0.name == load && !$0.isFinished }) {
                note(value.position, "load \"\(load)\" still runs; finish it first")
            }
            guard let load, let from else { return nil }
            return .nothingLost(load: load, from: from)
        case "leaders":
            let count = value.integer("a count of leaders", 0...100, &problems)
            let datacenter = fields.need("in", &problems).flatMap { readDatacenterName($0) }
            guard let count, let datacenter else { return nil }
            return .leaders(count: count, datacenter: datacenter)
        case "seen":
            let who = readSelector(value)
            let pool = fields.take("pool").map { $0.choice("pool", Pool.self, &problems) } ?? .wan
            let status = fields.need("status", &problems).flatMap { readStatus($0) }
            let from = fields.need("from", &problems).flatMap { readSelector($0) }
            guard let who, let pool, let status, let from else { return nil }
            return .seen(who, isWAN: pool == .wan, status: status, from: from)
        case "linearizable": return readLoadName(value).map { .linearizable(load: $0) }
        case "error-rate":
            let load = readLoadName(value)
            let below = fields.need("below", &problems)?.percent("below", &problems)
            let over = fields.take("over")?.duration("over", Self.waits, &problems)
            guard let load, let below else { return nil }
            return .errorRate(load: load, below: below, over: over)
        case "latency": return readLatencyLimit(value, &fields)
        case "caught-up": return readSelector(value).map { .caughtUp($0) }
        case "stopped": return readSelector(value, .both).map { .stopped($0) }
        default: return nil
        }
    }

    private mutating func checkPath(_ path: String?, _ position: TopologyPosition) {
        if let path, !path.hasPrefix("/") { note(position, "\"\(path)\" has no leading /") }
    }

    private mutating func readAnswer(
        _ value: TopologyNode, _ fields: inout TopologyFields
    ) -> TopologyExpectation.Kind? {
        let path = value.text("a path", &problems)
        checkPath(path, value.position)
        var answer = TopologyExpectation.Answer(path: path ?? "")
        let from = fields.need("from", &problems).flatMap { readSelector($0) }
        answer.status = fields.take("status")?.integer("status", 200...599, &problems) ?? 200
        answer.header = fields.take("header")?.text("a header's name", &problems) ?? ""
        answer.says = fields.take("says")?.asItems.compactMap { $0.text("a text", &problems) } ?? []
        answer.lacks = fields.take("lacks")?.asItems.compactMap { $0.text("a text", &problems) } ?? []
        answer.fasterThan = fields.take("faster-than")?.duration("faster-than", Self.waits, &problems) ?? .seconds(1)
        guard path != nil, let from else { return nil }
        return .answers(answer, from: from)
    }

    /// `{from: dc1, to: dc2}`, two different datacenters.
    private mutating func readCut(_ value: TopologyNode, _ fields: inout TopologyFields) -> TopologyExpectation.Kind? {
        var ends = TopologyFields(value, "a named cut", &problems)
        let source = ends.need("from", &problems).flatMap { readDatacenterName($0) }
        let target = ends.need("to", &problems).flatMap { readDatacenterName($0) }
        ends.finish(&problems)
        let isAbsent = fields.take("absent")?.boolean("absent", &problems) ?? false
        let asked = fields.need("from", &problems).flatMap { readSelector($0) }
        guard let source, let target, let asked else { return nil }
        if source == target { note(value.position, "from and to are the same") }
        return .cutNamed(from: source, to: target, isAbsent: isAbsent, asked: asked)
    }

    private mutating func readLatencyLimit(
        _ value: TopologyNode, _ fields: inout TopologyFields
    ) -> TopologyExpectation.Kind? {
        let load = readLoadName(value)
        let over = fields.take("over")?.duration("over", Self.waits, &problems)
        var limits: [(percentile: Int, atMost: TopologyExpectation.LatencyLimit)] = []
        for (key, percentile) in [("p50", 50), ("p95", 95), ("p99", 99)] {
            guard let value = fields.take(key) else { continue }
            guard let limit = readLatencyLimit(value, key, load) else { return nil }
            limits.append((percentile, limit))
        }
        guard let load else { return nil }
        guard let limit = limits.first, limits.count == 1 else {
            note(value.position, "give one of p50, p95 and p99")
            return nil
        }
        return .latency(load: load, percentile: limit.percentile, atMost: limit.atMost, over: over)
    }

    /// `50ms`, or `{times: 2, of: LOAD}`.
    private mutating func readLatencyLimit(
        _ value: TopologyNode, _ key: String, _ load: String?
    ) -> TopologyExpectation.LatencyLimit? {
        guard case .mapping = value.kind else { return value.duration(key, Self.waits, &problems).map { .time($0) } }
        var fields = TopologyFields(value, "a limit of a percentile", &problems)
        let factor = fields.need("times", &problems)?.number("times", 0.01...1000, &problems)
        let other = fields.need("of", &problems).flatMap { readLoadName($0) }
        fields.finish(&problems)
        guard let factor, let other else { return nil }
        if other == load { note(value.position, "load \"\(other)\" is compared with itself") }
        return .times(factor, of: other)
    }

    private enum Pool: String, CaseIterable {
        case lan, wan
    }

    private enum Word: String, CaseIterable {
        case up, degraded, leaderless, frozen, unreachable, left
    }

    private mutating func readInstances(
        _ value: TopologyNode, _ fields: inout TopologyFields
    ) -> TopologyExpectation.Kind? {
        let service = fields.need("service", &problems)?.text("a service's name", &problems)
        let datacenter = fields.take("dc").map { readDatacenterName($0) } ?? ""
        let from = fields.need("from", &problems).flatMap { readSelector($0) }
        let by =
            fields.take("by")?.asItems.compactMap { $0.choice("by", TopologyExpectation.View.self, &problems) } ?? [
                .http
            ]
        var names: [String] = []
        for item in value.asItems {
            guard let name = item.text("a producer's name", &problems) else { continue }
            guard let producer = topology.producers.first(where: { $0.name == name }) else {
                let hint = NearestName.hint(name, among: topology.producers.map(\.name))
                note(item.position, "no producer is named \"\(name)\"\(hint)")
                continue
            }
            if let service, producer.service != service {
                note(item.position, "\"\(name)\" is an instance of \(producer.service), not of \(service)")
            }
            if let datacenter, !datacenter.isEmpty, topology.datacenter(of: producer.node)?.name != datacenter {
                note(item.position, "\"\(name)\" is registered elsewhere than in \(datacenter)")
            }
            names.append(name)
        }
        if let service, !topology.producers.contains(where: { $0.service == service }) {
            note(value.position, "no producer is an instance of \(service)")
        }
        guard let service, let datacenter, let from else { return nil }
        return .instances(names.sorted(), service: service, datacenter: datacenter, from: from, by: by)
    }

    private mutating func readKey(_ value: TopologyNode, _ fields: inout TopologyFields) -> TopologyExpectation.Kind? {
        let key = value.text("a key", &problems)
        let text = fields.take("value")?.text("a value", &problems)
        let isAbsent = fields.take("absent")?.boolean("absent", &problems) ?? false
        let from = fields.need("from", &problems).flatMap { readSelector($0) }
        let datacenter = fields.take("dc").map { readDatacenterName($0) } ?? ""
        let mode =
            fields.take("mode").map { $0.choice("mode", TopologyExpectation.ReadMode.self, &problems) } ?? .standard
        if isAbsent == (text != nil) { note(value.position, "give either a value or absent: true") }
        guard let key, let from, let datacenter, let mode else { return nil }
        return .key(key, value: isAbsent ? nil : text, from: from, datacenter: datacenter, mode: mode)
    }
}
