extension Topology {
    /// Whom a selector means, running or not, in the order of the file; nil where only a run can tell: leaders,
    /// followers and names given by `as`.
    package func names(_ selector: TopologySelector) -> [String]? {
        switch selector {
        case .everything: return agentNames + producers.map(\.name)
        case .servers: return datacenters.flatMap(\.allServers)
        case .clients: return datacenters.flatMap(\.clients)
        case .producers: return producers.map(\.name)
        case .datacenter(let name): return datacenter(named: name)?.agents ?? []
        case .serversOf(let name): return datacenter(named: name)?.allServers ?? []
        case .clientsOf(let name): return datacenter(named: name)?.clients ?? []
        case .named(let name): return [name]
        case .leaderOf, .followersOf, .alias: return nil
        case .list(let parts):
            var names: [String] = []
            for part in parts {
                guard let more = self.names(part) else { return nil }
                for name in more where !names.contains(name) { names.append(name) }
            }
            return names
        }
    }

    package func datacenter(named name: String) -> Datacenter? { datacenters.first { $0.name == name } }
}
