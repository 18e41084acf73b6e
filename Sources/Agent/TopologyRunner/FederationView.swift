import ClientHTTP
import Configuration
import TopologyCore
import WireFormat

/// The running federation as its own interfaces show it; a value, so that many threads may look at once.
struct FederationView: Sendable {
    var topology: Topology
    var plan: TopologyPlan
    var http: any HTTPClient
    /// Names of the agents and producers whose processes run.
    var running: Set<String> = []
    /// Process groups by name, of everything ever started.
    var groups: [String: Int32] = [:]
    var aliases: [String: [String]] = [:]
    var loads: [String: WriteLoad] = [:]
    /// Servers that an action has added.
    var added: Set<String> = []

    /// Why something cannot be said or does not hold.
    struct Reason: Error, CustomStringConvertible {
        var description: String

        init(_ description: String) { self.description = description }
    }

    /// False for a server that no action has added yet.
    func exists(_ name: String) -> Bool {
        added.contains(name) || topology.datacenters.allSatisfy { !$0.addedServers.contains(name) }
    }

    func agent(_ name: String) -> TopologyPlan.Agent? { plan.agents.first { $0.name == name } }

    /// Everything a selector means, running or not, in the order of the file.
    func names(_ selector: TopologySelector) throws(Reason) -> [String] {
        switch selector {
        case .everything: return plan.agents.map(\.name) + plan.producers.map(\.definition.name)
        case .servers: return plan.agents.filter(\.isServer).map(\.name)
        case .clients: return plan.agents.filter { !$0.isServer }.map(\.name)
        case .producers: return plan.producers.map(\.definition.name)
        case .datacenter(let name): return plan.agents.filter { $0.datacenter == name }.map(\.name)
        case .serversOf(let name): return servers(of: name)
        case .clientsOf(let name): return plan.agents.filter { $0.datacenter == name && !$0.isServer }.map(\.name)
        case .leaderOf(let name): return [try leader(of: name)]
        case .followersOf(let name):
            let leader = try leader(of: name)
            return servers(of: name).filter { $0 != leader }
        case .named(let name): return [name]
        case .alias(let name):
            guard let names = aliases[name] else { throw Reason("\(name) means nobody yet") }
            return names
        case .list(let parts):
            var names: [String] = []
            for part in parts {
                for name in try self.names(part) where !names.contains(name) { names.append(name) }
            }
            return names
        }
    }

    /// The agents among a selector that run; a single named one must run.
    func runningAgents(_ selector: TopologySelector) throws(Reason) -> [TopologyPlan.Agent] {
        let names = try names(selector)
        let agents = plan.agents.filter { names.contains($0.name) && running.contains($0.name) }
        guard !agents.isEmpty else { throw Reason("none of \(selector) runs") }
        return agents
    }

    func servers(of datacenter: String) -> [String] {
        plan.agents.filter { $0.datacenter == datacenter && $0.isServer }.map(\.name)
    }

    /// The server that every running server of the datacenter names as leader.
    func leader(of datacenter: String) throws(Reason) -> String {
        let servers = plan.agents.filter { $0.datacenter == datacenter && $0.isServer && running.contains($0.name) }
        guard !servers.isEmpty else { throw Reason("no server of \(datacenter) runs") }
        var found: (name: String, by: String)?
        for server in servers {
            let address = try json(server, "/v1/status/leader").text ?? ""
            guard let leader = servers.first(where: { address == "\($0.address):8300" }) else {
                throw Reason(
                    "\(server.name): \(address.isEmpty ? "no leader" : "the leader is \(address), which does not run")")
            }
            if let found, found.name != leader.name {
                throw Reason("\(found.by) names \(found.name), \(server.name) names \(leader.name)")
            }
            found = (leader.name, server.name)
        }
        return found?.name ?? ""
    }

    func get(
        _ agent: TopologyPlan.Agent, _ target: String, timeout: Duration = .seconds(2)
    ) throws(Reason) -> HTTPAnswer {
        do throws(HTTPClientError) {
            return try http.perform(HTTPCall("GET", "http://\(agent.address):8500", target, timeout: timeout))
        } catch {
            throw Reason("\(agent.name): \(error)")
        }
    }

    func json(_ agent: TopologyPlan.Agent, _ target: String) throws(Reason) -> JSONValue {
        let answer = try get(agent, target)
        guard answer.status == 200 else {
            throw Reason("\(agent.name): \(target) answers \(answer.status) \(answer.text.prefix(200))")
        }
        do throws(JSONError) {
            return try JSONReader.read(answer.body)
        } catch {
            throw Reason("\(agent.name): \(target) is not JSON: \(error)")
        }
    }
}
