import Configuration

extension TopologyReader {
    mutating func readLoads(_ node: TopologyNode) {
        for entry in TopologyFields(node, "load", &problems).keys {
            let key = TopologyNode(.scalar(entry.key, isPlain: false), at: entry.position)
            let name = readNewName(key)
            var fields = TopologyFields(entry.value, "a load", &problems)
            let load = readLoad(name ?? "", &fields, entry.position)
            fields.finish(&problems)
            guard let name else { continue }
            loads.append((name, false))
            if let load { topology.loads.append(load) }
        }
    }

    /// What a load does: the same keys at the top of a file and in an action.
    mutating func readLoad(
        _ name: String, _ fields: inout TopologyFields, _ position: TopologyPosition
    ) -> Topology.Load? {
        let kind = fields.take("kind")?.choice("kind", Topology.Load.Kind.self, &problems) ?? .kvWrite
        let through = fields.need("through", &problems).flatMap { readSelector($0) }
        let datacenter = fields.take("dc").map { readDatacenterName($0) } ?? ""
        let mode = fields.take("mode")?.choice("mode", TopologyExpectation.ReadMode.self, &problems) ?? .standard
        let rate = fields.take("rate")?.integer("rate", 1...10_000, &problems) ?? 20
        let keyCount = fields.take("keys")?.integer("keys", 1...100_000, &problems)
        let keysOf = fields.take("of").flatMap { readLoadName($0) } ?? ""
        let service = fields.take("service")?.text("a service's name", &problems) ?? ""
        if kind == .kvWrite, fields.has("mode") { note(fields.position(of: "mode"), "writes have no mode") }
        if kind != .kvWrite, fields.has("keys") { note(fields.position(of: "keys"), "only a kv-write has keys") }
        if kind != .kvRead, fields.has("of") { note(fields.position(of: "of"), "only a kv-read reads keys of a load") }
        if kind == .catalog {
            if !fields.has("service") { note(position, "\"service\" is missing") }
            if !service.isEmpty, !topology.producers.contains(where: { $0.service == service }) {
                note(fields.position(of: "service"), "no producer is an instance of \(service)")
            }
        } else if fields.has("service") {
            note(fields.position(of: "service"), "only a catalog load asks for a service")
        }
        guard let through, let datacenter else { return nil }
        return Topology.Load(
            name: name, kind: kind, through: through, datacenter: datacenter, mode: mode, rate: rate,
            keyCount: keyCount, keysOf: keysOf, service: service, position: position)
    }

    mutating func readScheduled(_ node: TopologyNode) {
        var fields = TopologyFields(node, "a schedule's entry", &problems)
        let (at, condition, every) = (fields.take("at"), fields.take("when"), fields.take("every"))
        let (from, until) = (fields.take("from"), fields.take("until"))
        let actions = readActions(fields.need("do", &problems))
        fields.finish(&problems)
        guard [at, condition, every].count(where: { $0 != nil }) == 1 else {
            if !fields.keys.isEmpty { note(node.position, "give one of at, when and every") }
            return
        }
        if every == nil, from != nil || until != nil {
            note(node.position, "from and until belong to every")
        }
        let trigger: Topology.Scheduled.Trigger
        if let at {
            guard let time = at.duration("at", Self.times, &problems) else { return }
            trigger = .at(time)
        } else if let condition {
            guard let read = readExpectation(condition, .awaited) else { return }
            trigger = .when(read)
        } else {
            let period = every?.duration("every", .milliseconds(10) ... .seconds(3600), &problems)
            let start = from?.duration("from", Self.times, &problems) ?? .zero
            let end = until?.duration("until", Self.times, &problems) ?? topology.duration
            guard let period else { return }
            trigger = .every(period, from: start, until: end)
        }
        topology.schedule.append(Topology.Scheduled(position: node.position, trigger: trigger, actions: actions))
    }

    private static let timedNames = ["always", "never", "eventually-after-heal"]

    mutating func readRunExpectation(_ node: TopologyNode) {
        guard let name = kindEntry(node, "expectation", Self.timedNames + Self.expectationNames) else { return }
        guard Self.timedNames.contains(name) else {
            guard let at = node["at"] else {
                if let read = readExpectation(node, .end) { add(.atEnd, read, node.position) }
                return
            }
            let time = at.duration("at", Self.times, &problems)
            if let read = readExpectation(node, .moment), let time { add(.at(time), read, node.position) }
            return
        }
        var fields = TopologyFields(node, name, &problems)
        guard let inner = fields.take(name) else { return }
        if name == "eventually-after-heal" {
            let within = fields.take("within")?.duration("within", Self.waits, &problems) ?? .seconds(30)
            if let read = readExpectation(inner, .awaited) {
                add(.eventuallyAfterHeal(within: within), read, node.position)
            }
        } else {
            let from = fields.take("from-time")?.duration("from-time", Self.times, &problems) ?? .zero
            let until = fields.take("until")?.duration("until", Self.times, &problems)
            if let read = readExpectation(inner, .held) {
                let time: Topology.RunExpectation.Time =
                    name == "always" ? .always(from: from, until: until) : .never(from: from, until: until)
                add(time, read, node.position)
            }
        }
        fields.finish(&problems)
    }

    private mutating func add(
        _ time: Topology.RunExpectation.Time, _ expectation: TopologyExpectation, _ position: TopologyPosition
    ) {
        topology.expectations.append(
            Topology.RunExpectation(time: time, expectation: expectation, position: position))
    }
}
