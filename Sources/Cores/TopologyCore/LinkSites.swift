/// How agents are spread over network namespaces for a shaped run.
package enum LinkSites {
    /// A site for each datacenter; one for each agent of a datacenter in which links differ, or are cut, between its
    /// own agents. Only packets between sites are shaped.
    package static func sites(of topology: Topology) -> [[String]] {
        topology.datacenters.flatMap { datacenter in
            isShapedInside(datacenter, topology) ? datacenter.agents.map { [$0] } : [datacenter.agents]
        }
    }

    private static func isShapedInside(_ datacenter: Topology.Datacenter, _ topology: Topology) -> Bool {
        if topology.links.inside != .inside { return true }
        let agents = Set(datacenter.agents)
        let ends = topology.links.rules.flatMap { rule in
            switch rule.ends {
            case .among(let ends): ends
            case .oneWay(let from, let to): from + to
            }
        }
        if ends.contains(where: { agents.contains($0) }) { return true }
        let actions = topology.steps.flatMap(\.actions) + topology.schedule.flatMap(\.actions)
        for selector in actions.compactMap(\.kind.linkEnds).joined() {
            // Who is meant is only known in the run.
            guard let names = topology.names(selector) else { return true }
            let part = agents.intersection(names)
            if !part.isEmpty && part.count < agents.count { return true }
        }
        return false
    }
}
