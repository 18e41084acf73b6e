import WireFormat

extension FederationView {
    private static let statuses = ["none", "alive", "leaving", "left", "failed"]

    package struct Member: Sendable {
        package var name: String
        package var datacenter: String
        package var status: String
    }

    func checkPools(
        _ kind: TopologyExpectation.Kind, asking asker: inout some FederationAsker
    ) throws(FederationReason) -> Held {
        switch kind {
        case .members(let count, let isWAN, let status, let from):
            let agents = try runningAgents(from, asking: &asker)
            for agent in agents {
                let seen = try members(agent, isWAN, asking: &asker)
                guard seen.count(where: { $0.status == status }) != count else { continue }
                let others = seen.filter { $0.status != status }.map { "\($0.name) \($0.status)" }
                let rest = others.isEmpty ? "" : "; \(others.joined(separator: ", "))"
                let matching = seen.count - others.count
                throw FederationReason("\(agent.name): \(matching) members are \(status)\(rest)")
            }
            return Held(evidence: "\(agents.count) agree")
        case .seen(let who, let isWAN, let status, let from):
            let wanted = Set(try names(who, asking: &asker))
            let agents = try runningAgents(from, asking: &asker)
            for agent in agents {
                let seen = try members(agent, isWAN, asking: &asker)
                for name in poolNames(wanted, isWAN, at: agent) {
                    let found = seen.first { $0.name == name }?.status ?? "none"
                    guard found != status else { continue }
                    throw FederationReason("\(agent.name): \(name) is \(found == "none" ? "unknown" : found)")
                }
            }
            return Held(evidence: "\(agents.count) agree")
        default: return Held()
        }
    }

    /// As the pool names them; those that it cannot hold are left out.
    private func poolNames(_ names: Set<String>, _ isWAN: Bool, at agent: TopologyPlan.Agent) -> [String] {
        plan.agents.filter { names.contains($0.name) && (isWAN ? $0.isServer : $0.datacenter == agent.datacenter) }
            .map { isWAN ? "\($0.name).\($0.datacenter)" : $0.name }
    }

    package func members(
        _ agent: TopologyPlan.Agent, _ isWAN: Bool, asking asker: inout some FederationAsker
    ) throws(FederationReason) -> [Member] {
        let target = "/v1/agent/members\(isWAN ? "?wan=1" : "")"
        return (try json(agent, target, asking: &asker).items ?? []).map { member in
            let status = member["Status"]?.integer.flatMap {
                Self.statuses.indices.contains($0) ? Self.statuses[$0] : nil
            }
            return Member(
                name: member["Name"]?.text ?? "", datacenter: member["Tags"]?["dc"]?.text ?? "",
                status: status ?? "unknown")
        }
    }
}
