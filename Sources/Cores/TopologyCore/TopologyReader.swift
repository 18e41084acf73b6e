import Configuration

/// Turns a tree into a topology, or into everything that is wrong with it.
package struct TopologyReader {
    /// Loopback addresses of one /24 bound a federation that runs live: agents from 1, producers from 201.
    package static let maxAgentCount = 200
    package static let maxProducerCount = 50
    /// Longest wait of a step, so that a mistyped unit does not hang a run.
    static let waits: ClosedRange<Duration> = .milliseconds(1) ... .seconds(3600)

    var problems: [TopologyProblem] = []
    var topology = Topology(name: "")
    /// Names given by `as`, in the order of the steps.
    var aliases: [String] = []
    /// Loads begun so far, and whether they were finished.
    var loads: [(name: String, isFinished: Bool)] = []

    package static func read(_ root: TopologyNode) throws(TopologyError) -> Topology {
        var reader = TopologyReader()
        reader.readFile(root)
        guard reader.problems.isEmpty else {
            throw TopologyError(reader.problems.sorted { $0.position < $1.position })
        }
        return reader.topology
    }

    mutating func note(_ position: TopologyPosition, _ reason: String) {
        problems.append(TopologyProblem(position, reason))
    }

    private mutating func readFile(_ root: TopologyNode) {
        var fields = TopologyFields(root, "a topology", &problems)
        topology.name = fields.need("name", &problems)?.name("a topology's name", &problems) ?? ""
        _ = fields.take("about")?.text("a description", &problems)
        var defaults: ConfigurationValue = .object([])
        if let node = fields.take("defaults") {
            var inner = TopologyFields(node, "defaults", &problems)
            if let options = inner.take("options") { defaults = readOptions(options, over: defaults) }
            inner.finish(&problems)
        }
        if let node = fields.need("datacenters", &problems) { readDatacenters(node, defaults) }
        if let node = fields.take("producers") { readProducers(node) }
        let steps = fields.take("steps")
        fields.finish(&problems)
        for step in steps?.items("steps", &problems) ?? [] { readStep(step) }
        for load in loads where !load.isFinished {
            note(steps?.position ?? root.position, "load \"\(load.name)\" is never finished")
        }
    }

    private mutating func readDatacenters(_ node: TopologyNode, _ defaults: ConfigurationValue) {
        let fields = TopologyFields(node, "datacenters", &problems)
        if fields.keys.isEmpty { note(node.position, "a federation needs a datacenter") }
        for entry in fields.keys {
            let key = TopologyNode(.scalar(entry.key, isPlain: false), at: entry.position)
            guard let name = key.name("datacenter's name", &problems) else { continue }
            if name != name.lowercased() { note(entry.position, "\"\(name)\": datacenters are named in lower case") }
            if Self.reserved.contains(name) { note(entry.position, "\"\(name)\" means something else in a file") }
            var fields = TopologyFields(entry.value, "a datacenter", &problems)
            let servers = readAgents(fields.need("servers", &problems), "servers", prefix: "\(name)-s", least: 1)
            let clients = readAgents(fields.take("clients"), "clients", prefix: "\(name)-c", least: 0)
            var options = defaults
            if let node = fields.take("options") { options = readOptions(node, over: defaults) }
            fields.finish(&problems)
            let position = entry.position
            for (index, agent) in (servers + clients).enumerated() {
                let taken = topology.agentNames + (servers + clients)[..<index]
                if taken.contains(agent) { note(position, "two agents are named \"\(agent)\"") }
                if Self.reserved.contains(agent) { note(position, "\"\(agent)\" means something else in a file") }
            }
            topology.datacenters.append(
                Topology.Datacenter(name: name, servers: servers, clients: clients, options: options))
        }
        let count = topology.agentNames.count
        if count > Self.maxAgentCount { note(node.position, "\(count) agents are more than \(Self.maxAgentCount)") }
        for datacenter in topology.datacenters where topology.agentNames.contains(datacenter.name) {
            note(node.position, "\"\(datacenter.name)\" is a datacenter and an agent")
        }
    }

    static let reserved = ["all", "servers", "clients", "producers", "leader", "followers"]

    /// A count, or a list of names.
    private mutating func readAgents(_ node: TopologyNode?, _ what: String, prefix: String, least: Int) -> [String] {
        guard let node else { return [] }
        if case .sequence(let items) = node.kind {
            if items.count < least { note(node.position, "\(what): at least \(least) is needed") }
            return items.compactMap { $0.name("name", &problems) }
        }
        guard let count = node.integer(what, least...Self.maxAgentCount, &problems), count > 0 else { return [] }
        return (1...count).map { "\(prefix)\($0)" }
    }

    /// Keys the runner sets itself.
    private static let ownKeys = [
        "advertise_addr", "advertise_addr_wan", "bind_addr", "bootstrap", "bootstrap_expect", "client_addr", "data_dir",
        "datacenter", "node_name", "pid_file", "ports", "retry_join", "retry_join_wan", "server", "start_join",
        "start_join_wan", "service", "services",
    ]

    private mutating func readOptions(_ node: TopologyNode, over defaults: ConfigurationValue) -> ConfigurationValue {
        let fields = TopologyFields(node, "options", &problems)
        for entry in fields.keys where Self.ownKeys.contains(entry.key) {
            note(entry.position, "\"\(entry.key)\" follows from the rest of the file and cannot be set")
        }
        let own = ConfigurationValue(node)
        var builder = ConfigurationBuilder()
        builder.apply(.make(["data_dir": .string("/")]), from: "")
        builder.apply(own, from: "options")
        do throws(ConfigurationError) {
            _ = try builder.finished()
        } catch {
            for problem in error.problems {
                note(position(of: problem.key, in: node), "\(problem.key): \(problem.reason)")
            }
        }
        return defaults.merged(with: own)
    }

    private func position(of key: String, in node: TopologyNode) -> TopologyPosition {
        var (node, position) = (node, node.position)
        for part in key.split(separator: ".") {
            guard case .mapping(let entries) = node.kind, let entry = entries.first(where: { $0.key == part }) else {
                break
            }
            (node, position) = (entry.value, entry.position)
        }
        return position
    }

    private mutating func readProducers(_ node: TopologyNode) {
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
        let port = fields.take("port")?.integer("port", 1024...65_535, &problems) ?? 8080
        let tags = fields.take("tags")?.asItems.compactMap { $0.name("tag", &problems) } ?? []
        var producer = Producer(
            name: name, service: service, node: node, registration: registration, port: port, tags: tags, check: .http,
            checkPath: "/health", checkInterval: .seconds(1), checkTimeout: .seconds(1))
        if let node = fields.take("check") {
            var check = TopologyFields(node, "a check", &problems)
            producer.check = check.take("kind")?.choice("kind", Producer.Check.self, &problems) ?? .http
            producer.checkPath = check.take("path")?.text("a path", &problems) ?? producer.checkPath
            let times: ClosedRange<Duration> = .milliseconds(10) ... .seconds(3600)
            producer.checkInterval = check.take("interval")?.duration("interval", times, &problems) ?? .seconds(1)
            producer.checkTimeout = check.take("timeout")?.duration("timeout", times, &problems) ?? .seconds(1)
            if !producer.checkPath.hasPrefix("/") {
                note(node.position, "path: \"\(producer.checkPath)\" has no leading /")
            }
            check.finish(&problems)
        }
        fields.finish(&problems)
        topology.producers.append(producer)
    }

    mutating func readAgentName(_ node: TopologyNode) -> String? {
        guard let text = node.text("an agent's name", &problems) else { return nil }
        let names = topology.agentNames
        guard names.contains(text) else {
            note(node.position, "no agent is named \"\(text)\"\(NearestName.hint(text, among: names))")
            return nil
        }
        return text
    }

    mutating func readDatacenterName(_ node: TopologyNode) -> String? {
        guard let text = node.text("a datacenter's name", &problems) else { return nil }
        let names = topology.datacenters.map(\.name)
        guard names.contains(text) else {
            note(node.position, "no datacenter is named \"\(text)\"\(NearestName.hint(text, among: names))")
            return nil
        }
        return text
    }
}
