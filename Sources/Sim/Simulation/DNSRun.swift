import Determinism
import FederationModel
import ServerCore
import TopologyCore

/// Three datacenters of three servers, a client agent in each, asked over DNS under faults drawn from the seed. Each
/// question has the set of codes that are right whatever is broken: NXDOMAIN is only for what does not exist, SERVFAIL
/// only for what cannot be known, and either comes before the limit.
package struct DNSRun: Sendable {
    package struct Report: Equatable, Sendable {
        package var seed: UInt64
        package var violations: [String] = []
        package var hash: UInt64 = 0
        package var eventCount = 0
        package var answered = 0
        package var failed = 0
        package var denied = 0
        /// Without an answer because the asked agent was killed or frozen meanwhile.
        package var lost = 0
        package var slowest = Duration.zero
        package var faults: [String] = []

        package var line: String {
            "seed \(seed): \(violations.isEmpty ? "ok" : "FAILED") events=\(eventCount) "
                + "questions=\(answered + failed + denied + lost) answered=\(answered) nxdomain=\(denied) "
                + "servfail=\(failed) lost=\(lost) faults=\(faults.count) hash=\(String(hash, radix: 16))"
        }
    }

    private enum Subject: CaseIterable, Sendable {
        case ownService, remoteService, ownMiss, remoteMiss, unknownDatacenter, ownNode, query, missingQuery

        var exists: Bool {
            switch self {
            case .ownService, .remoteService, .ownNode, .query: true
            case .ownMiss, .remoteMiss, .unknownDatacenter, .missingQuery: false
            }
        }
    }

    private struct Question: Sendable {
        let id: UInt16
        let name: String
        let subject: Subject
        let host: Int
        let begun: Instant
    }

    private static let datacenterCount = 3
    private static let serverCount = 3
    /// The default of `dns_config.answer_timeout`, and the grain of the simulated clock.
    private static let limit = Duration.milliseconds(501)
    /// Of a client, which waits longer than it should have to.
    private static let patience = limit * 2
    /// Pools, verdicts and leaders are all as they were so long after the last fault.
    private static let settling = Duration.seconds(40)

    package var world: World
    private var random: SeededRandom
    private let questionCount: Int
    private var asked = 0
    private var open: [UInt64: Question] = [:]
    /// When an agent was last killed, started, frozen or resumed.
    private var disturbed: [Instant]
    private var calmSince: Instant
    private var report: Report
    /// Questions while nothing was broken, and those of them that met the limit.
    private var calmCount = 0
    private var calmLateCount = 0
    private var setUp: [RequestID: Bool] = [:]

    package init(seed: UInt64, questionCount: Int) {
        world = World(seed: seed)
        random = SeededRandom(seed: seed ^ 0x0D45_0D45_0D45_0D45)
        self.questionCount = questionCount
        report = Report(seed: seed)
        for datacenter in 0..<Self.datacenterCount {
            for number in 0...Self.serverCount {
                let configuration = ServerConfiguration.simulated(
                    datacenter, number, datacenterCount: Self.datacenterCount, serverCount: Self.serverCount,
                    using: &random)
                _ = world.add(configuration)
            }
        }
        disturbed = Array(repeating: world.now, count: world.hosts.count)
        calmSince = world.now
    }

    private var hostCount: Int { world.hosts.count }
    private func datacenter(of host: Int) -> Int { host / (Self.serverCount + 1) }
    private func first(of datacenter: Int) -> Int { datacenter * (Self.serverCount + 1) }

    package mutating func run() -> Report {
        for host in 0..<hostCount { world.start(host) }
        run(for: .seconds(10))
        registerAll()
        run(for: .seconds(5))
        if setUp.values.contains(false) { report.violations.append("the registrations failed") }
        calmSince = world.now - Self.settling
        world.schedule(script: 0, after: .milliseconds(1))
        world.schedule(script: 1, after: .seconds(2))
        while asked < questionCount && report.violations.count < 20 { run(for: .seconds(1)) }
        // The last question may have been asked just now, of an agent that is frozen.
        run(for: Self.patience)
        for (_, question) in open.sorted(by: { $0.key < $1.key }) { violated(question, "was never answered") }
        if calmLateCount * 100 > calmCount + 500 {
            report.violations.append("\(calmLateCount) of \(calmCount) met the limit though nothing is broken")
        }
        report.hash = world.hash.value
        report.eventCount = world.eventCount
        return report
    }

    private mutating func run(for duration: Duration) {
        let limit = world.now + duration
        while world.step(before: limit) {
            for (_, id, result) in world.takeAnswers() {
                if case .success = result { setUp[id] = true }
            }
            for (number, answer) in world.takeClientAnswers() { answered(number, answer) }
            for script in world.takeScripts() {
                if script == 0 { ask() } else { fault() }
            }
            _ = world.takeObservations()
            _ = world.takeCatalogDigests()
        }
    }

    // MARK: What there is

    private mutating func registerAll() {
        var number: UInt64 = 0
        func next() -> RequestID {
            number += 1
            setUp[RequestID(number)] = false
            return RequestID(number)
        }
        for datacenter in 0..<Self.datacenterCount {
            let name = "dc\(datacenter + 1)"
            for service in ["web"] + (datacenter == 0 ? [] : ["far"]) {
                let request = RegisterRequest(
                    datacenter: name, node: "ext", address: "10.0.\(datacenter + 1).1",
                    service: NodeService(id: service, service: service, port: 80))
                world.request(.catalogRegister(request), id: next(), at: first(of: datacenter))
            }
            let failover = QueryDatacenterOptions(datacenters: ["dc2", "dc3"])
            let query = PreparedQuery(
                name: "anywhere", service: ServiceQuery(service: "far", failover: failover))
            world.request(
                .preparedQueryApply(PreparedQueryRequest(datacenter: name, op: "create", query: query)), id: next(),
                at: first(of: datacenter))
        }
    }

    // MARK: Questions

    private mutating func ask() {
        guard asked < questionCount else { return }
        world.schedule(script: 0, after: random.duration(in: .milliseconds(1)..<(.milliseconds(40))))
        let host = Int.random(in: 0..<hostCount, using: &random)
        guard world.isRunning(host) else { return }
        asked += 1
        let subject = Subject.allCases[Int.random(in: 0..<Subject.allCases.count, using: &random)]
        let other = (datacenter(of: host) + Int.random(in: 1..<Self.datacenterCount, using: &random))
        let remote = "dc\(other % Self.datacenterCount + 1)"
        let name =
            switch subject {
            case .ownService: "web.service.consul"
            case .remoteService: "web.service.\(remote).consul"
            case .ownMiss: "none.service.consul"
            case .remoteMiss: "none.service.\(remote).consul"
            case .unknownDatacenter: "web.service.dc9.consul"
            case .ownNode: "ext.node.consul"
            case .query: "anywhere.query.consul"
            case .missingQuery: "nothing.query.consul"
            }
        let id = UInt16.random(in: 0 ... .max, using: &random)
        let number = world.dns(DNSAsking.packet(id, name, .address), at: host, timeout: Self.patience)
        open[number] = Question(id: id, name: name, subject: subject, host: host, begun: world.now)
        for (number, answer) in world.takeClientAnswers() { answered(number, answer) }
    }

    private mutating func answered(_ number: UInt64, _ answer: ClientAnswer) {
        guard let question = open.removeValue(forKey: number) else { return }
        let isDisturbed = disturbed[question.host] >= question.begun || !world.isRunning(question.host)
        let time = world.now - question.begun
        switch answer {
        case .dns(let packet):
            guard let read = try? DNSAsking.parse(packet, id: question.id) else {
                return violated(question, "has an answer that cannot be read")
            }
            if !isDisturbed {
                report.slowest = max(report.slowest, time)
                if time > Self.limit { violated(question, "took \(time)") }
            }
            check(question, read, after: time)
        case .failed(let reason):
            report.lost += 1
            if !isDisturbed && !isFrozen(question.host) { violated(question, "ended with: \(reason)") }
        case .http: violated(question, "was answered over HTTP")
        }
    }

    private func isFrozen(_ host: Int) -> Bool { frozen.contains(host) }

    private mutating func check(_ question: Question, _ answer: DNSAsking.Answer, after time: Duration) {
        let isCalm = question.begun - calmSince >= Self.settling
        if isCalm { calmCount += 1 }
        switch answer.code {
        case 0:
            report.answered += 1
            let isRight = answer.addresses.contains { $0.address.hasPrefix("10.0.") }
            if !question.subject.exists || !isRight { violated(question, "has \(answer.addresses)") }
        case 3:
            report.denied += 1
            if question.subject.exists { violated(question, "exists, and was denied") }
        case 2:
            report.failed += 1
            guard isCalm else { break }
            // Links lose a packet now and then: two of one question in a row cost more than there is.
            if time < Self.limit * 9 / 10 { violated(question, "failed after \(time) though nothing is broken") }
            calmLateCount += 1
        default: violated(question, "has code \(answer.code)")
        }
    }

    private mutating func violated(_ question: Question, _ what: String) {
        report.violations.append(
            "\(question.name) asked of \(world.hosts[question.host]) at \(question.begun - World.beginning): \(what)")
    }

    // MARK: Faults

    private var frozen: Set<Int> = []

    private mutating func fault() {
        world.schedule(script: 1, after: random.duration(in: .milliseconds(400)..<(.seconds(4))))
        let victim = Int.random(in: 0..<hostCount, using: &random)
        let others = (0..<hostCount).filter { datacenter(of: $0) != datacenter(of: victim) }
        let own = (0..<hostCount).filter { datacenter(of: $0) == datacenter(of: victim) }
        switch Int.random(in: 0..<13, using: &random) {
        case 0, 1, 2: kill([victim])
        case 3: kill(own.filter { _ in random.chance(0.8) })
        case 4, 5, 6:
            for host in 0..<hostCount where !world.isRunning(host) { start(host) }
        case 7: freeze([victim])
        case 8: freeze(own)
        case 9: cut(own, others, both: true, "cut off dc\(datacenter(of: victim) + 1)")
        case 10: cut([victim], (0..<hostCount).filter { $0 != victim }, both: random.chance(0.5), "cut off a server")
        case 11: cut(own, others, both: false, "one way from dc\(datacenter(of: victim) + 1)")
        default:
            healAll()
            // Now and then long enough for all to be well again.
            guard random.chance(0.25) else { break }
            pausedUntil = world.now + Self.settling + .seconds(5)
        }
    }

    private var pausedUntil = Instant.zero
    private var mayBreak: Bool { world.now >= pausedUntil }

    private mutating func kill(_ hosts: [Int]) {
        guard mayBreak else { return }
        for host in hosts where world.isRunning(host) {
            world.kill(host)
            frozen.remove(host)
            disturb(host, "kill")
        }
    }

    private mutating func start(_ host: Int) {
        world.start(host)
        disturb(host, "start")
    }

    private mutating func freeze(_ hosts: [Int]) {
        guard mayBreak else { return }
        for host in hosts where world.isRunning(host) && frozen.insert(host).inserted {
            world.freeze(host)
            disturb(host, "freeze")
        }
    }

    private mutating func disturb(_ host: Int, _ what: String) {
        disturbed[host] = world.now
        calmSince = world.now
        report.faults.append("\(what) \(world.hosts[host])")
    }

    private mutating func cut(_ inside: [Int], _ outside: [Int], both: Bool, _ name: String) {
        guard mayBreak else { return }
        for host in inside {
            for other in outside {
                world.setCut(true, from: host, to: other)
                if both { world.setCut(true, from: other, to: host) }
            }
        }
        calmSince = world.now
        report.faults.append(name)
    }

    private mutating func healAll() {
        world.healAll()
        for host in frozen.sorted() {
            world.resume(host)
            disturb(host, "resume")
        }
        frozen = []
        for host in 0..<hostCount where !world.isRunning(host) { start(host) }
        calmSince = world.now
        report.faults.append("heal")
    }
}
