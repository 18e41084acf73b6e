import Configuration

extension TopologyReader {
    mutating func readProducers(_ node: TopologyNode) {
        for entry in TopologyFields(node, "producers", &problems).keys {
            let key = TopologyNode(.scalar(entry.key, isPlain: false), at: entry.position)
            guard let name = key.name("producer's name", &problems) else { continue }
            let isTaken = topology.agentNames.contains(name) || topology.datacenters.contains { $0.name == name }
            if isTaken || Self.reserved.contains(name) {
                note(entry.position, "\"\(name)\" already means something else")
            }
            readProducer(name, entry)
        }
        if topology.producers.count > Self.maxProducerCount {
            note(node.position, "\(topology.producers.count) producers are more than \(Self.maxProducerCount)")
        }
    }

    private mutating func readProducer(_ name: String, _ entry: TopologyNode.Entry) {
        typealias Producer = Topology.Producer
        var fields = TopologyFields(entry.value, "a producer", &problems)
        let service = fields.need("service", &problems)?.name("a service's name", &problems) ?? ""
        let node = fields.need("at", &problems).flatMap { readAgentName($0) } ?? ""
        let registration = fields.take("by")?.choice("by", Producer.Registration.self, &problems) ?? .http
        let family = fields.take("family")?.choice("family", Producer.Family.self, &problems) ?? .ipv4
        let port = fields.take("port")?.integer("port", 1024...65_535, &problems) ?? 8080
        let tags = fields.take("tags")?.asItems.compactMap { $0.name("tag", &problems) } ?? []
        var producer = Producer(
            name: name, service: service, node: node, registration: registration, family: family, port: port,
            tags: tags, check: registration == .catalog ? .none : .http, checkPath: "/health",
            checkInterval: .seconds(1), checkTimeout: .seconds(1), position: entry.position)
        if let node = fields.take("check") { readCheck(node, &producer) }
        for item in fields.take("behaviour")?.items("behaviour", &problems) ?? [] {
            guard let behaviour = readBehaviour(item) else { continue }
            if let last = producer.behaviour.last, last.from >= behaviour.from {
                note(item.position, "stands behind \(DurationText.text(last.from)): times of behaviour rise")
            }
            producer.behaviour.append(behaviour)
        }
        fields.finish(&problems)
        topology.producers.append(producer)
    }

    private mutating func readCheck(_ node: TopologyNode, _ producer: inout Topology.Producer) {
        var check = TopologyFields(node, "a check", &problems)
        producer.check = check.take("kind")?.choice("kind", Topology.Producer.Check.self, &problems) ?? .http
        producer.checkPath = check.take("path")?.text("a path", &problems) ?? producer.checkPath
        let times: ClosedRange<Duration> = .milliseconds(10) ... .seconds(3600)
        producer.checkInterval = check.take("interval")?.duration("interval", times, &problems) ?? .seconds(1)
        producer.checkTimeout = check.take("timeout")?.duration("timeout", times, &problems) ?? .seconds(1)
        if !producer.checkPath.hasPrefix("/") {
            note(node.position, "path: \"\(producer.checkPath)\" has no leading /")
        }
        if producer.registration == .catalog, producer.check != .none {
            note(node.position, "nobody runs checks of what is registered by catalog; its kind is none")
        }
        check.finish(&problems)
    }

    private mutating func readBehaviour(_ node: TopologyNode) -> Topology.Behaviour? {
        var fields = TopologyFields(node, "behaviour", &problems)
        let (at, from) = (fields.take("at"), fields.take("from"))
        if at != nil, from != nil { note(node.position, "give at or from, not both") }
        if at == nil, from == nil { note(node.position, "\"at\" is missing") }
        let time = (at ?? from)?.duration("a time", Self.times, &problems)
        let (flap, hang, reset) = (fields.take("flap"), fields.take("hang"), fields.take("reset"))
        let period = flap?.duration("flap", .milliseconds(10) ... .seconds(3600), &problems)
        let hangs = hang?.boolean("hang", &problems) ?? false
        let resets = reset?.boolean("reset", &problems) ?? false
        let isAnswer = fields.has("status") || fields.has("delay") || fields.has("body")
        let status = fields.take("status")?.integer("status", 200...599, &problems) ?? 200
        let delay = fields.take("delay")?.duration("delay", .zero ... .seconds(3600), &problems) ?? .zero
        let body = fields.take("body")?.text("a body", &problems)
        fields.finish(&problems)
        guard [flap != nil, hang != nil, reset != nil, isAnswer].count(where: { $0 }) == 1 else {
            note(node.position, "give one of flap, hang, reset, or a status, delay or body")
            return nil
        }
        guard let time else { return nil }
        if let period { return Topology.Behaviour(from: time, kind: .flap(period)) }
        let conduct: Topology.Behaviour.Conduct =
            hangs ? .hang : resets ? .reset : .answer(status: status, delay: delay, body: body)
        return Topology.Behaviour(from: time, kind: .steady(conduct))
    }
}
