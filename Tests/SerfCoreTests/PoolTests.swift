import Determinism
import FederationModel
import GossipCore
import SerfCore
import Testing

@Suite("Pools over a seeded network")
struct PoolTests {
    /// `count` nodes n0, n1, … joined through n0 and settled.
    static func pool(
        _ count: Int, seed: UInt64, _ change: (inout SerfConfiguration) -> Void = { _ in }
    ) -> TestNetwork {
        var network = TestNetwork(seed: seed)
        for index in 0..<count { network.add("n\(index)", tags: ["role": "test", "n": "\(index)"], change) }
        network.run(for: .milliseconds(10))
        for index in 1..<max(1, count) { network.join(index, [0]) }
        network.run(for: .seconds(5))
        return network
    }

    static func alive(_ count: Int) -> [String] { (0..<count).map { "n\($0):alive" } }

    @Test("all see all", arguments: [2, 3, 5, 10], [1, 2, 3] as [UInt64])
    func join(count: Int, seed: UInt64) {
        let network = Self.pool(count, seed: seed)
        for index in 0..<count {
            #expect(network.view(index) == Self.alive(count))
            #expect(network.pools[index].member("n0")?.tags == ["role": "test", "n": "0"])
            if index > 0 { #expect(network.joined[index].map(\.count) == [1]) }
            // Nobody joins twice, and nothing else happens.
            let names = network.events[index].map { event -> String in
                if case .memberJoined(let member) = event { member.name } else { "\(event)" }
            }
            #expect(names.sorted() == (0..<count).filter { $0 != index }.map { "n\($0)" })
        }
    }

    @Test("a join asks nobody of whom an answer has told already, and counts them all the same")
    func joinMany() {
        let count = 40
        var network = Self.pool(count, seed: 9)
        let joiner = network.add("late")
        network.join(joiner, Array(0..<count))
        network.run(for: .seconds(2))
        #expect(network.joined[joiner].map(\.count) == [count] && network.joined[joiner].first?.errors == [])
        let asked = network.dialCounts[joiner] ?? 0
        #expect(asked >= 1 && asked <= 8, "\(asked) of \(count) were asked")
        #expect(network.pools[joiner].members.count { $0.status == .alive } == count + 1)
    }

    @Test("a join of several endpoints counts and names those that failed")
    func joinSeveral() {
        var network = Self.pool(3, seed: 4)
        network.add("n3")
        network.stopped.insert(1)
        let nowhere = Endpoint(IPAddress(127, 0, 9, 9), 8301)
        network.give(
            .join(
                JoinID(7), [TestNetwork.endpoint(0), TestNetwork.endpoint(1), nowhere, TestNetwork.endpoint(2)],
                ignoreOldEvents: true), to: 3)
        network.run(for: .seconds(11))
        #expect(network.joined[3].count == 1)
        #expect(network.joined[3].first?.count == 2)
        #expect(
            network.joined[3].first?.errors.sorted()
                == ["127.0.1.2:8301: no route", "127.0.9.9:8301: connection refused"])
    }

    @Test("a silent member fails after the suspicion timeout, 4 s for few nodes", arguments: [1, 2, 3, 4] as [UInt64])
    func failure(seed: UInt64) throws {
        var network = Self.pool(4, seed: seed)
        let stopped = network.now
        network.stopped.insert(3)
        network.run(for: .seconds(4))
        for index in 0..<3 { #expect(network.status(of: "n3", at: index) == .alive) }
        network.run(until: stopped + .seconds(20))
        for index in 0..<3 {
            #expect(network.status(of: "n3", at: index) == .failed)
            #expect(network.events[index].count { if case .memberFailed = $0 { true } else { false } } == 1)
        }
    }

    @Test("a member cut off for less than that refutes and stays", arguments: [1, 2, 3] as [UInt64])
    func refutation(seed: UInt64) {
        var network = Self.pool(4, seed: seed)
        network.cut = [[0, 3], [1, 3], [2, 3]]
        network.run(for: .seconds(4))
        network.cut = []
        network.run(for: .seconds(20))
        for index in 0..<4 {
            #expect(network.view(index) == Self.alive(4))
            #expect(!network.events[index].contains { if case .memberFailed = $0 { true } else { false } })
        }
        #expect(network.logs[3].contains { $0.message == "refuting what is said about this node" })
    }

    @Test("without UDP the stream pings keep a member alive")
    func streamPings() {
        var network = Self.pool(3, seed: 8)
        network.withoutDatagrams = [2]
        network.run(for: .seconds(30))
        for index in 0..<2 { #expect(network.status(of: "n2", at: index) == .alive) }
        #expect(network.logs[0].contains { $0.message == "member answers on TCP but not on UDP" })
    }

    @Test("who leaves is left, not failed", arguments: [1, 2, 3] as [UInt64])
    func leaving(seed: UInt64) {
        var network = Self.pool(4, seed: seed)
        network.give(.leave, to: 2)
        network.run(for: .seconds(15))
        #expect(network.hasLeft[2])
        for index in [0, 1, 3] {
            #expect(network.status(of: "n2", at: index) == .left)
            #expect(!network.events[index].contains { if case .memberFailed = $0 { true } else { false } })
        }
    }

    @Test("alone, leaving is quick")
    func leavingAlone() {
        var network = TestNetwork(seed: 1)
        network.add("n0")
        network.give(.leave, to: 0)
        network.run(for: .milliseconds(100))
        #expect(network.hasLeft == [true])
    }

    @Test("force-leave makes a failed member left, and prune erases it")
    func forceLeave() {
        var network = Self.pool(4, seed: 2)
        network.stopped = [2, 3]
        network.run(for: .seconds(30))
        network.give(.forceLeave("n3", prune: false), to: 0)
        network.give(.forceLeave("n2", prune: true), to: 0)
        network.run(for: .seconds(3))
        for index in 0..<2 { #expect(network.view(index) == ["n0:alive", "n1:alive", "n3:left"]) }
        // A pruned name can come back.
        network.restart(2)
        network.join(2, [0])
        network.run(for: .seconds(40))
        for index in 0..<3 { #expect(network.status(of: "n2", at: index) == .alive) }
    }

    @Test("a forged leave intent is answered")
    func forgedLeave() {
        var network = Self.pool(3, seed: 2)
        network.give(.forceLeave("n2", prune: false), to: 0)
        #expect(network.status(of: "n2", at: 0) == .leaving)
        network.run(for: .seconds(3))
        for index in 0..<3 { #expect(network.view(index) == Self.alive(3)) }
    }

    @Test("a partition heals by itself", arguments: [1, 2] as [UInt64])
    func partition(seed: UInt64) {
        var network = Self.pool(6, seed: seed)
        for one in 0..<3 { for other in 3..<6 { network.cut.insert([one, other]) } }
        network.run(for: .seconds(60))
        #expect(network.view(0).filter { $0.hasSuffix("failed") }.count == 3)
        #expect(network.view(5).filter { $0.hasSuffix("failed") }.count == 3)
        network.cut = []
        network.run(for: .seconds(180))
        for index in 0..<6 { #expect(network.view(index) == Self.alive(6)) }
    }

    @Test("an event reaches everybody once", arguments: [0.0, 0.2])
    func events(loss: Double) {
        var network = Self.pool(7, seed: 5)
        network.loss = loss
        network.give(.userEvent("deploy", payload: [1, 2], coalesce: false), to: 3)
        network.give(.userEvent("deploy", payload: [3], coalesce: true), to: 6)
        network.run(for: .seconds(60))
        for index in 0..<7 {
            let payloads = network.events[index].compactMap { event -> [UInt8]? in
                if case .userEvent("deploy", let payload, _, _) = event { payload } else { nil }
            }
            #expect(payloads.sorted { $0.count < $1.count } == [[3], [1, 2]])
        }
    }

    @Test("old events are replayed to a joiner unless it ignores them")
    func oldEvents() {
        var network = Self.pool(2, seed: 5)
        network.give(.userEvent("before", payload: [], coalesce: false), to: 0)
        network.run(for: .seconds(3))
        network.add("n2")
        network.add("n3")
        network.join(2, [0])
        network.join(3, [0], ignoreOldEvents: true)
        network.run(for: .seconds(3))
        let heard = (2...3).map { index in
            network.events[index].contains { if case .userEvent = $0 { true } else { false } }
        }
        #expect(heard == [true, false])
    }

    @Test("changed tags go round")
    func tags() {
        var network = Self.pool(4, seed: 6)
        network.give(.setTags(["role": "other"]), to: 1)
        network.run(for: .seconds(5))
        for index in 0..<4 {
            #expect(network.pools[index].member("n1")?.tags == ["role": "other"])
            #expect(network.events[index].count { if case .memberUpdated = $0 { true } else { false } } == 1)
        }
        network.give(.setTags(["role": String(repeating: "x", count: 600)]), to: 1)
        #expect(network.pools[1].local.tags == ["role": "other"])
    }

    @Test("a restarted member with the old name is alive again")
    func restart() {
        var network = Self.pool(3, seed: 7)
        network.stopped.insert(1)
        network.run(for: .seconds(30))
        #expect(network.status(of: "n1", at: 0) == .failed)
        // Its snapshot brings it back without a join.
        network.restart(1)
        network.run(for: .seconds(10))
        for index in 0..<3 { #expect(network.view(index) == Self.alive(3)) }
        #expect(network.logs[1].contains { $0.message == "rejoined the pool of the last run" })
    }

    @Test(
        "who leaves a pool half of which died a moment ago is seen to have left",
        arguments: 1...20 as ClosedRange<UInt64>)
    func leaveAmongDead(seed: UInt64) {
        // As in a WAN pool: few copies of a message, and each to as many of the dead as of the living.
        var network = Self.pool(7, seed: seed) { $0.timings = .consulWAN }
        // All know all by then.
        network.run(for: .seconds(90))
        for dead in 3..<6 { network.stopped.insert(dead) }
        network.run(for: .milliseconds(Int64(seed) * 400))
        network.give(.leave, to: 6)
        network.run(for: .seconds(12))
        for index in 0..<3 { #expect(network.status(of: "n6", at: index) == .left, "seed \(seed), n\(index)") }
    }

    @Test("a farewell whose intent was lost means left all the same")
    func farewellAlone() {
        var network = Self.pool(3, seed: 9)
        network.stopped.insert(2)
        for index in 0..<2 {
            let incarnation = network.pools[index].memberlist.nodes["n2"]?.incarnation ?? 0
            let farewell = GossipMessage.dead(Accusation(incarnation: incarnation, node: "n2", from: "n2"))
            for bytes in Datagram.pack([farewell.encoded]) {
                network.give(.datagram(from: TestNetwork.endpoint(2), bytes), to: index)
            }
            #expect(network.status(of: "n2", at: index) == .left)
        }
    }

    @Test("who left does not rejoin by its snapshot")
    func snapshotAfterLeave() {
        var network = Self.pool(3, seed: 7)
        network.give(.leave, to: 1)
        network.run(for: .seconds(12))
        #expect(network.hasLeft[1])
        network.restart(1)
        network.run(for: .seconds(5))
        #expect(network.view(1) == ["n1:alive"])
    }

    @Test("queries: acks, answers, filters")
    func queries() {
        var network = Self.pool(5, seed: 11)
        // Gossip is a matter of luck: this seed reaches all.
        var query = PoolQuery(name: "uptime", payload: [9])
        query.wantsAck = true
        query.nodes = ["n1", "n2", "n4"]
        query.tags = ["role": "te"]
        network.give(.query(QueryID(1), query), to: 0)
        network.run(for: .seconds(2))
        for index in 0..<5 {
            for event in network.events[index] {
                guard case .queryReceived(let received) = event else { continue }
                #expect(received.payload == [9] && received.from == "n0")
                network.give(.respond(received.key, Array("n\(index)".utf8)), to: index)
                // A second answer is not sent.
                network.give(.respond(received.key, [0]), to: index)
            }
        }
        network.run(for: .seconds(5))
        let acks = network.events[0].compactMap { if case .queryAcked(_, let from) = $0 { from } else { nil } }
        let answers = network.events[0].compactMap { event -> String? in
            guard case .queryAnswered(_, let from, let payload) = event else { return nil }
            return "\(from)=\(String(decoding: payload, as: UTF8.self))"
        }
        #expect(acks.sorted() == ["n1", "n2", "n4"])
        #expect(answers.sorted() == ["n1=n1", "n2=n2", "n4=n4"])
        #expect(network.events[0].last == .queryEnded(QueryID(1)))
    }

    @Test("relays answer the internal ping through others")
    func relays() {
        var network = Self.pool(5, seed: 11)
        network.cut = [[0, 4]]
        var query = PoolQuery(name: "_serf_ping")
        query.wantsAck = true
        query.relayFactor = 3
        network.give(.query(QueryID(1), query), to: 0)
        network.run(for: .seconds(4))
        let acks = network.events[0].compactMap { if case .queryAcked(_, let from) = $0 { from } else { nil } }
        #expect(acks.sorted() == ["n0", "n1", "n2", "n3", "n4"])
    }

    @Test("the same seed gives the same run")
    func deterministic() {
        func fingerprint() -> UInt64 {
            var network = Self.pool(6, seed: 77)
            network.loss = 0.1
            network.stopped = [2]
            network.run(for: .seconds(60))
            var hash = EventHash()
            hash.combine(UInt64(network.datagramCount))
            for index in 0..<6 {
                for line in network.view(index) { hash.combine(line) }
                hash.combine(network.snapshots[index])
            }
            return hash.value
        }
        #expect(fingerprint() == fingerprint())
    }

    @Test("coordinates come with the probes")
    func coordinates() throws {
        var network = Self.pool(3, seed: 3)
        network.run(for: .seconds(60))
        let estimate = try #require(network.pools[0].roundTrip(to: "n1"))
        #expect(estimate > .zero && estimate < .milliseconds(20))
        #expect(network.pools[0].cachedCoordinate(of: "n2") != nil)
        #expect(network.pools[0].coordinate.error < 1.5)
    }

    @Test("no false failures in 10 minutes at 5 % loss")
    func quiet() {
        var network = Self.pool(5, seed: 12)
        network.loss = 0.05
        network.run(for: .seconds(600))
        for index in 0..<5 {
            #expect(!network.events[index].contains { if case .memberFailed = $0 { true } else { false } })
        }
    }

    @Test("5.11: failed and left members are reaped after their time")
    func reaping() {
        var network = Self.pool(4, seed: 3) {
            $0.reconnectTimeout = .seconds(60)
            $0.tombstoneTimeout = .seconds(30)
        }
        network.give(.leave, to: 2)
        network.stopped.insert(3)
        network.run(for: .seconds(25))
        #expect(network.view(0) == ["n0:alive", "n1:alive", "n2:left", "n3:failed"])
        network.run(for: .seconds(30))
        #expect(network.view(0) == ["n0:alive", "n1:alive", "n3:failed"])
        network.run(for: .seconds(60))
        #expect(network.view(0) == ["n0:alive", "n1:alive"])
        #expect(network.events[0].count { if case .memberReaped = $0 { true } else { false } } == 2)
    }

    @Test("4.8: a member comes back from another address once its name is free")
    func movedAddress() {
        var network = Self.pool(3, seed: 3)
        network.stopped.insert(2)
        network.run(for: .seconds(60))
        network.add("n2", tags: ["moved": "yes"])
        network.join(3, [0])
        network.run(for: .seconds(20))
        for index in 0..<2 {
            #expect(network.view(index) == Self.alive(3))
            #expect(network.pools[index].member("n2")?.endpoint == TestNetwork.endpoint(3))
        }
    }

    @Test("the WAN preset detects a failure in its own time, 30 s of suspicion")
    func wan() {
        let wanTimings: (inout SerfConfiguration) -> Void = { $0.timings = .consulWAN }
        var network = Self.pool(3, seed: 3, wanTimings)
        network.run(for: .seconds(20))
        #expect(network.view(1) == Self.alive(3))
        network.stopped.insert(2)
        network.run(for: .seconds(30))
        #expect(network.status(of: "n2", at: 0) == .alive)
        network.run(for: .seconds(40))
        #expect(network.status(of: "n2", at: 0) == .failed)
    }

    @Test("a join of oneself changes nothing")
    func joinSelf() {
        var network = TestNetwork(seed: 1)
        network.add("n0")
        network.join(0, [0])
        network.run(for: .seconds(5))
        #expect(network.view(0) == ["n0:alive"])
        #expect(network.joined[0].map(\.count) == [1])
        #expect(network.events[0].isEmpty)
    }
}
