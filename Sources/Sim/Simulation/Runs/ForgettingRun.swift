import Determinism
import FederationModel
import GossipCore
import ServerCore
import TopologyCore

/// Four datacenters. `dc4` is lost and forgotten while the servers of the others are cut off, killed, started and
/// joined again as the seed draws it. Whoever has forgotten it lists it no more, whatever the others still say of it;
/// all have forgotten it once they can hear each other; and it is back at all when its own servers may come back.
package struct ForgettingRun: HardRun, Sendable {
    package struct Shape: Sendable {
        /// A planted fault: servers start without the file of what they have forgotten.
        package var losesTombstones = false

        package init() {}
    }

    /// How dc4 is lost.
    private enum Loss: String, CaseIterable, Sendable {
        /// Its servers die; their start brings it back.
        case killed
        /// Its servers live, and no packet passes between them and the others until the cut is mended.
        case apart
        /// Its servers live and go on talking; who is cut off by force comes back by a new start only.
        case forced
    }

    private static let name = "dc4"
    /// As long as outages take to be seen and healed; drawn faults come every 2 s on average.
    private static let faultCount = 18
    /// A dead member of the WAN pool is tried again each 30 s, and each member that is tried is one of up to four.
    private static let meetingTime = Duration.seconds(90)
    /// Two push/pulls of each server at least: see `pushPullInterval`.
    private static let stillTime = Duration.seconds(24)
    /// The promise for servers that hear each other.
    private static let forgettingTime = Duration.seconds(10)

    package var world: World
    private let shape: Shape
    private var random: SeededRandom
    private let loss: Loss
    /// Of dc1 to dc3, one in each.
    private let others: [Int]
    private let lost: [Int]
    private var violations: [Violation] = []
    private var faults: [String] = []
    private var counts: [String: Int] = [:]
    private var nextRequest: UInt64 = 0
    private var responses: [RequestID: AgentResponse] = [:]
    /// By host: it has been seen with a tombstone that stands, and dc4 may not come back yet.
    private var hasForgotten: [Bool]
    /// Hosts whose pool has just said something of dc4.
    private var named: [Int] = []

    package init(seed: UInt64, shape: Shape = Shape()) {
        world = World(seed: seed)
        self.shape = shape
        random = SeededRandom(seed: seed ^ 0xF026_0774_E4DC_0004)
        loss = Loss.allCases[Int.random(in: 0..<Loss.allCases.count, using: &random)]
        var timings = GossipTimings.consulWAN
        // Stock: 60 s. What one tells another in a push/pull is what could bring it back, so there are more of them.
        timings.pushPullInterval = random.duration(in: .seconds(2)..<(.seconds(12)))
        // Whether servers are configured to join dc4 when they start.
        let areJoiningIt = random.chance(0.5)
        let lostCount = random.chance(0.25) ? 2 : 1
        for datacenter in 0..<4 {
            let serverCount = datacenter == 3 ? lostCount : 1
            for number in 0..<serverCount {
                var configuration = ServerConfiguration.simulated(
                    datacenter, number, datacenterCount: datacenter == 3 || areJoiningIt ? 4 : 3,
                    serverCount: serverCount, using: &random)
                configuration.gossipWAN = timings
                if serverCount == 1 { configuration.bootstrap = .alone }
                _ = world.add(configuration)
            }
        }
        others = [0, 1, 2]
        lost = Array(3..<world.hosts.count)
        hasForgotten = Array(repeating: false, count: world.hosts.count)
    }

    // MARK: The run

    package mutating func run() -> HardReport {
        for host in world.hosts.indices { world.start(host) }
        wait(.seconds(40), "dc4 is not up at all others at first") { $0.isKnownEverywhere }
        // Some may be apart before it is lost, and still list it as alive when it has long been forgotten.
        if random.chance(0.5) { fault() }
        lose()
        trouble()
        mend()
        expectForgotten()
        giveBack()
        if random.chance(0.25) { loseAgain() }
        return report
    }

    private var report: HardReport {
        return HardReport(
            .forgetting, world, violations: violations, faults: faults,
            counts: counts.sorted { $0.key < $1.key }.map { (name: $0.key, count: $0.value) })
    }

    private mutating func lose() {
        note("dc4 is lost: \(loss.rawValue)")
        counts[loss.rawValue, default: 0] += 1
        switch loss {
        case .killed: for host in lost { world.kill(host) }
        case .apart: setApart(true)
        case .forced: break
        }
    }

    private mutating func trouble() {
        for _ in 0..<Self.faultCount where violations.isEmpty {
            run(for: random.duration(in: .milliseconds(200)..<(.milliseconds(3800))))
            if !hasForgotten.contains(true) { forget(at: anyOther()) }
            look()
            fault()
        }
    }

    private mutating func mend() {
        heal()
        for host in others where !world.isRunning(host) { start(host) }
        // At the end of so many faults it may be that nobody could be asked, that those who could were refused, or that
        // all have started since it was lost and have never heard of it.
        wait(.seconds(15), "nobody can forget dc4") { run in
            for host in run.others where !run.hasForgotten.contains(true) { run.forget(at: host) }
            return run.hasForgotten.contains(true) || run.others.allSatisfy { run.lists(Self.name, at: $0) == 0 }
        }
        if !hasForgotten.contains(true) { counts["unknown", default: 0] += 1 }
    }

    private mutating func expectForgotten() {
        let isForgotten = hasForgotten.contains(true)
        wait(Self.meetingTime, "not all have forgotten dc4 and list each other") { run in
            run.look()
            return run.others.allSatisfy { run.hasForgotten[$0] == isForgotten && run.listsOthers($0) }
        }
        for _ in 0..<8 where violations.isEmpty {
            run(for: Self.stillTime / 8)
            look()
        }
    }

    private mutating func giveBack() {
        guard violations.isEmpty else { return }
        note("dc4 may come back")
        hasForgotten = hasForgotten.map { _ in false }
        switch loss {
        case .killed: break
        case .apart: setApart(false)
        case .forced:
            for host in lost { world.kill(host) }
            run(for: .seconds(1))
        }
        for host in lost where !world.isRunning(host) { world.start(host) }
        wait(Self.meetingTime, "dc4 is not back everywhere") { $0.isKnownEverywhere }
    }

    /// It dies once more: that it came back does not keep it from being forgotten, within the promised time.
    private mutating func loseAgain() {
        guard violations.isEmpty else { return }
        counts["again", default: 0] += 1
        note("dc4 is lost again")
        for host in lost { world.kill(host) }
        let asked = anyOther()
        wait(.seconds(15), "dc4 is not forgotten again") { run in
            run.forget(at: asked)
            return run.hasForgotten[asked]
        }
        wait(Self.forgettingTime, "not all have forgotten dc4 again") { run in
            run.look()
            return run.others.allSatisfy { run.hasForgotten[$0] }
        }
        for _ in 0..<4 where violations.isEmpty {
            run(for: Self.stillTime / 4)
            look()
        }
    }

    // MARK: Faults

    private mutating func anyOther() -> Int { others[Int.random(in: 0..<others.count, using: &random)] }

    private mutating func fault() {
        let (one, other) = (anyOther(), anyOther())
        switch Int.random(in: 0..<8, using: &random) {
        case 0, 1:
            note("cut \(world.hosts[one]) and \(world.hosts[other])")
            world.setCut(true, from: one, to: other)
            world.setCut(true, from: other, to: one)
        case 2:
            note("cut from \(world.hosts[one]) to \(world.hosts[other])")
            world.setCut(true, from: one, to: other)
        case 3, 4: heal()
        case 5: if world.isRunning(one) { kill(one) }
        case 6: for host in others where !world.isRunning(host) { start(host) }
        default:
            // An operator who does not know better.
            let target = random.chance(0.5) ? other : lost[0]
            note("\(world.hosts[one]) is told to join \(world.hosts[target])")
            if let endpoint = world.configurations[target].wanEndpoint {
                _ = begin(.join([endpoint], wan: true), at: one)
            }
        }
        look()
    }

    private mutating func kill(_ host: Int) {
        world.kill(host)
        faults.append("kill \(world.hosts[host])")
        counts["kills", default: 0] += 1
    }

    private mutating func start(_ host: Int) {
        if shape.losesTombstones { world.disks[host].files[ServerCore.forgottenName] = nil }
        faults.append("start \(world.hosts[host])")
        world.start(host)
    }

    private mutating func heal() {
        note("heal")
        world.healAll()
        if loss == .apart { setApart(true) }
    }

    private mutating func setApart(_ isCut: Bool) {
        for host in others {
            for other in lost {
                world.setCut(isCut, from: host, to: other)
                world.setCut(isCut, from: other, to: host)
            }
        }
    }

    private mutating func note(_ text: String) {
        faults.append(text)
        world.note(text)
    }

    // MARK: Time and questions

    private mutating func run(for time: Duration) {
        let limit = world.now + time
        while violations.isEmpty, world.step(before: limit) {
            for (host, observation) in world.takeObservations() {
                if case .member(.wan, let name, .alive) = observation, name.hasSuffix("." + Self.name), host < lost[0] {
                    named.append(host)
                }
            }
            takeResponses()
            _ = world.takeCatalogDigests()
            // At once: a moment later it may be gone again.
            while let host = named.popLast() { look(at: host) }
        }
        let broken = world.lines.filter { $0.hasPrefix("VIOLATION ") }
        for line in broken { violated("world", String(line.dropFirst(10))) }
    }

    private mutating func wait(_ limit: Duration, _ otherwise: String, until condition: (inout Self) -> Bool) {
        let deadline = world.now + limit
        while violations.isEmpty {
            if condition(&self) { return }
            guard world.now < deadline else { return violated("convergence", "\(otherwise) after \(limit.shown)") }
            run(for: .milliseconds(250))
        }
    }

    private mutating func takeResponses() {
        for (_, id, response) in world.takeAgentAnswers() { responses[id] = response }
    }

    private mutating func begin(_ request: AgentRequest, at host: Int) -> RequestID {
        nextRequest += 1
        let id = RequestID(nextRequest)
        world.agentRequest(request, id: id, at: host)
        return id
    }

    /// What is answered within the turn: nil for everything else, and when the agent does not run.
    private mutating func ask(_ request: AgentRequest, at host: Int) -> AgentResponse? {
        let id = begin(request, at: host)
        takeResponses()
        defer { responses = [:] }
        return responses[id]
    }

    private mutating func forget(at host: Int) {
        guard world.isRunning(host) else { return }
        guard ask(.forget(datacenter: Self.name, isForced: loss == .forced), at: host) == .done else { return }
        note("\(world.hosts[host]) forgets dc4")
        look(at: host)
    }

    private mutating func lists(_ datacenter: String, at host: Int) -> Int {
        guard case .members(let members)? = ask(.members(wan: true), at: host) else { return -1 }
        return members.count { $0.name.hasSuffix("." + datacenter) }
    }

    private mutating func listsOthers(_ host: Int) -> Bool {
        for other in others where lists(world.states[other].datacenter, at: host) != 1 { return false }
        return true
    }

    private var isKnownEverywhere: Bool {
        mutating get {
            for host in others {
                let question = AgentRequest.federation(datacenter: Self.name, unlessIndex: 0, wait: .zero)
                guard case .federation(let reports, _)? = ask(question, at: host), reports.first?.verdict == .up,
                    lists(Self.name, at: host) == lost.count, !hasTombstone(host)
                else { return false }
            }
            return true
        }
    }

    private mutating func hasTombstone(_ host: Int) -> Bool {
        guard case .forgotten(let reports)? = ask(.forgotten, at: host) else { return false }
        return reports.contains { $0.tombstone.datacenter == Self.name && $0.tombstone.isStanding }
    }

    // MARK: What must hold

    private mutating func look() { for host in others { look(at: host) } }

    private mutating func look(at host: Int) {
        guard world.isRunning(host) else { return }
        guard hasTombstone(host) else {
            if hasForgotten[host] { violated("forgetting", "\(world.hosts[host]) has no tombstone of dc4 any more") }
            return
        }
        hasForgotten[host] = true
        let count = lists(Self.name, at: host)
        if count != 0 { violated("forgetting", "\(world.hosts[host]) lists \(count) servers of dc4, which it forgot") }
    }

    private mutating func violated(_ checker: String, _ text: String) {
        violations.append(Violation(checker, text, at: world.now - World.beginning))
    }
}
