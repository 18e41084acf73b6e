import Configuration

extension TopologyReader {
    /// By the function that reads them.
    static let processActions = [
        "start", "stop", "kill", "restart", "rolling-restart", "freeze", "continue", "leave", "force-leave",
        "add-server", "remove-datacenter", "forget",
    ]
    static let requestActions = ["register", "put", "delete", "load", "finish", "wait", "measure", "report"]
    static let faultActions = [
        "partition", "bridge", "ring", "cut", "heal", "clog", "unclog", "slow-disk", "full-disk", "mend-disk",
        "clock-skew", "clock-jump",
    ]

    /// A `do` list.
    mutating func readActions(_ node: TopologyNode?) -> [TopologyAction] {
        var actions: [TopologyAction] = []
        for item in node?.items("actions", &problems) ?? [] {
            if let kind = readAction(item) { actions.append(TopologyAction(position: item.position, kind: kind)) }
        }
        return actions
    }

    private mutating func readAction(_ node: TopologyNode) -> TopologyAction.Kind? {
        let names = Self.processActions + Self.requestActions + Self.faultActions
        guard let kind = kindEntry(node, "action", names) else { return nil }
        var fields = TopologyFields(node, "action \(kind)", &problems)
        guard let value = fields.take(kind) else { return nil }
        defer { fields.finish(&problems) }
        if Self.processActions.contains(kind) { return readProcessAction(kind, value, &fields) }
        return Self.requestActions.contains(kind)
            ? readRequestAction(kind, value, &fields) : readFault(kind, value, &fields)
    }

    private mutating func readProcessAction(
        _ kind: String, _ value: TopologyNode, _ fields: inout TopologyFields
    ) -> TopologyAction.Kind? {
        switch kind {
        case "start": return readSelector(value, .both).map { .start($0) }
        case "stop": return readSelector(value, .both).map { .stop($0) }
        case "freeze": return readSelector(value, .both).map { .freeze($0) }
        case "continue": return readSelector(value, .both).map { .resume($0) }
        case "leave": return readSelector(value).map { .leave($0) }
        case "restart":
            let disk = fields.take("disk")?.choice("disk", TopologyAction.Disk.self, &problems) ?? .kept
            return readSelector(value, .both).map { .restart($0, disk: disk) }
        case "rolling-restart":
            let pause = fields.take("pause")?.duration("pause", Self.waits, &problems) ?? .seconds(2)
            return readSelector(value).map { .rollingRestart($0, pause: pause) }
        case "kill":
            let selector = readSelector(value, .both)
            let alias = fields.take("as").flatMap { readNewName($0) }
            if let alias { aliases.append(alias) }
            return selector.map { .kill($0, alias: alias) }
        case "force-leave":
            let agent = readAgentName(value)
            let at = fields.need("at", &problems).flatMap { readSelector($0) }
            guard let agent, let at else { return nil }
            return .forceLeave(agent: agent, at: at)
        case "add-server":
            let name = value.name("server's name", &problems)
            let datacenter = fields.need("dc", &problems).flatMap { readDatacenterName($0) }
            guard let name, let datacenter else { return nil }
            return .addServer(name, datacenter: datacenter)
        case "forget":
            let name = readDatacenterName(value)
            let at = fields.need("at", &problems).flatMap { readSelector($0) }
            let isForced = fields.take("force")?.boolean("force", &problems) ?? false
            guard let name, let at else { return nil }
            return .forget(name, at: at, isForced: isForced)
        case "remove-datacenter": return readDatacenterName(value).map { .removeDatacenter($0) }
        default: return nil
        }
    }

    private mutating func readRequestAction(
        _ kind: String, _ value: TopologyNode, _ fields: inout TopologyFields
    ) -> TopologyAction.Kind? {
        switch kind {
        case "register": return readSelector(value, .producers).map { .register($0) }
        case "wait": return value.duration("a wait", Self.waits, &problems).map { .wait($0) }
        case "finish": return readLoadName(value).map { finishLoad($0, value.position) }
        case "load":
            let name = readNewName(value)
            let load = readLoad(name ?? "", &fields, value.position)
            guard let name else { return nil }
            loads.append((name, false))
            return load.map { .load($0) }
        case "put":
            let key = value.text("a key", &problems)
            let text = fields.need("value", &problems)?.text("a value", &problems)
            let at = fields.need("at", &problems).flatMap { readSelector($0) }
            let datacenter = fields.take("dc").map { readDatacenterName($0) } ?? ""
            guard let key, let text, let at, let datacenter else { return nil }
            return .put(key: key, value: text, at: at, datacenter: datacenter)
        case "delete":
            let key = value.text("a key", &problems)
            let at = fields.need("at", &problems).flatMap { readSelector($0) }
            let datacenter = fields.take("dc").map { readDatacenterName($0) } ?? ""
            guard let key, let at, let datacenter else { return nil }
            return .delete(key: key, at: at, datacenter: datacenter)
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

    private mutating func readFault(
        _ kind: String, _ value: TopologyNode, _ fields: inout TopologyFields
    ) -> TopologyAction.Kind? {
        switch kind {
        case "partition": return readGroups(value, "partition", atLeast: 2).map { .partition($0) }
        case "ring": return readGroups(value, "ring", atLeast: 3).map { .ring($0) }
        case "bridge":
            let who = readSelector(value)
            let groups = fields.need("between", &problems).flatMap { readGroups($0, "between", atLeast: 2) }
            guard let who, let groups else { return nil }
            return .bridge(who, between: groups)
        case "cut": return readDirection(value).map { .cut($0) }
        case "heal": return isEverything(value) ? .heal(nil) : readDirection(value).map { .heal($0) }
        case "unclog": return isEverything(value) ? .unclog(nil) : readDirection(value).map { .unclog($0) }
        case "clog":
            var inner = TopologyFields(value, "a clog", &problems)
            let direction = readDirection(&inner)
            let values = readLinkValues(&inner)
            inner.finish(&problems)
            if values == Topology.LinkValues() {
                note(value.position, "sets nothing: give latency, loss or another value")
            }
            return direction.map { .clog($0, values) }
        case "slow-disk":
            let who = readSelector(value)
            let latency = fields.need("latency", &problems)?.duration("latency", Self.waits, &problems)
            guard let who, let latency else { return nil }
            return .slowDisk(who, latency: latency)
        case "full-disk": return readSelector(value).map { .fullDisk($0) }
        case "mend-disk": return readSelector(value).map { .mendDisk($0) }
        case "clock-skew":
            let who = readSelector(value)
            let rate = fields.need("rate", &problems)?.number("rate", 0.5...2, &problems)
            guard let who, let rate else { return nil }
            return .clockSkew(who, rate: rate)
        case "clock-jump":
            let who = readSelector(value)
            let limits: ClosedRange<Duration> = .seconds(-86_400) ... .seconds(86_400)
            let time = fields.need("by", &problems)?.duration("by", limits, &problems)
            guard let who, let time else { return nil }
            return .clockJump(who, by: time)
        default: return nil
        }
    }

    private mutating func readGroups(_ node: TopologyNode, _ what: String, atLeast: Int) -> [TopologySelector]? {
        let groups = node.items(what, &problems)
        guard groups.count >= atLeast else {
            if case .sequence = node.kind { note(node.position, "\(what): at least \(atLeast) groups are needed") }
            return nil
        }
        let selectors = groups.compactMap { readSelector($0) }
        return selectors.count == groups.count ? selectors : nil
    }

    private func isEverything(_ node: TopologyNode) -> Bool { node.kind == .scalar("true", isPlain: true) }

    private mutating func readDirection(_ node: TopologyNode) -> TopologyAction.Direction? {
        var fields = TopologyFields(node, "a direction", &problems)
        let direction = readDirection(&fields)
        fields.finish(&problems)
        return direction
    }

    /// `from` and `to`, or `between` two.
    private mutating func readDirection(_ fields: inout TopologyFields) -> TopologyAction.Direction? {
        let (from, to, between) = (fields.take("from"), fields.take("to"), fields.take("between"))
        if let between, from == nil, to == nil {
            guard let ends = readGroups(between, "between", atLeast: 2) else { return nil }
            if ends.count > 2 { note(between.position, "between: two ends are meant") }
            return TopologyAction.Direction(from: ends[0], to: ends[1], isBothWays: true)
        }
        guard let from, let to, between == nil else {
            if !fields.keys.isEmpty { note(fields.position, "give either from and to, or between") }
            return nil
        }
        guard let source = readSelector(from), let target = readSelector(to) else { return nil }
        return TopologyAction.Direction(from: source, to: target, isBothWays: false)
    }

    private mutating func finishLoad(_ name: String, _ position: TopologyPosition) -> TopologyAction.Kind {
        if let index = loads.firstIndex(where: { $0.name == name }) {
            if loads[index].isFinished { note(position, "load \"\(name)\" was already finished") }
            loads[index].isFinished = true
        }
        return .finish(load: name)
    }

    mutating func readNewName(_ node: TopologyNode) -> String? {
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

    mutating func readLoadName(_ node: TopologyNode) -> String? {
        guard let name = node.text("a load's name", &problems) else { return nil }
        guard loads.contains(where: { $0.name == name }) else {
            let hint = NearestName.hint(name, among: loads.map(\.name))
            note(node.position, "no load \"\(name)\" was begun before\(hint)")
            return nil
        }
        return name
    }
}
