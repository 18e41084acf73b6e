/// A federation as a picture: its datacenters, what is in them, and the links between them.
package struct TopologyGraph {
    /// A special link between two datacenters; what has the default conditions is said once.
    struct Edge: Equatable {
        var from: String
        var to: String
        var isBothWays: Bool
        var label: String
    }

    struct Box {
        var name: String
        var servers: [String]
        var clients: [String]
        var producers: [(name: String, service: String, at: String)]
    }

    let topology: Topology
    private(set) var boxes: [Box] = []
    private(set) var edges: [Edge] = []
    /// Rules about single agents, as lines of text.
    private(set) var notes: [String] = []

    package init(_ topology: Topology) {
        self.topology = topology
        for datacenter in topology.datacenters {
            let producers = topology.producers.filter { datacenter.agents.contains($0.node) }
            boxes.append(
                Box(
                    name: datacenter.name, servers: datacenter.allServers, clients: datacenter.clients,
                    producers: producers.map { ($0.name, $0.service, $0.node) }))
        }
        findEdges()
        let names = topology.datacenters.map(\.name)
        for rule in topology.links.rules {
            let (ends, arrow): ([String], String)
            switch rule.ends {
            case .among(let all): (ends, arrow) = (all, all.joined(separator: " – "))
            case .oneWay(let from, let to):
                (ends, arrow) = (from + to, "\(from.joined(separator: ", ")) → \(to.joined(separator: ", "))")
            }
            if ends.contains(where: { !names.contains($0) }) { notes.append("\(arrow): \(rule.values)") }
        }
    }

    private mutating func findEdges() {
        let servers = topology.datacenters.map { ($0.name, $0.servers.first ?? "") }
        for (index, near) in servers.enumerated() {
            for far in servers[(index + 1)...] {
                let there = topology.link(from: near.1, to: far.1)
                let back = topology.link(from: far.1, to: near.1)
                if there == back {
                    guard there != topology.links.between else { continue }
                    edges.append(Edge(from: near.0, to: far.0, isBothWays: true, label: there.description))
                    continue
                }
                if there != topology.links.between {
                    edges.append(Edge(from: near.0, to: far.0, isBothWays: false, label: there.description))
                }
                if back != topology.links.between {
                    edges.append(Edge(from: far.0, to: near.0, isBothWays: false, label: back.description))
                }
            }
        }
    }

    /// Without the datacenter's name before it.
    static func short(_ agent: String, in datacenter: String) -> String {
        agent.hasPrefix(datacenter + "-") ? String(agent.dropFirst(datacenter.count + 1)) : agent
    }

    /// Words for the two defaults, and for links that one of them covers.
    var defaults: [String] {
        var lines = ["within a datacenter: \(topology.links.inside)"]
        if boxes.count > 1 {
            lines.append("between datacenters\(edges.isEmpty ? "" : ", unless drawn"): \(topology.links.between)")
        }
        return lines + notes
    }
}
