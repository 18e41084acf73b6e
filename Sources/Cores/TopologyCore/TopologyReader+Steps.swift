import Configuration

extension TopologyReader {
    mutating func readStep(_ node: TopologyNode) {
        var fields = TopologyFields(node, "a step", &problems)
        let name = fields.need("name", &problems)?.text("a step's name", &problems) ?? ""
        if topology.steps.contains(where: { $0.name == name && !name.isEmpty }) {
            note(node.position, "two steps are named \"\(name)\"")
        }
        var step = Topology.Step(name: name, position: node.position, actions: [], expectations: [])
        for action in fields.take("do")?.items("actions", &problems) ?? [] {
            if let kind = readAction(action) {
                step.actions.append(TopologyAction(position: action.position, kind: kind))
            }
        }
        for expectation in fields.take("expect")?.items("expectations", &problems) ?? [] {
            if let read = readExpectation(expectation) { step.expectations.append(read) }
        }
        fields.finish(&problems)
        topology.steps.append(step)
    }

    private static let actionNames = [
        "start", "stop", "kill", "restart", "freeze", "continue", "register", "put", "load", "finish", "wait",
        "measure",
        "report",
    ]

    /// The first key of an action or expectation says what it is.
    private mutating func kindEntry(_ node: TopologyNode, _ what: String, _ names: [String]) -> String? {
        guard case .mapping(let entries) = node.kind, let first = entries.first else {
            note(node.position, "expected \(what), a mapping, found \(node.typeName)")
            return nil
        }
        if let entry = entries.first(where: { names.contains($0.key) }) { return entry.key }
        note(first.position, "\"\(first.key)\" is no \(what)\(NearestName.hint(first.key, among: names))")
        return nil
    }

    private mutating func readAction(_ node: TopologyNode) -> TopologyAction.Kind? {
        guard let kind = kindEntry(node, "action", Self.actionNames) else { return nil }
        var fields = TopologyFields(node, "an action", &problems)
        guard let value = fields.take(kind) else { return nil }
        defer { fields.finish(&problems) }
        switch kind {
        case "start": return readSelector(value, .both).map { .start($0) }
        case "stop": return readSelector(value, .both).map { .stop($0) }
        case "restart": return readSelector(value, .both).map { .restart($0) }
        case "freeze": return readSelector(value, .both).map { .freeze($0) }
        case "continue": return readSelector(value, .both).map { .resume($0) }
        case "register": return readSelector(value, .producers).map { .register($0) }
        case "wait": return value.duration("a wait", Self.waits, &problems).map { .wait($0) }
        case "finish": return readLoadName(value).map { finishLoad($0, value.position) }
        case "kill":
            let selector = readSelector(value, .both)
            let alias = fields.take("as").flatMap { readNewName($0) }
            if let alias { aliases.append(alias) }
            return selector.map { .kill($0, alias: alias) }
        case "put":
            let key = value.text("a key", &problems)
            let text = fields.need("value", &problems)?.text("a value", &problems)
            let at = fields.need("at", &problems).flatMap { readSelector($0) }
            let datacenter = fields.take("dc").map { readDatacenterName($0) } ?? ""
            guard let key, let text, let at, let datacenter else { return nil }
            return .put(key: key, value: text, at: at, datacenter: datacenter)
        case "load":
            let name = readNewName(value)
            let through = fields.need("through", &problems).flatMap { readSelector($0) }
            let rate = fields.take("rate")?.integer("rate", 1...10_000, &problems) ?? 20
            guard let name else { return nil }
            loads.append((name, false))
            return through.map { .load(name: name, through: $0, rate: rate) }
        case "measure":
            let label = value.text("a label", &problems)
            let path = fields.need("path", &problems)?.text("a path", &problems)
            let at = fields.need("at", &problems).flatMap { readSelector($0) }
            let count = fields.take("count")?.integer("count", 1...100_000, &problems) ?? 100
            guard let label, let path, let at else { return nil }
            return .measure(label: label, path: path, at: at, count: count)
        case "report":
            let label = value.text("a label", &problems)
            let datacenter = fields.need("dc", &problems).flatMap { readDatacenterName($0) }
            let status = fields.take("status").map { readStatus($0) } ?? "failed"
            let from = fields.need("from", &problems).flatMap { readSelector($0) }
            guard let label, let datacenter, let status, let from else { return nil }
            return .report(label: label, datacenter: datacenter, status: status, from: from)
        default: return nil
        }
    }

    private mutating func finishLoad(_ name: String, _ position: TopologyPosition) -> TopologyAction.Kind {
        if let index = loads.firstIndex(where: { $0.name == name }) {
            if loads[index].isFinished { note(position, "load \"\(name)\" was already finished") }
            loads[index].isFinished = true
        }
        return .finish(load: name)
    }

    private mutating func readNewName(_ node: TopologyNode) -> String? {
        guard let name = node.name("name", &problems) else { return nil }
        let taken =
            topology.agentNames + topology.datacenters.map(\.name) + topology.producers.map(\.name) + aliases
            + loads.map(\.name) + Self.reserved
        guard !taken.contains(name) else {
            note(node.position, "\"\(name)\" already means something else")
            return nil
        }
        return name
    }

    private mutating func readLoadName(_ node: TopologyNode) -> String? {
        guard let name = node.text("a load's name", &problems) else { return nil }
        guard loads.contains(where: { $0.name == name }) else {
            let hint = NearestName.hint(name, among: loads.map(\.name))
            note(node.position, "no load \"\(name)\" was begun before\(hint)")
            return nil
        }
        return name
    }

    private mutating func readStatus(_ node: TopologyNode) -> String? {
        guard let text = node.text("a status", &problems) else { return nil }
        let words = ["alive", "leaving", "left", "failed"]
        if words.contains(text) { return text }
        note(
            node.position,
            "\"\(text)\" is none of \(words.joined(separator: ", "))\(NearestName.hint(text, among: words))")
        return nil
    }
}

extension TopologyReader {
    private static let expectationNames = [
        "leader", "members", "instances", "key", "verdict", "refused", "writes", "nothing-lost", "caught-up", "stopped",
    ]

    private mutating func readExpectation(_ node: TopologyNode) -> TopologyExpectation? {
        guard let name = kindEntry(node, "expectation", Self.expectationNames) else { return nil }
        var fields = TopologyFields(node, "an expectation", &problems)
        guard let value = fields.take(name) else { return nil }
        let within = fields.take("within")?.duration("within", Self.waits, &problems) ?? .seconds(10)
        let record = fields.take("record")?.text("a label", &problems) ?? ""
        let kind = readExpectation(name, value, &fields)
        fields.finish(&problems)
        return kind.map { TopologyExpectation(position: node.position, kind: $0, within: within, record: record) }
    }

    private mutating func readExpectation(
        _ name: String, _ value: TopologyNode, _ fields: inout TopologyFields
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
            let from = fields.need("from", &problems).flatMap { readSelector($0) }
            guard let datacenter, let words, let from else { return nil }
            return .verdict(of: datacenter, isOneOf: words, from: from)
        case "refused":
            let path = value.text("a path", &problems)
            let from = fields.need("from", &problems).flatMap { readSelector($0) }
            let limit = fields.take("faster-than")?.duration("faster-than", Self.waits, &problems) ?? .seconds(1)
            let says = fields.take("says")?.text("a text", &problems) ?? ""
            if let path, !path.hasPrefix("/") { note(value.position, "\"\(path)\" has no leading /") }
            guard let path, let from else { return nil }
            return .refused(path: path, from: from, fasterThan: limit, says: says)
        case "writes": return readLoadName(value).map { .writes(load: $0) }
        case "nothing-lost":
            let load = readLoadName(value)
            let from = fields.need("from", &problems).flatMap { readSelector($0) }
            if let load, loads.contains(where: { $0.name == load && !$0.isFinished }) {
                note(value.position, "load \"\(load)\" still runs; finish it first")
            }
            guard let load, let from else { return nil }
            return .nothingLost(load: load, from: from)
        case "caught-up": return readSelector(value).map { .caughtUp($0) }
        case "stopped": return readSelector(value, .both).map { .stopped($0) }
        default: return nil
        }
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
