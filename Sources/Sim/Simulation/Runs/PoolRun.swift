import Determinism
import FederationModel
import GossipCore
import RaftCore
import ServerCore
import TopologyCore

/// One LAN pool of servers and client agents with quick gossip. Faults come one at a time: the pool is split, one agent
/// is cut off, frozen or killed. After each the pool is left alone for longer than any suspicion lasts and any dead
/// member waits for a reconnect: all must find together, and nobody may be declared failed any more.
package struct PoolRun: HardRun, Sendable {
    static let serverCount = 3
    static let faultCount = 3
    /// Serf tries one failed member each 30 s: twice that, and the suspicions that follow.
    static let healTime = Duration.seconds(70)

    package var world: World
    private var random: SeededRandom
    private var checker: WorldChecker
    private let agentCount: Int
    private var faults: [String] = []
    private var memberAnswers: [RequestID: AgentResponse] = [:]
    private var nextRequest: UInt64 = 0
    private var failureCount = 0

    package init(seed: UInt64) {
        world = World(seed: seed)
        random = SeededRandom(seed: seed ^ 0x9005_1E57)
        agentCount = Int.random(in: 4...7, using: &random)
        var timings = GossipTimings.consulLAN
        timings.probeInterval = .milliseconds(200)
        timings.probeTimeout = .milliseconds(100)
        timings.gossipInterval = .milliseconds(50)
        timings.pushPullInterval = random.duration(in: .seconds(2)..<(.seconds(10)))
        for agent in 0..<agentCount { _ = world.add(Self.configuration(agent, agentCount, timings, using: &random)) }
        checker = WorldChecker()
        checker.begin(&world)
    }

    private static func configuration(
        _ agent: Int, _ agentCount: Int, _ timings: GossipTimings, using random: inout SeededRandom
    ) -> ServerConfiguration {
        var configuration = ServerConfiguration.agent(
            agent, named: "a", serverCount: serverCount, joinedCount: agentCount, using: &random)
        configuration.join.interval = .seconds(2)
        configuration.gossipLAN = timings
        // Raft is not what is looked at here.
        configuration.raft = .scaled(by: 10)
        return configuration
    }

    package mutating func run() -> HardReport {
        for host in world.hosts.indices { world.start(host) }
        run(for: .seconds(10))
        for _ in 0..<Self.faultCount where checker.violations.isEmpty {
            fault()
            run(for: Self.healTime)
            expectAllAlive()
        }
        return HardReport(
            .pool, world, violations: checker.violations, faults: faults,
            counts: [("agents", agentCount), ("failures", failureCount)])
    }

    private mutating func run(for time: Duration) {
        let limit = world.now + time
        while checker.violations.isEmpty, world.step(before: limit) {
            for (_, fact) in checker.watch(&world) {
                if case .observed(.member(_, _, .failed)) = fact { failureCount += 1 }
            }
            _ = world.takeAnswers()
            for (_, id, answer) in world.takeAgentAnswers() { memberAnswers[id] = answer }
        }
    }

    // MARK: Faults

    private mutating func fault() {
        let victim = Int.random(in: 0..<agentCount, using: &random)
        let time = random.duration(in: .milliseconds(300)..<(.seconds(12)))
        let all = world.hosts.indices
        switch Int.random(in: 0..<8, using: &random) {
        case 0, 1, 2:
            let side = all.filter { _ in random.chance(0.5) }
            note("split \(side.map { world.hosts[$0] }.joined(separator: " ")) from the rest", time)
            let pairs = all.flatMap { from in all.map { (from, $0) } }
            cut(pairs.filter { side.contains($0.0) != side.contains($0.1) }, time)
        case 3:
            note("cut off \(world.hosts[victim])", time)
            cut(all.filter { $0 != victim }.flatMap { [($0, victim), (victim, $0)] }, time)
        case 4:
            note("nothing reaches \(world.hosts[victim])", time)
            cut(all.filter { $0 != victim }.map { ($0, victim) }, time)
        case 5:
            let other = (victim + 1) % agentCount
            note("cut \(world.hosts[victim]) and \(world.hosts[other])", time)
            cut([(victim, other), (other, victim)], time)
        case 6:
            note("freeze \(world.hosts[victim])", time)
            world.freeze(victim)
            run(for: time)
            world.resume(victim)
        default:
            note("kill \(world.hosts[victim])", time)
            world.kill(victim)
            run(for: time)
            world.start(victim)
        }
    }

    private mutating func note(_ text: String, _ time: Duration) {
        faults.append("\(text) for \(time.shown)")
        world.note("\(text) for \(time.shown)")
    }

    private mutating func cut(_ pairs: [(Int, Int)], _ time: Duration) {
        for (from, to) in pairs { world.setCut(true, from: from, to: to) }
        run(for: time)
        for (from, to) in pairs { world.setCut(false, from: from, to: to) }
        world.note("mended")
    }

    // MARK: What must hold

    private mutating func expectAllAlive() {
        for host in world.hosts.indices where checker.violations.isEmpty {
            nextRequest += 1
            let id = RequestID(nextRequest)
            world.agentRequest(.members(wan: false), id: id, at: host)
            for (_, id, answer) in world.takeAgentAnswers() { memberAnswers[id] = answer }
            guard case .members(let members)? = memberAnswers.removeValue(forKey: id) else {
                return checker.report("convergence", ["\(world.hosts[host]) does not say who its members are"], world)
            }
            let missing = world.hosts.filter { name in !members.contains { $0.name == name && $0.status == .alive } }
            guard !missing.isEmpty else { continue }
            let text = missing.map { name in
                "\(name) \(members.first { $0.name == name }?.status.label ?? "unknown")"
            }
            let sight = "\(world.hosts[host]) has \(text.joined(separator: ", "))"
            checker.report("convergence", ["\(Self.healTime.shown) after healing \(sight)"], world)
        }
    }
}
