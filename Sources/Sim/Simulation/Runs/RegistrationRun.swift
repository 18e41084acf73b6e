import Determinism
import FederationModel
import RaftCore
import ServerCore
import TopologyCore

/// Three servers and two client agents register, change and deregister services in quick succession, over links that
/// let later writes overtake earlier ones, while agents are killed, frozen and cut off. No catalog may ever hold an
/// instance without its checks, and after the heal each holds what the agents say.
package struct RegistrationRun: HardRun, Sendable {
    static let serverCount = 3
    static let agentCount = 5
    static let serviceCount = 2
    static let faultTime = Duration.seconds(20)
    /// A failed write is tried again after 15 s at most, a late one is looked for after 15 s; a request lasts 10 s.
    static let healTime = Duration.seconds(30)

    private static let script = 0

    package var world: World
    private var random: SeededRandom
    private var checker = WorldChecker()
    private var registrations: RegistrationChecker
    private var isFaulty = true
    private var faults: PassingFaults
    private var changeCount = 0
    private var answers: [RequestID: AgentResponse] = [:]
    private var nextRequest: UInt64 = 0

    package init(seed: UInt64) {
        world = World(seed: seed)
        random = SeededRandom(seed: seed ^ 0x5EE_D1E5)
        faults = PassingFaults(firstScript: Self.script + 1, victimCount: Self.agentCount, random: random.split())
        for agent in 0..<Self.agentCount {
            _ = world.add(
                .agent(
                    agent, named: "a", serverCount: Self.serverCount, joinedCount: Self.serverCount, using: &random))
        }
        let slowest = random.duration(in: .milliseconds(1)..<(.milliseconds(40)))
        for from in 0..<Self.agentCount {
            for to in 0..<Self.agentCount where from != to {
                var link = Topology.Link.inside
                link.latency = .range(.microseconds(200), slowest)
                world.setLink(link, from: from, to: to)
            }
        }
        registrations = RegistrationChecker(serviceNames: (0..<Self.serviceCount).map(Self.service))
        checker.begin(&world)
    }

    private static func service(_ number: Int) -> String { "s\(number + 1)" }

    // MARK: The run

    package mutating func run() -> HardReport {
        for host in world.hosts.indices { world.start(host) }
        world.schedule(script: Self.script, after: .seconds(3))
        faults.begin(in: &world, after: .seconds(5))
        run(for: .seconds(3) + Self.faultTime)
        isFaulty = false
        faults.heal(&world)
        // Some more changes, between agents that are well.
        for _ in 0..<10 {
            change()
            run(for: random.duration(in: .zero..<(.milliseconds(40))))
        }
        run(for: Self.healTime)
        converge()
        return HardReport(
            .registrations, world, violations: checker.violations, faults: faults.faults,
            counts: [("changes", changeCount), ("elections", checker.safety.electionCount)])
    }

    private mutating func run(for time: Duration) {
        let limit = world.now + time
        while checker.violations.isEmpty, world.step(before: limit) {
            checker.watch(&world, and: &registrations)
            _ = world.takeAnswers()
            for (_, id, answer) in world.takeAgentAnswers() { answers[id] = answer }
            for script in world.takeScripts() where !faults.act(script, in: &world) && isFaulty {
                change()
                world.schedule(script: script, after: random.duration(in: .zero..<(.milliseconds(100))))
            }
        }
    }

    // MARK: Changes

    /// One registration, deregistration or report of a TTL check at one agent.
    private mutating func change() {
        let agent = Int.random(in: 0..<Self.agentCount, using: &random)
        let service = Self.service(Int.random(in: 0..<Self.serviceCount, using: &random))
        let request: AgentRequest
        switch Int.random(in: 0..<6, using: &random) {
        case 0, 1: request = .deregisterService(id: service)
        case 2: request = .deregisterCheck(id: service + "-b")
        case 3:
            let status = CheckStatus.allCases.randomElement(using: &random) ?? .passing
            let check = service + (random.chance(0.5) ? "-a" : "-b")
            request = .updateCheck(id: check, status, output: "\(changeCount)")
        default:
            var definition = ServiceDefinition()
            (definition.id, definition.name) = (service, service)
            definition.port = Int.random(in: 1...9, using: &random)
            definition.checks = ["-a", "-b"].prefix(random.chance(0.5) ? 1 : 2).map { suffix in
                var check = CheckDefinition()
                (check.id, check.name, check.ttl) = (service + suffix, service + suffix, .seconds(3600))
                return check
            }
            request = .registerService(definition, replaceExistingChecks: random.chance(0.5))
        }
        guard world.isRunning(agent), !world.states[agent].isFrozen else { return }
        changeCount += 1
        _ = ask(request, agent)
    }

    private mutating func ask(_ request: AgentRequest, _ host: Int) -> AgentResponse? {
        nextRequest += 1
        let id = RequestID(nextRequest)
        world.agentRequest(request, id: id, at: host)
        for (_, id, answer) in world.takeAgentAnswers() { answers[id] = answer }
        return answers.removeValue(forKey: id)
    }

    // MARK: What must hold

    private mutating func converge() {
        for agent in world.hosts.indices where checker.violations.isEmpty {
            guard case .servicesAndChecks(let services, let checks)? = ask(.servicesAndChecks, agent) else {
                let text = "\(world.hosts[agent]) does not say what it has"
                return checker.report(RegistrationChecker.name, [text], world)
            }
            for server in 0..<Self.serverCount {
                let found = registrations.compare(services, checks, of: world.hosts[agent], at: server, world)
                let texts = found.map { "\(Self.healTime.shown) after healing \($0)" }
                checker.report(RegistrationChecker.name, texts, world)
            }
        }
    }
}
