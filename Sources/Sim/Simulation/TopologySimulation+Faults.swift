import TopologyCore

// Faults of links, disks and clocks.
extension TopologySimulation {
    /// - Throws: that somebody who is meant cannot be told yet; nothing has been done then.
    mutating func performFault(_ kind: TopologyAction.Kind) throws(FederationReason) {
        switch kind {
        case .partition(let groups): separate(try groups.hosts(in: &self))
        case .bridge(let who, let groups):
            let bridge = Set(try hosts(who))
            separate(try groups.hosts(in: &self).map { $0.filter { !bridge.contains($0) } })
        case .ring(let ends):
            let groups = try ends.hosts(in: &self)
            for (place, group) in groups.enumerated() {
                for (other, hosts) in groups.enumerated() where other != place {
                    let distance = abs(place - other)
                    guard distance > 1, distance < groups.count - 1 else { continue }
                    setCut(true, from: group, to: hosts)
                }
            }
        case .cut(let direction): setCut(true, from: try hosts(direction.from), to: try hosts(direction.to))
        case .heal(let direction):
            let (from, to) = try ends(direction)
            setCut(false, from: from, to: to)
        case .clog(let direction, let values):
            let (from, to) = try ends(direction)
            clog(values, from: from, to: to)
        case .unclog(let direction):
            let (from, to) = try ends(direction)
            for source in from { for target in to { clients.world.unclog(from: source, to: target) } }
        case .slowDisk(let who, let latency):
            for host in try hosts(who) {
                clients.world.slowDisk(host, latency: latency)
                wounds.add("disk \(clients.world.hosts[host])")
            }
        case .fullDisk(let who):
            for host in try hosts(who) {
                clients.world.fillDisk(host)
                wounds.add("disk \(clients.world.hosts[host])")
            }
        case .mendDisk(let who):
            for host in try hosts(who) {
                clients.world.mendDisk(host)
                wounds.remove("disk \(clients.world.hosts[host])")
            }
        case .clockSkew(let who, let rate): for host in try hosts(who) { clients.world.skewClock(host, rate: rate) }
        case .clockJump(let who, let time): for host in try hosts(who) { clients.world.jumpClock(host, by: time) }
        default: break
        }
        noteLinks()
    }

    fileprivate mutating func hosts(_ who: TopologySelector) throws(FederationReason) -> [Int] {
        try names(who).compactMap { federation.hostOf[$0] }
    }

    /// Nil: everybody to everybody.
    private mutating func ends(
        _ direction: TopologyAction.Direction?
    ) throws(FederationReason) -> (from: [Int], to: [Int]) {
        guard let direction else {
            let all = Array(clients.world.hosts.indices)
            return (all, all)
        }
        return (try hosts(direction.from), try hosts(direction.to))
    }

    private mutating func separate(_ groups: [[Int]]) {
        for (place, group) in groups.enumerated() {
            for (other, hosts) in groups.enumerated() where other != place { setCut(true, from: group, to: hosts) }
        }
    }

    private mutating func setCut(_ isCut: Bool, from: [Int], to: [Int]) {
        for source in from {
            for target in to where source != target { clients.world.setCut(isCut, from: source, to: target) }
        }
    }

    private mutating func clog(_ values: Topology.LinkValues, from: [Int], to: [Int]) {
        for source in from {
            for target in to where source != target { clients.world.clog(values, from: source, to: target) }
        }
    }

    private mutating func noteLinks() {
        let state = clients.world.linkState
        if state.isCut { wounds.add("cut") } else { wounds.remove("cut") }
        if state.isClogged { wounds.add("clog") } else { wounds.remove("clog") }
    }
}

extension [TopologySelector] {
    fileprivate func hosts(in simulation: inout TopologySimulation) throws(FederationReason) -> [[Int]] {
        var groups: [[Int]] = []
        for selector in self { groups.append(try simulation.hosts(selector)) }
        return groups
    }
}
