import CatalogCore
import Determinism
package import FederationModel
import RaftCore
package import ServerCore
import TopologyCore

/// Three datacenters of three servers under writers, readers, kills and cuts drawn from the seed; then everything is
/// healed and must converge: any fault first (safety), then a healed core (liveness).
package struct FederationRun: Sendable {
    package struct Shape: Sendable {
        package var datacenterCount = 3
        package var serverCount = 3
        /// Of faults; the quiet start and the healed end come on top.
        package var faultTime = Duration.seconds(20)
        /// Of writing after the heal.
        package var healTime = Duration.seconds(15)
        package var writersPerDatacenter = 2

        package init() {}
    }

    package struct Report: Equatable, Sendable {
        package var seed: UInt64
        package var violations: [String]
        package var hash: UInt64
        package var eventCount: Int
        package var electionCount: Int
        package var acknowledgedCount: Int
        package var readCount: Int
        package var faults: [String]

        package var line: String {
            "seed \(seed): \(violations.isEmpty ? "ok" : "FAILED") events=\(eventCount) elections=\(electionCount) "
                + "writes=\(acknowledgedCount) reads=\(readCount) faults=\(faults.count) "
                + "hash=\(String(hash, radix: 16))"
        }
    }

    private enum Operation: Sendable {
        /// Of the version the next write replaces.
        case learn(register: Int)
        case write(register: Int, value: Int)
        case read(register: Int, floor: Int)
        case finalRead(register: Int)
    }

    private enum Phase: Int, Comparable, Sendable {
        case faulty
        /// No faults any more, still writing.
        case healed
        /// No load either.
        case quiet

        static func < (left: Phase, right: Phase) -> Bool { left.rawValue < right.rawValue }
    }

    package var world: World
    private var phase = Phase.faulty
    private let shape: Shape
    private var random: SeededRandom
    private var checker: WorldChecker
    private var registers: [RegisterChecker] = []
    /// What is under way, and at which host its client waits.
    private var operations: [RequestID: (operation: Operation, host: Int)] = [:]
    private var nextRequest: UInt64 = 0
    private var busyWriters: Set<Int> = []
    /// The version each writer has read and not yet replaced.
    private var versions: [Int: UInt64] = [:]
    private var acknowledgedCount = 0
    private var readCount = 0
    private var violations: [String] = []
    private var faults: [String] = []
    private var finalValues: [Int: Int] = [:]

    package init(seed: UInt64, shape: Shape = Shape()) {
        world = World(seed: seed)
        checker = WorldChecker()
        self.shape = shape
        random = SeededRandom(seed: seed ^ 0x5DEE_CE66_D1CE_5EED)
        for datacenter in 0..<shape.datacenterCount {
            for server in 0..<shape.serverCount {
                var configuration = ServerConfiguration.simulated(
                    datacenter, server, datacenterCount: shape.datacenterCount, serverCount: shape.serverCount,
                    using: &random)
                configuration.snapshotThreshold = 64
                configuration.trailingLogCount = 32
                _ = world.add(configuration)
            }
            for writer in 0..<shape.writersPerDatacenter {
                registers.append(RegisterChecker(key: "dc\(datacenter + 1)/writer\(writer)"))
            }
        }
    }

    private var hostCount: Int { shape.datacenterCount * shape.serverCount }
    private func host(_ datacenter: Int, _ server: Int) -> Int { datacenter * shape.serverCount + server }
    private func datacenter(of host: Int) -> Int { host / shape.serverCount }

    // MARK: The run

    package mutating func run() -> Report {
        checker.begin(&world)
        for host in 0..<hostCount { world.start(host) }
        // Script numbers: writers, readers, faults.
        for register in registers.indices { world.schedule(script: register, after: .seconds(2)) }
        let faultScript = registers.count
        world.schedule(script: faultScript, after: .seconds(3))
        let faultsEnd = world.now + .seconds(3) + shape.faultTime
        run(until: faultsEnd)
        phase = .healed
        world.healAll()
        for host in 0..<hostCount where !world.isRunning(host) { world.start(host) }
        faults.append("heal")
        run(until: world.now + shape.healTime)
        phase = .quiet
        run(until: world.now + .seconds(5))
        converge()
        return Report(
            seed: world.seed, violations: checker.violations.map(\.description) + violations, hash: world.hash.value,
            eventCount: world.eventCount, electionCount: checker.safety.electionCount,
            acknowledgedCount: acknowledgedCount, readCount: readCount, faults: faults)
    }

    private mutating func run(until limit: Instant) {
        while world.step(before: limit) { observe(until: limit) }
    }

    private mutating func observe(until limit: Instant) {
        for (host, fact) in checker.watch(&world) {
            // A digest costs a whole catalog: servers meet at these indexes.
            if case .observed(.applied(let index, _, _)) = fact, index.value.isMultiple(of: 64) {
                checker.compareCatalog(of: host, world)
            }
        }
        for (_, id, result) in world.takeAnswers() { answered(id, result) }
        for script in world.takeScripts() {
            if script < registers.count {
                if phase < .quiet { work(script) }
            } else if phase < .healed {
                fault()
            }
        }
    }

    // MARK: Load

    /// A writer reads its key's version, replaces that version and waits for the end of each; others read meanwhile.
    private mutating func work(_ register: Int) {
        world.schedule(script: register, after: random.duration(in: .milliseconds(20)..<(.milliseconds(120))))
        let host = Int.random(in: 0..<hostCount, using: &random)
        guard world.isRunning(host) else { return }
        let home = "dc\(register / shape.writersPerDatacenter + 1)"
        if random.chance(0.4) {
            let isConsistent = random.chance(0.5)
            let operation = Operation.read(register: register, floor: registers[register].lastAcknowledged)
            return read(register, operation, isConsistent: isConsistent, at: host)
        }
        guard busyWriters.insert(register).inserted else { return }
        guard let version = versions.removeValue(forKey: register) else {
            return read(register, .learn(register: register), isConsistent: true, at: host)
        }
        let value = registers[register].sent()
        let id = newRequest(.write(register: register, value: value), at: host)
        let entry = DirEntry(
            key: ByteString(registers[register].key), value: ByteString(String(value)),
            raftIndex: RaftIndex(createIndex: 0, modifyIndex: version))
        world.request(
            .kvsApply(KVSRequest(datacenter: home, op: "cas", dirEnt: entry)), id: id, at: host, timeout: .seconds(5))
    }

    private mutating func read(_ register: Int, _ operation: Operation, isConsistent: Bool, at host: Int) {
        let id = newRequest(operation, at: host)
        var options = QueryOptions()
        options.requireConsistent = isConsistent
        let home = "dc\(register / shape.writersPerDatacenter + 1)"
        world.request(
            .kvsGet(KeyRequest(datacenter: home, key: ByteString(registers[register].key), options: options)),
            id: id, at: host, timeout: .seconds(5))
    }

    private mutating func newRequest(_ operation: Operation, at host: Int) -> RequestID {
        nextRequest += 1
        let id = RequestID(nextRequest)
        operations[id] = (operation: operation, host: host)
        return id
    }

    private mutating func answered(_ id: RequestID, _ result: Result<Response, FederationError>) {
        guard let operation = operations.removeValue(forKey: id)?.operation else {
            violations.append("a request was answered twice")
            return
        }
        switch operation {
        case .learn(let register):
            busyWriters.remove(register)
            guard case .success(.dirEntries(let answer)) = result else { return }
            readCount += 1
            versions[register] = answer.entries?.first?.raftIndex.modifyIndex ?? 0
        case .write(let register, let value):
            let outcome = RegisterChecker.Outcome(result)
            acknowledgedCount += outcome == .acknowledged ? 1 : 0
            registers[register].ended(value, outcome)
            busyWriters.remove(register)
        case .read(let register, let floor):
            guard case .success(.dirEntries(let answer)) = result else { return }
            readCount += 1
            check(answer, register, floor: floor)
        case .finalRead(let register):
            guard case .success(.dirEntries(let answer)) = result else {
                violations.append("after healing, \(registers[register].key) cannot be read: \(result)")
                return
            }
            finalValues[register] = value(answer)
            check(answer, register, floor: registers[register].lastAcknowledged)
        }
    }

    private func value(_ answer: IndexedDirEntries) -> Int {
        answer.entries?.first?.value.flatMap { Int($0.text) } ?? 0
    }

    private mutating func check(_ answer: IndexedDirEntries, _ register: Int, floor: Int) {
        if let violation = registers[register].violation(read: value(answer), floor: floor) {
            violations.append(violation)
        }
    }

    // MARK: Faults

    private mutating func fault() {
        world.schedule(
            script: registers.count, after: random.duration(in: .milliseconds(300)..<(.milliseconds(2500))))
        let victim = Int.random(in: 0..<hostCount, using: &random)
        switch Int.random(in: 0..<11, using: &random) {
        case 0, 1, 2:
            guard world.isRunning(victim) else { break }
            world.kill(victim)
            abandonClients(of: victim)
            faults.append("kill \(world.hosts[victim])")
        case 3, 4, 5:
            for host in 0..<hostCount where !world.isRunning(host) {
                world.start(host)
                faults.append("start \(world.hosts[host])")
                if random.chance(0.5) { break }
            }
        case 6:
            guard world.isRunning(victim) else { break }
            world.freeze(victim)
            faults.append("freeze \(world.hosts[victim])")
        case 7: cut("isolate \(world.hosts[victim])", between: [victim], both: true)
        case 8: cut("one way from \(world.hosts[victim])", between: [victim], both: false)
        case 9:
            let hosts = (0..<hostCount).filter { datacenter(of: $0) == datacenter(of: victim) }
            cut("cut off dc\(datacenter(of: victim) + 1)", between: hosts, both: true)
        default:
            world.healAll()
            faults.append("heal")
        }
    }

    /// Clients of a killed agent never learn what became of their requests.
    private mutating func abandonClients(of host: Int) {
        for (id, entry) in operations.sorted(by: { $0.key.number < $1.key.number }) where entry.host == host {
            operations[id] = nil
            switch entry.operation {
            case .learn(let register), .write(let register, _): busyWriters.remove(register)
            case .read, .finalRead: break
            }
        }
    }

    private mutating func cut(_ name: String, between inside: [Int], both: Bool) {
        for host in inside {
            for other in 0..<hostCount where !inside.contains(other) {
                world.setCut(true, from: host, to: other)
                if both { world.setCut(true, from: other, to: host) }
            }
        }
        faults.append(name)
    }

    // MARK: Convergence

    /// After healing every datacenter answers, from every other datacenter too, and its catalogs are equal.
    private mutating func converge() {
        for register in registers.indices {
            let home = register / shape.writersPerDatacenter
            let asker = host((home + 1) % shape.datacenterCount, 0)
            read(register, .finalRead(register: register), isConsistent: true, at: asker)
        }
        let limit = world.now + .seconds(12)
        while (finalValues.count < registers.count || !standsEven) && world.now < limit {
            run(until: world.now + .milliseconds(100))
        }
        for register in registers.indices where finalValues[register] == nil {
            violations.append("after healing, \(registers[register].key) was never answered")
        }
        for datacenter in 0..<shape.datacenterCount {
            let digests = (0..<shape.serverCount).map { world.catalogDigest(of: host(datacenter, $0)) }
            let indexes = digests.map { $0?.index.description ?? "none" }
            if Set(indexes).count > 1 {
                violations.append("after healing, servers of dc\(datacenter + 1) stand at \(indexes)")
            } else if Set(digests.map { $0?.digest }).count > 1 {
                violations.append("catalogs of dc\(datacenter + 1) differ at the same index")
            }
        }
    }

    /// The servers of each datacenter have applied the same entries.
    private var standsEven: Bool {
        (0..<shape.datacenterCount).allSatisfy { datacenter in
            let indexes = (0..<shape.serverCount).map { world.appliedIndex(of: host(datacenter, $0)) }
            return indexes.allSatisfy { $0 == indexes.first }
        }
    }
}

extension World {
    package mutating func takeObservations() -> [(host: Int, Observation)] { take(&observations) }

    package mutating func takeAnswers() -> [(host: Int, RequestID, Result<Response, FederationError>)] {
        take(&answers)
    }

    package mutating func takeAgentAnswers() -> [(host: Int, RequestID, AgentResponse)] { take(&agentAnswers) }

    mutating func takeCatalogDigests() -> [(host: Int, LogIndex, UInt64)] { take(&catalogDigests) }

    mutating func takeScripts() -> [Int] { take(&scriptsDue) }

    mutating func takeEndings() -> [Ending] { take(&endings) }

    /// Counts an agent's starts.
    func life(of host: Int) -> Int { states[host].life }

    /// Whether any link is cut or clogged.
    var linkState: (isCut: Bool, isClogged: Bool) {
        (wires.contains { $0.isCut }, wires.contains { !$0.clogs.isEmpty })
    }

    func appliedIndex(of host: Int) -> LogIndex? { views[host]?.appliedIndex }

    func catalogDigest(of host: Int) -> (index: LogIndex, digest: UInt64)? {
        process(of: host).core?.look { catalog, index in (index: index, digest: catalog.digest()) }
    }

    /// From what a server has applied; nil of a client agent, of one that does not run, and of what is no read.
    func answer(_ request: Request, at server: Int) -> Response? {
        let datacenter = states[server].datacenter
        return process(of: server).core?.look { catalog, _ in
            catalog.answer(request, datacenter: datacenter)?.response
        } ?? nil
    }
}
