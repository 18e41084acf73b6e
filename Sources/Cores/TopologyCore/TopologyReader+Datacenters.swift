import Configuration

extension TopologyReader {
    /// - Parameter added: names of servers that actions add, by datacenter.
    mutating func readDatacenters(
        _ node: TopologyNode, _ defaults: ConfigurationValue, added: [(server: TopologyNode, datacenter: String)]
    ) {
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
                Topology.Datacenter(
                    name: name, servers: servers, clients: clients, options: options, position: position))
        }
        for (server, datacenter) in added {
            // What is no name is noted when the action is read.
            var ignored = TopologyNotes()
            guard let index = topology.datacenters.firstIndex(where: { $0.name == datacenter }),
                let name = server.name("server's name", &ignored)
            else { continue }
            if topology.agentNames.contains(name) { note(server.position, "two agents are named \"\(name)\"") }
            if Self.reserved.contains(name) { note(server.position, "\"\(name)\" means something else in a file") }
            topology.datacenters[index].addedServers.append(name)
        }
        let count = topology.agentNames.count
        if count > Self.maxAgentCount { note(node.position, "\(count) agents are more than \(Self.maxAgentCount)") }
        for datacenter in topology.datacenters where topology.agentNames.contains(datacenter.name) {
            note(node.position, "\"\(datacenter.name)\" is a datacenter and an agent")
        }
    }

    static let reserved = ["all", "servers", "clients", "producers", "leader", "followers"]

    /// What `add-server` actions of the steps or the schedule name.
    static func addedServers(in parts: [TopologyNode?]) -> [(server: TopologyNode, datacenter: String)] {
        var found: [(TopologyNode, String)] = []
        for part in parts.compactMap({ $0 }) {
            guard case .sequence(let entries) = part.kind else { continue }
            let actions = entries.compactMap { $0["do"] }.flatMap(\.asItems)
            for action in actions {
                guard let server = action["add-server"], case .scalar(let datacenter, _) = action["dc"]?.kind else {
                    continue
                }
                found.append((server, datacenter))
            }
        }
        return found
    }

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

    mutating func readOptions(_ node: TopologyNode, over defaults: ConfigurationValue) -> ConfigurationValue {
        let fields = TopologyFields(node, "options", &problems)
        for entry in fields.keys where Self.ownKeys.contains(entry.key) {
            note(entry.position, "\"\(entry.key)\" follows from the rest of the file and cannot be set")
        }
        let options = defaults.merged(with: ConfigurationValue(node))
        let earlier = Self.problems(of: defaults)
        for problem in Self.problems(of: options) where !earlier.contains(problem) {
            note(position(of: problem.key, in: node), "\(problem.key): \(problem.reason)")
        }
        return options
    }

    static func problems(of options: ConfigurationValue) -> [ConfigurationProblem] {
        var builder = ConfigurationBuilder()
        builder.apply(.make(["data_dir": .string("/")]), from: "")
        builder.apply(options, from: "options")
        do throws(ConfigurationError) {
            _ = try builder.finished()
            return []
        } catch {
            return error.problems
        }
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
}
