import Determinism
import FederationModel
import RaftCore
import TopologyCore

/// What a checker found, and when.
package struct Violation: Equatable, Sendable, CustomStringConvertible {
    package let checker: String
    package let text: String
    /// Since the world began.
    package let time: Duration

    package init(_ checker: String, _ text: String, at time: Duration) {
        self.checker = checker
        self.text = text
        self.time = time
    }

    package var description: String { "\(checker): \(text), at \(time.shown)" }
}

/// Looks at a world beside `WorldChecker`, at one thing that a run is about.
protocol StepChecker: Sendable {
    static var name: String { get }

    mutating func check(_ fact: Fact, _ host: Int)
    /// - Returns: what must not be, after a step in which there were facts.
    mutating func endOfStep(_ world: World) -> [String]
}

/// Watches a whole world: takes its facts after every step. The first violation is the cause, later ones may follow
/// from it.
package struct WorldChecker: Sendable {
    package private(set) var violations: [Violation] = []
    package private(set) var safety = SafetyChecker()
    private var logs: [String: LogChecker] = [:]
    private var votes = VoteChecker()
    private var failures: FailureChecker?
    private var bounds = BoundChecker()
    private var checkedLineCount = 0
    private var safetyCount = 0

    package init() {}

    /// - Precondition: all agents have been added and none has been started.
    /// - Parameter watchesMembers: off where links are worse than the pools' timings allow.
    package mutating func begin(_ world: inout World, watchesMembers: Bool = true) {
        world.keepsFacts = true
        if watchesMembers { failures = FailureChecker(world) }
    }

    /// - Returns: what was taken from the world, for whoever else wants it.
    package mutating func watch(_ world: inout World) -> [(host: Int, Fact)] {
        let facts = world.takeFacts()
        // The same, for who wants nothing else.
        _ = world.takeObservations()
        _ = world.takeCatalogDigests()
        for (host, fact) in facts { check(fact, host, world) }
        for (host, fact) in facts {
            guard case .wrote = fact else { continue }
            report("Raft logs", logs[world.states[host].datacenter]?.endOfStep() ?? [], world)
        }
        let exceeded = bounds.check(&world)
        // To be given on, a world is copied.
        if !exceeded.isEmpty { report("bounds", exceeded, world) }
        if world.lines.count != checkedLineCount {
            for line in world.lines[min(checkedLineCount, world.lines.count)...] where line.hasPrefix("VIOLATION ") {
                report("world", [String(line.dropFirst(10))], world)
            }
            checkedLineCount = world.lines.count
        }
        return facts
    }

    /// The same, and what is found by a checker of the run's own.
    mutating func watch<Own: StepChecker>(_ world: inout World, and own: inout Own) {
        let facts = watch(&world)
        for (host, fact) in facts { own.check(fact, host) }
        if !facts.isEmpty { report(Own.name, own.endOfStep(world), world) }
    }

    /// When it looks into the agents again.
    var nextLook: Instant { bounds.nextLook }

    /// Whatever a run itself watches is reported here too, so that the first violation is known.
    package mutating func report(_ checker: String, _ texts: [String], _ world: World) {
        for text in texts { violations.append(Violation(checker, text, at: world.now - World.beginning)) }
    }

    private mutating func check(_ fact: Fact, _ host: Int, _ world: World) {
        let node = world.hosts[host]
        let datacenter = world.states[host].datacenter
        report("Raft logs", logs[datacenter, default: LogChecker()].check(fact, host, node), world)
        report("votes", votes.check(fact, host, world), world)
        report("members", failures?.check(fact, host, world) ?? [], world)
        switch fact {
        case .observed(let observation): safety.check(observation, node: node, datacenter: datacenter)
        case .saved(let metadata, let digest):
            safety.check(catalog: digest, at: metadata.index, node: node, datacenter: datacenter)
        default: return
        }
        report("safety", Array(safety.violations[safetyCount...]), world)
        safetyCount = safety.violations.count
    }

    /// A catalog whose index was reached by entries, compared with the others' at that index.
    package mutating func compareCatalog(of host: Int, _ world: World) {
        guard let found = world.catalogDigest(of: host) else { return }
        safety.check(
            catalog: found.digest, at: found.index, node: world.hosts[host], datacenter: world.states[host].datacenter)
        report("safety", Array(safety.violations[safetyCount...]), world)
        safetyCount = safety.violations.count
    }

    /// Nobody has asked for anything for `BoundChecker.idleTime`.
    package mutating func checkIdle(_ world: inout World) {
        report("bounds", bounds.idleViolations(&world), world)
    }
}
