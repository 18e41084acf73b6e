package import Determinism

/// Carries IP packets between sites (network namespaces) as a topology's links say: later, not at all, twice or out of
/// order. Who sends to itself or within its site is never seen here.
///
/// One packet costs a header's check, two to four draws and a heap entry: about a microsecond. A hundred agents send
/// each other some thousand packets a second.
package struct LinkShaper: Sendable {
    package enum Effect: Equatable, Sendable {
        case deliver([UInt8], site: Int)
    }

    /// Why a packet does not arrive.
    package enum Drop: String, Hashable, Sendable, CaseIterable {
        case malformed, misaddressed, lost, cut
        case queueFull = "queue full"
    }

    private struct Host: Sendable {
        var name: String
        var datacenter: String
        var site: Int
    }

    private struct Queued: Sendable {
        var packet: [UInt8]
        var site: Int
    }

    /// Of packets under way: 10 s of 50 Mbit/s. What comes beyond it is dropped.
    package static let maxQueuedBytes = 64 << 20

    /// How many packets came to their end in which way.
    package private(set) var deliveredCount = 0
    package private(set) var dropCounts: [Drop: Int] = [:]

    private let hosts: [Host]
    private let hostOf: [String: Int]
    private var hostOfAddress: [UInt32: Int] = [:]
    private let observer: (address: UInt32, site: Int)
    private var wires: [Wire]
    private var pipes: [PipeEnds: Pipe] = [:]
    /// Per wire, when its last segment of a stream arrives: streams keep their order, as on a real path.
    private var lastSegments: [Instant]
    private var queue = DeadlineQueue<Queued>()
    private var queuedBytes = 0
    private var random: SeededRandom

    /// - Parameters:
    ///   - plan: its addresses are IPv4.
    ///   - sites: names of agents by site; producers are where their agents are.
    ///   - observer: the runner's own address; it is at the site behind the last one, and its packets are not shaped.
    package init(_ topology: Topology, _ plan: TopologyPlan, sites: [[String]], observer: String, seed: UInt64) {
        var siteOf: [String: Int] = [:]
        for (site, names) in sites.enumerated() { for name in names { siteOf[name] = site } }
        var hosts: [Host] = []
        var hostOf: [String: Int] = [:]
        for agent in plan.agents {
            hostOf[agent.name] = hosts.count
            if let address = IPv4Header.address(agent.address) { hostOfAddress[address] = hosts.count }
            hosts.append(Host(name: agent.name, datacenter: agent.datacenter, site: siteOf[agent.name] ?? 0))
        }
        for producer in plan.producers {
            guard let address = IPv4Header.address(producer.address) else { continue }
            hostOfAddress[address] = hostOf[producer.definition.node]
        }
        wires = []
        wires.reserveCapacity(hosts.count * hosts.count)
        for from in hosts { for to in hosts { wires.append(Wire(topology.link(from: from.name, to: to.name))) } }
        lastSegments = Array(repeating: .zero, count: wires.count)
        self.hosts = hosts
        self.hostOf = hostOf
        self.observer = (IPv4Header.address(observer) ?? 0, sites.count)
        random = SeededRandom(seed: seed)
    }

    package var nextDeadline: Instant { queue.nextDeadline }

    /// A packet that came out of a site.
    package mutating func handle(_ packet: [UInt8], from site: Int, at now: Instant, into effects: inout [Effect]) {
        guard let header = IPv4Header(packet) else { return drop(.malformed) }
        if header.destination == observer.address || header.source == observer.address {
            return pass(packet, header, from: site, into: &effects)
        }
        guard let from = hostOfAddress[header.source], let to = hostOfAddress[header.destination],
            hosts[from].site == site, hosts[to].site != site
        else { return drop(.misaddressed) }
        let number = from * hosts.count + to
        let link = wires[number].link
        // Drawn also for what is lost, so that a cut does not shift later draws.
        var delay = link.drawDelay(using: &random)
        let isLost = random.chance(link.loss)
        guard !wires[number].isCut else { return drop(.cut) }
        guard !isLost else { return drop(.lost) }
        if let bandwidth = link.bandwidth {
            let wait = pipes[pipeEnds(from, to), default: Pipe()].take(
                packet.count, bandwidth: bandwidth, at: now, isDatagram: true)
            guard let wait else { return drop(.queueFull) }
            delay += wait
        }
        let isOvertaken = random.chance(link.reorder)
        if isOvertaken { delay += link.drawDelay(using: &random) }
        var due = now + delay
        if header.networkProtocol == IPv4Header.tcp && !isOvertaken {
            due = max(due, lastSegments[number])
            lastSegments[number] = due
        }
        if random.chance(link.duplicate) { add(packet, hosts[to].site, due: now + link.drawDelay(using: &random)) }
        add(packet, hosts[to].site, due: due)
    }

    package mutating func advance(to now: Instant, into effects: inout [Effect]) {
        while let queued = queue.popDue(at: now) {
            queuedBytes -= queued.packet.count
            deliveredCount += 1
            effects.append(.deliver(queued.packet, site: queued.site))
        }
    }

    /// Names that are no agents' are passed over.
    package mutating func apply(_ change: LinkChange) {
        switch change {
        case .cut(let from, let to): changeWires(from, to) { $0.isCut = true }
        case .mend(let from, let to): changeWires(from, to) { $0.isCut = false }
        case .mendAll: for number in wires.indices { wires[number].isCut = false }
        case .clog(let values, let from, let to): changeWires(from, to) { $0.clog(values) }
        case .unclog(let from, let to): changeWires(from, to) { $0.unclog() }
        case .unclogAll: for number in wires.indices { wires[number].unclog() }
        }
    }

    /// Whether any link is cut or clogged.
    package var linkState: (isCut: Bool, isClogged: Bool) {
        (wires.contains { $0.isCut }, wires.contains { !$0.clogs.isEmpty })
    }

    private mutating func changeWires(_ from: [String], _ to: [String], _ change: (inout Wire) -> Void) {
        for source in from.compactMap({ hostOf[$0] }) {
            for target in to.compactMap({ hostOf[$0] }) where source != target {
                change(&wires[source * hosts.count + target])
            }
        }
    }

    private mutating func pass(
        _ packet: [UInt8], _ header: IPv4Header, from site: Int, into effects: inout [Effect]
    ) {
        let isFromObserver = header.source == observer.address
        let other = hostOfAddress[isFromObserver ? header.destination : header.source]
        guard let other, site == (isFromObserver ? observer.site : hosts[other].site) else {
            return drop(.misaddressed)
        }
        deliveredCount += 1
        effects.append(.deliver(packet, site: isFromObserver ? hosts[other].site : observer.site))
    }

    private func pipeEnds(_ from: Int, _ to: Int) -> PipeEnds {
        let isInside = hosts[from].datacenter == hosts[to].datacenter
        return PipeEnds(
            from: isInside ? hosts[from].name : hosts[from].datacenter,
            to: isInside ? hosts[to].name : hosts[to].datacenter)
    }

    private mutating func add(_ packet: [UInt8], _ site: Int, due: Instant) {
        guard queuedBytes + packet.count <= Self.maxQueuedBytes else { return drop(.queueFull) }
        queuedBytes += packet.count
        queue.add(Queued(packet: packet, site: site), due: due)
    }

    private mutating func drop(_ reason: Drop) { dropCounts[reason, default: 0] += 1 }
}
