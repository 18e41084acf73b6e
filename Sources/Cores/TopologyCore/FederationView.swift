package import WireFormat

/// A running federation as its own interfaces show it, and what its runner knows of it. The same for both engines: only
/// who asks differs.
package struct FederationView: Sendable {
    package var topology: Topology
    package var plan: TopologyPlan
    /// Names of the agents and producers that run.
    package var running: Set<String> = []
    /// Everything ever started of which a process is left.
    package var leftProcesses: Set<String> = []
    package var aliases: [String: [String]] = [:]
    package var loads: [String: LoadRecord] = [:]
    /// Servers that an action has added.
    package var added: Set<String> = []
    /// Since the run began.
    package var now = Duration.zero

    package init(_ topology: Topology, _ plan: TopologyPlan) {
        self.topology = topology
        self.plan = plan
    }

    /// False for a server that no action has added yet.
    package func exists(_ name: String) -> Bool {
        added.contains(name) || topology.datacenters.allSatisfy { !$0.addedServers.contains(name) }
    }

    package func agent(_ name: String) -> TopologyPlan.Agent? { plan.agents.first { $0.name == name } }

    /// Everything a selector means, running or not, in the order of the file.
    package func names(
        _ selector: TopologySelector, asking asker: inout some FederationAsker
    ) throws(FederationReason) -> [String] {
        switch selector {
        case .everything: return plan.agents.map(\.name) + plan.producers.map(\.definition.name)
        case .servers: return plan.agents.filter(\.isServer).map(\.name)
        case .clients: return plan.agents.filter { !$0.isServer }.map(\.name)
        case .producers: return plan.producers.map(\.definition.name)
        case .datacenter(let name): return plan.agents.filter { $0.datacenter == name }.map(\.name)
        case .serversOf(let name): return servers(of: name)
        case .clientsOf(let name): return plan.agents.filter { $0.datacenter == name && !$0.isServer }.map(\.name)
        case .leaderOf(let name): return [try leader(of: name, asking: &asker)]
        case .followersOf(let name):
            let leader = try leader(of: name, asking: &asker)
            return servers(of: name).filter { $0 != leader }
        case .named(let name): return [name]
        case .alias(let name):
            guard let names = aliases[name] else { throw FederationReason("\(name) means nobody yet") }
            return names
        case .list(let parts):
            var names: [String] = []
            for part in parts {
                for name in try self.names(part, asking: &asker) where !names.contains(name) { names.append(name) }
            }
            return names
        }
    }

    /// The agents among a selector that run; a single named one must run.
    package func runningAgents(
        _ selector: TopologySelector, asking asker: inout some FederationAsker
    ) throws(FederationReason) -> [TopologyPlan.Agent] {
        let names = Set(try names(selector, asking: &asker))
        let agents = plan.agents.filter { names.contains($0.name) && running.contains($0.name) }
        guard !agents.isEmpty else { throw FederationReason("none of \(selector) runs") }
        return agents
    }

    package func servers(of datacenter: String) -> [String] {
        plan.agents.filter { $0.datacenter == datacenter && $0.isServer }.map(\.name)
    }

    /// The server that every running server of the datacenter names as leader.
    package func leader(
        of datacenter: String, asking asker: inout some FederationAsker
    ) throws(FederationReason) -> String {
        let servers = plan.agents.filter { $0.datacenter == datacenter && $0.isServer && running.contains($0.name) }
        guard !servers.isEmpty else { throw FederationReason("no server of \(datacenter) runs") }
        var found: (name: String, by: String)?
        for server in servers {
            let address = try json(server, "/v1/status/leader", asking: &asker).text ?? ""
            guard let leader = servers.first(where: { address == "\($0.address):8300" }) else {
                throw FederationReason(
                    "\(server.name): \(address.isEmpty ? "no leader" : "the leader is \(address), which does not run")")
            }
            if let found, found.name != leader.name {
                throw FederationReason("\(found.by) names \(found.name), \(server.name) names \(leader.name)")
            }
            found = (leader.name, server.name)
        }
        return found?.name ?? ""
    }

    // MARK: Asking

    package func get(
        _ agent: TopologyPlan.Agent, _ target: String, timeout: Duration = .seconds(2),
        asking asker: inout some FederationAsker
    ) throws(FederationReason) -> HTTPReply {
        let question = FederationQuestion(agent.name, .http(target), timeout: timeout)
        guard case .http(let reply) = try asker.ask(question) else { throw FederationReason("\(agent.name): no HTTP") }
        return reply
    }

    package func json(
        _ agent: TopologyPlan.Agent, _ target: String, asking asker: inout some FederationAsker
    ) throws(FederationReason) -> JSONValue {
        let answer = try get(agent, target, asking: &asker)
        guard answer.status == 200 else {
            throw FederationReason("\(agent.name): \(target) answers \(answer.status) \(answer.text.prefix(200))")
        }
        do throws(JSONError) {
            return try JSONReader.read(answer.body)
        } catch {
            throw FederationReason("\(agent.name): \(target) is not JSON: \(error)")
        }
    }

    func dns(
        _ agent: TopologyPlan.Agent, _ name: String, _ kind: DNSAsking.Kind, asking asker: inout some FederationAsker
    ) throws(FederationReason) -> DNSAsking.Answer {
        guard case .dns(let answer) = try asker.ask(FederationQuestion(agent.name, .dns(name: name, kind))) else {
            throw FederationReason("\(agent.name): no DNS")
        }
        return answer
    }
}
