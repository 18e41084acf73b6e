import Configuration

extension TopologyReader {
    /// Whether agents, producers or both may be meant.
    enum Meant {
        case agents, producers, both
    }

    /// One selector, or a list of them.
    mutating func readSelector(_ node: TopologyNode, _ meant: Meant = .agents) -> TopologySelector? {
        let items = node.asItems
        guard !items.isEmpty else {
            note(node.position, "names nobody")
            return nil
        }
        let selectors = items.compactMap { readOneSelector($0, meant) }
        return selectors.count == 1 ? selectors[0] : .list(selectors)
    }

    private mutating func readOneSelector(_ node: TopologyNode, _ meant: Meant) -> TopologySelector? {
        guard let text = node.text("a name", &problems) else { return nil }
        let words = text.split(separator: " ").map(String.init)
        if words.count == 3, words[1] == "of" {
            let name = TopologyNode(.scalar(words[2], isPlain: false), at: node.position)
            guard meant != .producers else {
                note(node.position, "\"\(text)\" are agents; producers are meant here")
                return nil
            }
            guard let datacenter = readDatacenterName(name) else { return nil }
            switch words[0] {
            case "servers": return .serversOf(datacenter)
            case "clients": return .clientsOf(datacenter)
            case "leader": return .leaderOf(datacenter)
            case "followers": return .followersOf(datacenter)
            default: break
            }
            let hint = NearestName.hint(words[0], among: ["servers", "clients", "leader", "followers"])
            note(node.position, "\"\(words[0]) of\" is none of servers, clients, leader, followers of\(hint)")
            return nil
        }
        return readWord(text, node, meant)
    }

    private mutating func readWord(_ text: String, _ node: TopologyNode, _ meant: Meant) -> TopologySelector? {
        let agents = topology.agentNames
        let producers = topology.producers.map(\.name)
        let datacenters = topology.datacenters.map(\.name)
        switch text {
        case "all": return meant == .producers ? .producers : .everything
        case "producers" where meant != .agents: return .producers
        case "servers" where meant != .producers: return .servers
        case "clients" where meant != .producers: return .clients
        default: break
        }
        if meant != .producers {
            if datacenters.contains(text) { return .datacenter(text) }
            if agents.contains(text) { return .named(text) }
            if aliases.contains(text) { return .alias(text) }
        }
        if meant != .agents && producers.contains(text) { return .named(text) }
        var names: [String] = []
        if meant != .producers { names += ["servers", "clients"] + datacenters + agents + aliases }
        if meant != .agents { names += ["producers"] + producers }
        let what = meant == .producers ? "no producer" : meant == .agents ? "no agent" : "nothing"
        note(node.position, "\(what) is named \"\(text)\"\(NearestName.hint(text, among: names))")
        return nil
    }
}
