import TopologyCore

// Faults of links, disks and clocks.
extension TopologySimulation {
    /// - Throws: that somebody who is meant cannot be told yet; nothing has been done then.
    mutating func performFault(_ action: TopologyAction) throws(FederationReason) {
        let (kind, by) = (action.kind, action.description)
        let changes = try kind.linkChanges { (who) throws(FederationReason) in try names(who) }
        for change in changes { apply(change) }
        if !changes.isEmpty { clients.world.trace(.fault, nil, by, .links(changes, by: by)) }
        switch kind {
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

    private mutating func apply(_ change: LinkChange) {
        let all = clients.world.hosts.indices
        switch change {
        case .cut(let from, let to): forEachWire(from, to) { $0.setCut(true, from: $1, to: $2) }
        case .mend(let from, let to): forEachWire(from, to) { $0.setCut(false, from: $1, to: $2) }
        case .mendAll:
            for from in all { for to in all where from != to { clients.world.setCut(false, from: from, to: to) } }
        case .clog(let values, let from, let to): forEachWire(from, to) { $0.clog(values, from: $1, to: $2) }
        case .unclog(let from, let to): forEachWire(from, to) { $0.unclog(from: $1, to: $2) }
        case .unclogAll: for from in all { for to in all { clients.world.unclog(from: from, to: to) } }
        }
    }

    private mutating func forEachWire(
        _ from: [String], _ to: [String], _ body: (inout World, _ from: Int, _ to: Int) -> Void
    ) {
        for source in from.compactMap({ federation.hostOf[$0] }) {
            for target in to.compactMap({ federation.hostOf[$0] }) where source != target {
                body(&clients.world, source, target)
            }
        }
    }

    private mutating func noteLinks() {
        let state = clients.world.linkState
        if state.isCut { wounds.add("cut") } else { wounds.remove("cut") }
        if state.isClogged { wounds.add("clog") } else { wounds.remove("clog") }
    }
}
