import Determinism
import FederationModel
import GossipCore
import ServerCore
import TopologyCore

/// No member of a healthy pool is declared failed without a fault that explains it. A fault explains what follows for
/// longer than any suspicion lasts, counted from its end: a frozen member, a cut link, an end of one of the two
/// concerned. Parts of a split pool that meet later than that accuse each other of what they thought while they were
/// apart; refutations must win then (SWIM §4.2), so that explains nothing.
struct FailureChecker: Sendable {
    /// A pool that loses more on a link is not healthy: each probe has four ways to be answered in time.
    static let maxLoss = 0.05

    private struct Pool: Hashable {
        let channel: Channel
        /// Empty: of all, the WAN pool.
        let datacenter: String
    }

    /// What is wrong with something, and until when it was.
    private struct Trouble {
        var openCount = 0
        var lastEnd = Instant(nanoseconds: .min / 2)

        func isOver(for time: Duration, at now: Instant) -> Bool { openCount == 0 && now - lastEnd > time }

        mutating func end(at now: Instant) {
            openCount = max(0, openCount - 1)
            lastEnd = now
        }
    }

    private var hosts: [Trouble]
    private var pools: [Pool: Trouble] = [:]
    private var frozen: Set<Int> = []
    /// When a suspicion of a member ran out last, anywhere.
    private var condemned: [String: Instant] = [:]
    private let datacenters: [String]
    private let isServer: [Bool]
    private let hostOfMember: [String: Int]
    private let patience: [Channel: Duration]

    init(_ world: World) {
        // Nobody runs yet.
        hosts = world.hosts.map { _ in Trouble(openCount: 1) }
        datacenters = world.configurations.map(\.datacenter)
        isServer = world.configurations.map(\.isServer)
        var members: [String: Int] = [:]
        var patience: [Channel: Duration] = [:]
        for (host, configuration) in world.configurations.enumerated() {
            members[configuration.node] = host
            members["\(configuration.node).\(configuration.datacenter)"] = host
            for (channel, timings) in [(Channel.lan, configuration.gossipLAN), (.wan, configuration.gossipWAN)] {
                let count = world.hosts.count
                let suspicion = Suspicion.minimum(nodeCount: count, timings: timings)
                    * timings.suspicionMaxTimeoutMultiplier
                // After a suspicion: a round of probes, and what is still to be gossiped.
                let rest = timings.probeInterval * count + timings.gossipInterval
                    * timings.transmitLimit(nodeCount: count) * 4
                patience[channel] = max(patience[channel] ?? .zero, suspicion + rest)
            }
        }
        hostOfMember = members
        self.patience = patience
    }

    mutating func check(_ fact: Fact, _ host: Int, _ world: World) -> [String] {
        switch fact {
        case .started: hosts[host].end(at: world.now)
        case .ended:
            hosts[host].openCount += 1
            thaw(host, at: world.now)
        case .froze:
            guard frozen.insert(host).inserted else { break }
            for pool in pools(of: host) { pools[pool, default: Trouble()].openCount += 1 }
        case .resumed: thaw(host, at: world.now)
        case .cut(let other):
            for pool in pools(of: host, other) { pools[pool, default: Trouble()].openCount += 1 }
        case .mended(let other):
            for pool in pools(of: host, other) { pools[pool, default: Trouble()].end(at: world.now) }
        case .condemned(let member): condemned[member] = world.now
        case .observed(.member(let channel, let name, let status)):
            guard status == .failed else { break }
            return failed(name, channel, host, world)
        default: break
        }
        return []
    }

    private mutating func thaw(_ host: Int, at now: Instant) {
        guard frozen.remove(host) != nil else { return }
        for pool in pools(of: host) { pools[pool, default: Trouble()].end(at: now) }
    }

    private func pools(of host: Int) -> [Pool] {
        let lan = Pool(channel: .lan, datacenter: datacenters[host])
        return isServer[host] ? [lan, Pool(channel: .wan, datacenter: "")] : [lan]
    }

    private func pools(of host: Int, _ other: Int) -> [Pool] {
        let others = pools(of: other)
        return pools(of: host).filter { others.contains($0) }
    }

    private func pool(_ channel: Channel, _ host: Int) -> Pool {
        Pool(channel: channel, datacenter: channel == .lan ? datacenters[host] : "")
    }

    private func failed(_ name: String, _ channel: Channel, _ host: Int, _ world: World) -> [String] {
        guard let member = hostOfMember[name], let patience = patience[channel] else { return [] }
        let pool = pool(channel, host)
        let isHealthy =
            hosts[host].isOver(for: patience, at: world.now) && hosts[member].isOver(for: patience, at: world.now)
            && (pools[pool] ?? Trouble()).isOver(for: patience, at: world.now) && world.worstLoss <= Self.maxLoss
        guard isHealthy else { return [] }
        let what = "\(world.hosts[host]) declares \(name) failed in the \(channel) pool, whose links and members have "
            + "been healthy for more than \(patience.shown)"
        let isSuspected = condemned[name].map { world.now - $0 <= patience } ?? false
        return [isSuspected ? what : what + ", and nobody suspected it"]
    }
}

extension World {
    /// Of any link as it is now.
    fileprivate var worstLoss: Double { wires.reduce(0) { max($0, $1.link.loss) } }
}
