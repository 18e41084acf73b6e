import Determinism
import FederationModel
import GossipCore
import Testing
import WireFormat

/// One memberlist, fed by hand.
struct Bench {
    var list: Memberlist
    var now = Instant.zero
    var outputs: [MemberlistOutput] = []

    static func endpoint(_ last: UInt8) -> Endpoint { Endpoint(IPAddress(127, 0, 0, last), 7946) }

    init(_ change: (inout MemberlistConfiguration) -> Void = { _ in }) {
        var configuration = MemberlistConfiguration(
            name: "me", endpoint: Self.endpoint(1), channel: .lan, timings: .consulLAN)
        change(&configuration)
        list = Memberlist(configuration, now: .zero, random: SeededRandom(seed: 1))
    }

    static func alive(
        _ name: String, _ last: UInt8, incarnation: UInt32 = 1, meta: [UInt8] = [],
        versions: [UInt8] = [1, 5, 2, 2, 5, 4]
    ) -> GossipMessage {
        var body = Alive()
        body.node = name
        body.address = [127, 0, 0, last]
        body.port = 7946
        body.incarnation = incarnation
        body.meta = meta
        body.versions = versions
        return .alive(body)
    }

    /// - Returns: what that message alone put out.
    @discardableResult
    mutating func give(_ message: GossipMessage, from last: UInt8 = 9) -> [MemberlistOutput] {
        var made: [MemberlistOutput] = []
        list.handle(.datagram(from: Self.endpoint(last), message.encoded), at: now, into: &made)
        outputs += made
        return made
    }

    /// - Returns: what the passing of that time put out.
    @discardableResult
    mutating func run(for duration: Duration) -> [MemberlistOutput] {
        let end = now + duration
        var made: [MemberlistOutput] = []
        while list.nextDeadline <= end {
            now = max(now, list.nextDeadline)
            list.advance(to: now, into: &made)
        }
        now = end
        outputs += made
        return made
    }

    func state(_ name: String) -> NodeState? { list.nodes[name]?.state }

    static func messages(_ outputs: [MemberlistOutput]) -> [GossipMessage] {
        outputs.flatMap { output -> [GossipMessage] in
            guard case .datagram(_, let bytes) = output else { return [] }
            return Datagram.read(bytes).messages
        }
    }
}

@Suite("State rules, serf-gossip.md 4.7")
struct StateRuleTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let title: String
        /// The subject, "you", is known as alive with incarnation 5 before these.
        let before: [GossipMessage]
        let message: GossipMessage
        let state: NodeState
        let incarnation: UInt32
        var testDescription: String { title }
    }

    static func suspect(_ incarnation: UInt32, from: String = "other") -> GossipMessage {
        .suspect(Accusation(incarnation: incarnation, node: "you", from: from))
    }

    static func dead(_ incarnation: UInt32, from: String = "other") -> GossipMessage {
        .dead(Accusation(incarnation: incarnation, node: "you", from: from))
    }

    static let cases = [
        Case(
            title: "older alive", before: [], message: Bench.alive("you", 2, incarnation: 4, meta: [9]), state: .alive,
            incarnation: 5),
        Case(
            title: "same alive", before: [], message: Bench.alive("you", 2, incarnation: 5, meta: [9]), state: .alive,
            incarnation: 5),
        Case(
            title: "newer alive", before: [], message: Bench.alive("you", 2, incarnation: 6, meta: [9]), state: .alive,
            incarnation: 6),
        Case(title: "older suspect", before: [], message: suspect(4), state: .alive, incarnation: 5),
        Case(title: "same suspect", before: [], message: suspect(5), state: .suspect, incarnation: 5),
        Case(title: "newer suspect", before: [], message: suspect(7), state: .suspect, incarnation: 7),
        Case(
            title: "same alive does not clear a suspect", before: [suspect(5)],
            message: Bench.alive("you", 2, incarnation: 5), state: .suspect, incarnation: 5),
        Case(
            title: "newer alive clears a suspect", before: [suspect(5)],
            message: Bench.alive("you", 2, incarnation: 6), state: .alive, incarnation: 6),
        Case(title: "older dead", before: [], message: dead(4), state: .alive, incarnation: 5),
        Case(title: "same dead", before: [], message: dead(5), state: .dead, incarnation: 5),
        Case(title: "dead by itself has left", before: [], message: dead(5, from: "you"), state: .left, incarnation: 5),
        Case(title: "dead again", before: [dead(5)], message: dead(6, from: "you"), state: .dead, incarnation: 5),
        Case(title: "suspect after dead", before: [dead(5)], message: suspect(6), state: .dead, incarnation: 5),
        Case(
            title: "same alive after dead", before: [dead(5)], message: Bench.alive("you", 2, incarnation: 5),
            state: .dead, incarnation: 5),
        Case(
            title: "newer alive after dead", before: [dead(5)], message: Bench.alive("you", 2, incarnation: 6),
            state: .alive, incarnation: 6),
        Case(
            title: "another address of a living name", before: [], message: Bench.alive("you", 3, incarnation: 9),
            state: .alive, incarnation: 5),
        Case(
            title: "another address of one that left", before: [dead(5, from: "you")],
            message: Bench.alive("you", 3, incarnation: 1), state: .alive, incarnation: 1),
        Case(
            title: "another address of one just dead", before: [dead(5)],
            message: Bench.alive("you", 3, incarnation: 9), state: .dead, incarnation: 5),
    ]

    @Test("about another", arguments: cases)
    func rules(_ rule: Case) {
        var bench = Bench()
        bench.give(Bench.alive("you", 2, incarnation: 5))
        for message in rule.before { bench.give(message) }
        bench.give(rule.message)
        #expect(bench.state("you") == rule.state)
        #expect(bench.list.nodes["you"]?.incarnation == rule.incarnation)
    }

    @Test("4.8: a dead name's address is taken over after the reclaim time")
    func reclaim() {
        var bench = Bench()
        bench.give(Bench.alive("you", 2))
        bench.give(Self.dead(1))
        bench.now += .seconds(30)
        let conflict = bench.give(Bench.alive("you", 3, incarnation: 2))
        #expect(conflict.contains { if case .conflict = $0 { true } else { false } })
        bench.now += .seconds(1)
        bench.give(Bench.alive("you", 3))
        #expect(bench.list.nodes["you"]?.endpoint == Bench.endpoint(3))
    }

    @Test("nonsense alive messages are ignored")
    func nonsense() {
        var bench = Bench()
        bench.give(Bench.alive("", 2))
        bench.give(Bench.alive("a", 2, versions: [0, 5, 2, 2, 5, 4]))
        bench.give(Bench.alive("b", 2, versions: [3, 2, 2, 2, 5, 4]))
        bench.give(Bench.alive("c", 2, meta: [UInt8](repeating: 0, count: 513)))
        bench.give(Bench.alive(String(repeating: "d", count: 256), 2))
        #expect(bench.list.sortedNodes.map(\.name) == ["me"])
        bench.give(Bench.alive("e", 2, versions: []))
        #expect(bench.list.sortedNodes.map(\.name) == ["e", "me"])
    }

    @Test("about self: refuted above the accusation", arguments: [0, 1, 7, .max - 1] as [UInt32])
    func refute(accused: UInt32) {
        for message: GossipMessage in [
            .suspect(Accusation(incarnation: accused, node: "me", from: "x")),
            .dead(Accusation(incarnation: accused, node: "me", from: "x")),
            Bench.alive("me", 1, incarnation: accused, meta: [1]),
        ] {
            var bench = Bench()
            bench.give(Bench.alive("you", 2))
            bench.give(message)
            let isOld = accused < 1
            #expect(bench.list.own.incarnation == (isOld ? 1 : accused + 1))
            #expect(bench.state("me") == .alive)
            #expect(bench.list.awareness == (isOld ? 0 : 1))
            let sent = Bench.messages(bench.run(for: .milliseconds(600)))
            let claims = sent.compactMap {
                if case .alive(let body) = $0, body.node == "me" { body.incarnation } else { nil }
            }
            #expect(claims.contains(accused + 1) == !isOld)
        }
    }

    @Test("the highest incarnation there is does not trap")
    func highest() {
        var bench = Bench()
        bench.give(.suspect(Accusation(incarnation: .max, node: "me", from: "x")))
        #expect(bench.list.own.incarnation == .max)
        bench.give(.dead(Accusation(incarnation: .max, node: "me", from: "x")))
        var made: [MemberlistOutput] = []
        bench.list.update(meta: [1], at: bench.now, into: &made)
        #expect(bench.list.own.incarnation == .max)
    }

    @Test("an own change raises the incarnation by one")
    func update() {
        var bench = Bench()
        var made: [MemberlistOutput] = []
        bench.list.update(meta: [1, 2], at: bench.now, into: &made)
        bench.list.update(meta: [1, 2], at: bench.now, into: &made)
        #expect(bench.list.own.incarnation == 2)
    }
}

@Suite("Failure detection")
struct DetectionTests {
    @Test(
        "Lifeguard §IV-B: confirmations shorten the timeout",
        arguments: [(0, 30_000), (1, 16_000), (2, 7_810), (3, 2_000)])
    func timeout(confirmations: Int, milliseconds: Int) {
        let timeout = Suspicion.timeout(
            confirmations: confirmations, expected: 3, minimum: .seconds(2), maximum: .seconds(30))
        #expect(timeout == .milliseconds(milliseconds))
    }

    @Test(
        "4.4: the minimum grows with the logarithm",
        arguments: [(1, 4000), (10, 4000), (50, 6792), (100, 8000), (1000, 12000)])
    func minimum(nodeCount: Int, milliseconds: Int) {
        #expect(Suspicion.minimum(nodeCount: nodeCount, timings: .lan) == .milliseconds(milliseconds))
    }

    @Test("4.4: who counts as an accuser")
    func accusers() {
        var suspicion = Suspicion(from: "a", nodeCount: 5, timings: .lan, at: .zero)
        #expect(suspicion.expected == 2)
        #expect(suspicion.deadline == .zero + .seconds(24))
        let verdicts = ["a", "b", "b", "c", "d"].map { suspicion.confirm(from: $0) }
        #expect(verdicts == [false, true, false, true, false])
        #expect(suspicion.deadline == .zero + .seconds(4))
        #expect(Suspicion(from: "a", nodeCount: 3, timings: .lan, at: .zero).deadline == .zero + .seconds(4))
    }

    @Test(
        "logarithms",
        arguments: [(1.0, 0.0), (2.0, 0.6931471805599453), (10.0, 2.302585092994046), (12345.0, 9.421006401779279)])
    func logarithm(x: Double, expected: Double) {
        #expect(abs(Logarithm.natural(x) - expected) <= 4 * expected.ulp)
        #expect(Logarithm.natural(0) == 0 && Logarithm.natural(.infinity) == 0)
        #expect([1, 2, 10, 11, 100, 101].map { Logarithm.decimalCeiling($0) } == [0, 1, 1, 2, 2, 3])
    }

    @Test(
        "4.6: transmissions, below ten members as often as from ten on",
        arguments: [(1, 8), (9, 8), (10, 8), (99, 8), (100, 12)])
    func transmissions(nodeCount: Int, limit: Int) {
        #expect(GossipTimings.lan.transmitLimit(nodeCount: nodeCount) == limit)
    }

    @Test("A refutation is sent twice as often as what others say of themselves")
    func refutation() {
        var counts: [UInt32: Int] = [:]
        var bench = Bench()
        bench.give(Bench.alive("n2", 2))
        bench.give(Bench.alive("n3", 3))
        bench.give(.suspect(Accusation(incarnation: 1, node: "me", from: "n2")))
        for message in Bench.messages(bench.run(for: .seconds(20))) {
            if case .alive(let alive) = message, ["me", "n3"].contains(alive.node) {
                counts[alive.node == "me" ? 2 : 1, default: 0] += 1
            }
        }
        let limit = GossipTimings.consulLAN.transmitLimit(nodeCount: 3)
        #expect(counts == [1: limit, 2: 2 * limit])
    }

    @Test("4.9: push/pull slows down", arguments: [(2, 30), (32, 30), (33, 60), (64, 60), (65, 90)])
    func pushPull(nodeCount: Int, seconds: Int) {
        #expect(GossipTimings.lan.pushPullInterval(nodeCount: nodeCount) == .seconds(seconds))
    }

    @Test("4.1: ping, then indirect and stream pings, then suspicion")
    func probe() throws {
        var bench = Bench()
        for index in 2...6 as ClosedRange<UInt8> { bench.give(Bench.alive("n\(index)", index)) }
        let first = Bench.messages(bench.run(for: .milliseconds(1001)))
        let ping = try #require(first.compactMap { if case .ping(let ping) = $0 { ping } else { nil } }.first)
        #expect(ping.source == Bench.endpoint(1) && ping.sourceNode == "me")
        let second = bench.run(for: .milliseconds(600))
        let indirect = Bench.messages(second).compactMap { if case .indirectPing(let ping) = $0 { ping } else { nil } }
        #expect(indirect.filter { $0.node == ping.node && $0.sequence == ping.sequence && $0.wantsNack }.count == 3)
        #expect(second.contains { if case .connect = $0 { true } else { false } })
        bench.run(for: .milliseconds(600))
        #expect(bench.state(ping.node) == .suspect)
        // Three nacks were due and none came.
        #expect(bench.list.awareness == 3)
        let last = try #require(bench.list.nodes[ping.node]).endpoint.address.bytes[3]
        bench.give(Bench.alive(ping.node, last, incarnation: 2))
        #expect(bench.state(ping.node) == .alive)
    }

    @Test("4.2: acks go to the source named in the ping; others' pings are ignored")
    func ack() {
        var bench = Bench()
        bench.list.ackPayload = [1, 2, 3]
        var ping = GossipPing()
        ping.sequence = 7
        ping.node = "me"
        #expect(Bench.messages(bench.give(.ping(ping), from: 4)) == [.ack(Ack(sequence: 7, payload: [1, 2, 3]))])
        ping.sourceAddress = [127, 0, 0, 5]
        ping.sourcePort = 99
        let answer = bench.give(.ping(ping), from: 4)
        #expect(answer.count == 1)
        if case .datagram(let target, _) = answer[0] { #expect(target.description == "127.0.0.5:99") }
        ping.node = "you"
        #expect(bench.give(.ping(ping)).isEmpty)
    }

    @Test("3.2: relays ack or nack")
    func relay() throws {
        var bench = Bench()
        var request = IndirectPing()
        request.sequence = 40
        request.target = [127, 0, 0, 8]
        request.port = 7946
        request.node = "far"
        request.wantsNack = true
        let pings = Bench.messages(bench.give(.indirectPing(request), from: 3))
        guard case .ping(let ping) = pings.first else {
            Issue.record("no ping")
            return
        }
        #expect(
            Bench.messages(bench.give(.ack(Ack(sequence: ping.sequence, payload: [5])), from: 8)) == [
                .ack(Ack(sequence: 40))
            ])
        bench.give(.indirectPing(request), from: 3)
        #expect(Bench.messages(bench.run(for: .seconds(1))) == [.nack(Nack(sequence: 40))])
    }

    @Test("1.1: riders fill a datagram and no more")
    func budget() {
        var bench = Bench()
        bench.give(Bench.alive("you", 2))
        for index in 0..<40 {
            bench.list.broadcast(
                .user([UInt8](repeating: UInt8(index), count: 100)), on: .events, into: &bench.outputs)
        }
        let sent = bench.run(for: .seconds(20))
        let sizes = sent.compactMap { if case .datagram(_, let bytes) = $0 { bytes.count } else { nil } }
        #expect((sizes.max() ?? 0) <= 1405 && (sizes.max() ?? 0) > 1300)
        let users = Bench.messages(sent).filter { if case .user = $0 { true } else { false } }
        #expect(users.count == 40 * GossipTimings.lan.transmitLimit(nodeCount: 2))
    }
}
