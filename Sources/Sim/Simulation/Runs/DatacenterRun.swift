import CatalogCore
import Determinism
import FederationModel
import RaftCore
import ServerCore
import TopologyCore

/// One datacenter of three to five servers. Clients read, write, compare and delete a few keys, a watcher blocks at
/// each server, and faults are aimed: at who just became leader, at who just voted, at a leader that hands over. Delays
/// of network and disk, timeouts and sizes are drawn from the seed as well.
package struct DatacenterRun: HardRun, Sendable {
    /// What a seed draws once.
    struct Conditions: Sendable {
        var serverCount = 3
        var latency = Topology.Latency.range(.microseconds(100), .milliseconds(1))
        /// Of each server's disk, on top of the usual.
        var diskLatency: [Duration] = []
        var raft = RaftConfiguration()
        var snapshotThreshold = 64
        var trailingCount = 32

        init(using random: inout SeededRandom) {
            serverCount = [3, 3, 3, 4, 5].randomElement(using: &random) ?? 3
            if random.chance(0.5) {
                latency = .range(.milliseconds(1), random.duration(in: .milliseconds(2)..<(.milliseconds(20))))
            }
            let slowest = random.chance(0.6) ? Duration.milliseconds(60) : .milliseconds(1)
            diskLatency = (0..<serverCount).map { _ in random.duration(in: .zero..<slowest) }
            raft.maxAppendEntries = [1, 1, 4, 1024].randomElement(using: &random) ?? 1024
            let longest = [Duration.milliseconds(1000), .milliseconds(1000), .milliseconds(2500)]
            raft.electionTimeout = .milliseconds(500)..<(longest.randomElement(using: &random) ?? .seconds(1))
            snapshotThreshold = [16, 64, 256].randomElement(using: &random) ?? 64
            trailingCount = [2, 32].randomElement(using: &random) ?? 32
        }
    }

    static let quietStart = Duration.seconds(3)
    static let faultTime = Duration.seconds(16)
    /// Of the load after the heal.
    static let healTime = Duration.seconds(3)
    /// A removed server is taken back, a lagging one gets a snapshot, a lost leader is replaced: all within this.
    static let convergenceTime = Duration.seconds(90)
    static let datacenter = "dc1"
    static let prefix = "k/"

    enum Phase: Int, Comparable, Sendable {
        case faulty, healed, quiet

        static func < (left: Phase, right: Phase) -> Bool { left.rawValue < right.rawValue }
    }

    package var world: World
    var phase = Phase.faulty
    var conditions: Conditions
    var random: SeededRandom
    var checker: WorldChecker
    var watches = WatchChecker(prefix: DatacenterRun.prefix)
    var load: KeyLoad
    var nemesis: Nemesis
    private var nextRequest: UInt64 = 0

    package init(seed: UInt64) {
        world = World(seed: seed)
        random = SeededRandom(seed: seed ^ 0xDA7A_CE17)
        conditions = Conditions(using: &random)
        for server in 0..<conditions.serverCount {
            _ = world.add(Self.configuration(server, conditions, using: &random))
        }
        for from in 0..<conditions.serverCount {
            for to in 0..<conditions.serverCount where from != to {
                var link = Topology.Link.inside
                link.latency = conditions.latency
                world.setLink(link, from: from, to: to)
            }
        }
        checker = WorldChecker()
        checker.begin(&world)
        load = KeyLoad(serverCount: conditions.serverCount, random: random.split())
        nemesis = Nemesis(
            serverCount: conditions.serverCount, patience: conditions.raft.electionTimeout.upperBound,
            random: random.split())
    }

    private static func configuration(
        _ server: Int, _ conditions: Conditions, using random: inout SeededRandom
    ) -> ServerConfiguration {
        let count = conditions.serverCount
        var configuration = ServerConfiguration.agent(
            server, named: "s", serverCount: count, joinedCount: count, using: &random)
        configuration.raft = conditions.raft
        configuration.snapshotThreshold = conditions.snapshotThreshold
        configuration.trailingLogCount = conditions.trailingCount
        return configuration
    }

    // MARK: The run

    package mutating func run() -> HardReport {
        for host in world.hosts.indices {
            world.slowDisk(host, latency: conditions.diskLatency[host])
            world.skewClock(host, rate: 1 + Double(Int.random(in: -4...4, using: &random)) / 100)
            world.start(host)
        }
        for client in 0..<KeyLoad.clientCount { world.schedule(script: client, after: .seconds(2)) }
        nemesis.begin(in: &world, after: Self.quietStart)
        run(until: world.now + Self.quietStart + Self.faultTime)
        phase = .healed
        heal()
        run(until: world.now + Self.healTime)
        phase = .quiet
        run(until: world.now + .seconds(6))
        converge()
        run(until: world.now + BoundChecker.idleTime + .seconds(2))
        checker.checkIdle(&world)
        return report
    }

    private mutating func heal() {
        nemesis.stop()
        world.healAll()
        for host in world.hosts.indices {
            world.mendDisk(host)
            if !world.isRunning(host) { world.start(host) }
        }
        nemesis.note("heal", in: &world)
    }

    private mutating func run(until limit: Instant) {
        // What follows a violation says no more.
        while checker.violations.isEmpty, world.step(before: limit) { observe() }
    }

    private mutating func observe() {
        let facts = checker.watch(&world)
        var endedHosts: [Int] = []
        for (host, fact) in facts {
            if case .ended = fact {
                endedHosts.append(host)
            } else {
                watches.check(fact, host)
                load.check(fact, host, world)
            }
            nemesis.observe(fact, host, in: &world)
            if case .observed(.applied(let index, _, _)) = fact, index.value.isMultiple(of: 16) {
                checker.compareCatalog(of: host, world)
            }
        }
        for (_, id, result) in world.takeAnswers() {
            if watches.answered(id, result) || nemesis.answered(id) { continue }
            checker.report("clients", load.answered(id, result, world), world)
        }
        // What an agent answers leaves before its process ends.
        for host in endedHosts {
            watches.check(.ended, host)
            load.check(.ended, host, world)
        }
        if !facts.isEmpty { checker.report("blocking queries", watches.endOfStep(world), world) }
        for host in watches.idle where world.isRunning(host) && phase < .quiet {
            let id = newRequest()
            world.request(watches.query(host, id: id, datacenter: Self.datacenter), id: id, at: host)
        }
        for script in world.takeScripts() {
            if script < KeyLoad.clientCount {
                if phase < .quiet { work(script) }
            } else {
                nemesis.act(script, in: &world)
            }
        }
    }

    private mutating func newRequest() -> RequestID {
        nextRequest += 1
        return RequestID(nextRequest)
    }

    private mutating func work(_ client: Int) {
        world.schedule(script: client, after: random.duration(in: .milliseconds(15)..<(.milliseconds(90))))
        load.focus = nemesis.focus
        guard let (host, request) = load.next(client, id: RequestID(nextRequest + 1), world) else { return }
        world.request(request, id: newRequest(), at: host, timeout: KeyLoad.timeout)
    }

    // MARK: Convergence

    private var isEven: Bool {
        let indexes = world.hosts.indices.map { world.appliedIndex(of: $0) }
        return indexes.allSatisfy { $0 != nil && $0 == indexes[0] }
    }

    /// Everybody is in the peer set again, has the same log, and answers reads of every key.
    private mutating func converge() {
        let limit = world.now + Self.convergenceTime
        while checker.violations.isEmpty, world.now < limit, !(isEven && load.hasFinalReads) {
            if let (host, request) = load.nextFinalRead(id: RequestID(nextRequest + 1), world) {
                world.request(request, id: newRequest(), at: host, timeout: KeyLoad.timeout)
            }
            run(until: world.now + .milliseconds(50))
        }
        guard checker.violations.isEmpty else { return }
        if !load.hasFinalReads { checker.report("convergence", ["after healing, some key was never answered"], world) }
        if !isEven {
            let places = world.hosts.indices.map { world.appliedIndex(of: $0)?.description ?? "none" }
            checker.report("convergence", ["after healing, the servers stand at \(places)"], world)
        } else {
            for host in world.hosts.indices { checker.compareCatalog(of: host, world) }
        }
        checker.report("clients", load.finalViolations(), world)
    }

    private var report: HardReport {
        HardReport(
            .datacenter, world, violations: checker.violations, faults: nemesis.faults,
            counts: [
                ("servers", conditions.serverCount), ("elections", checker.safety.electionCount),
                ("writes", load.writeCount), ("reads", load.readCount), ("watched", watches.answerCount),
                ("undecided", load.undecidedCount),
            ])
    }
}
