import Determinism
import FederationModel
import Testing

@testable import RoutingCore

@Suite("Design §3, an outage verdict") struct VerdictTests {
    struct Outage: CustomTestStringConvertible {
        var condition: RouterWorld.Condition
        var verdict: Verdict
        var within: Duration
        var error: FederationError
        var testDescription: String { "\(condition)" }
    }

    static let outages = [
        Outage(
            condition: .refusing, verdict: .unreachable, within: .seconds(4), error: .unreachable(datacenter: "dc2")),
        Outage(
            condition: .unreachable, verdict: .unreachable, within: .seconds(6),
            error: .unreachable(datacenter: "dc2")),
        Outage(condition: .frozen, verdict: .frozen, within: .seconds(6), error: .frozen(datacenter: "dc2")),
    ]

    @Test(
        "All servers gone: one verdict in time, requests fail fast; back: up again", arguments: outages, [1, 3, 7, 9])
    func outage(outage: Outage, count: Int) {
        for seed in 1...10 as ClosedRange<UInt64> {
            var world = RouterWorld(seed: seed)
            world.add("dc2", count: count)
            world.add("dc3", count: 3)
            world.run(for: .seconds(30))
            #expect(world.verdicts.isEmpty && world.error("dc2") == nil)
            let start = world.now
            world.set("dc2") { $0.condition = outage.condition }
            world.run(for: .seconds(30))
            #expect(world.router.verdict(of: "dc2") == outage.verdict, "seed \(seed)")
            #expect(world.error("dc2") == outage.error)
            #expect(world.verdicts.allSatisfy { $0.datacenter == "dc2" })
            #expect(world.verdicts.filter { $0.verdict == outage.verdict }.count == 1)
            // More than seven servers are asked in two turns.
            let limit = count > 7 ? outage.within * 2 : outage.within
            let took = (world.verdicts.last?.at ?? .distantFuture) - start
            #expect(took <= limit, "seed \(seed): \(took)")
            world.set("dc2") { $0.condition = .alive }
            world.run(for: .seconds(10))
            #expect(world.router.verdict(of: "dc2") == .up)
            #expect(world.verdicts.map(\.verdict).filter { $0 == .up }.count == 1)
        }
    }

    @Test("One server of three gone: degraded, never unreachable")
    func degraded() {
        var world = RouterWorld(seed: 1)
        world.add("dc2", count: 3)
        world.run(for: .seconds(10))
        world.remotes["s2.dc2"]?.condition = .unreachable
        world.run(for: .seconds(60))
        #expect(world.verdicts.map(\.verdict) == [.degraded])
        #expect(!world.names("dc2").contains("s2.dc2"))
        world.remotes["s2.dc2"]?.condition = .alive
        world.run(for: .seconds(10))
        #expect(world.verdicts.map(\.verdict) == [.degraded, .up])
    }

    @Test("Never unreachable while any server answers", arguments: 1...20)
    func someoneAnswers(seed: UInt64) {
        var world = RouterWorld(seed: seed)
        world.loss = 0.05
        world.add("dc2", count: 3)
        let names = ["s1.dc2", "s2.dc2", "s3.dc2"]
        for _ in 0..<100 {
            let well = names[Int.random(in: 0...2, using: &world.random)]
            for name in names where name != well {
                let conditions: [RouterWorld.Condition] = [.alive, .refusing, .frozen, .unreachable]
                world.remotes[name]?.condition = conditions[Int.random(in: 0...3, using: &world.random)]
            }
            world.remotes[well]?.condition = .alive
            world.run(for: .seconds(10))
            let answered = world.router.reports(at: world.now)[0].servers.contains {
                ($0.lastAnswerAge ?? .seconds(99)) < .seconds(2)
            }
            if answered { #expect([.up, .degraded].contains(world.router.verdict(of: "dc2"))) }
        }
    }

    @Test("Leaderless needs an empty answer from a quorum for 2 s; an election does not show")
    func leaderless() {
        var world = RouterWorld(seed: 4)
        world.add("dc2", count: 3)
        world.run(for: .seconds(10))
        let leader = world.remotes["s1.dc2"]?.leader ?? ""
        world.set("dc2") { $0.leader = "" }
        world.run(for: .milliseconds(1500))
        world.set("dc2") { $0.leader = leader }
        world.run(for: .seconds(10))
        #expect(world.verdicts.isEmpty)
        world.set("dc2") { $0.leader = "" }
        let start = world.now
        world.run(for: .seconds(10))
        #expect(world.verdicts.map(\.verdict) == [.leaderless])
        #expect((world.verdicts.last?.at ?? .distantFuture) - start <= .seconds(5))
        #expect(world.error("dc2", needsLeader: true) == .leaderless(datacenter: "dc2"))
        #expect(world.names("dc2").count == 3)
        world.set("dc2") { $0.leader = leader }
        world.run(for: .seconds(3))
        #expect(world.verdicts.map(\.verdict) == [.leaderless, .up])
    }

    @Test("Two of three servers killed: the last one has no leader")
    func lostQuorum() {
        var world = RouterWorld(seed: 5)
        world.add("dc2", count: 3)
        world.run(for: .seconds(10))
        world.remotes["s1.dc2"]?.condition = .refusing
        world.remotes["s2.dc2"]?.condition = .refusing
        world.remotes["s3.dc2"]?.leader = ""
        world.run(for: .seconds(15))
        #expect(world.router.verdict(of: "dc2") == .leaderless)
        #expect(world.names("dc2") == ["s3.dc2"])
    }

    @Test("A frozen datacenter whose accept queues fill stays frozen until connects keep failing")
    func frozenThenDark() {
        var world = RouterWorld(seed: 6)
        world.add("dc2", count: 3)
        world.run(for: .seconds(5))
        world.set("dc2") { $0.condition = .frozen }
        world.run(for: .seconds(20))
        world.set("dc2") { $0.condition = .unreachable }
        world.run(for: .seconds(5))
        #expect(world.router.verdict(of: "dc2") == .frozen)
        world.run(for: .seconds(15))
        #expect(world.router.verdict(of: "dc2") == .unreachable)
        let bad: [Verdict] = world.verdicts.map(\.verdict).filter { $0 != .degraded }
        #expect(bad == [.frozen, .unreachable])
    }

    @Test("No false verdict in 24 hours at 1 % loss and 200 ms jitter")
    func noFalseVerdict() {
        var world = RouterWorld(seed: 7)
        world.loss = 0.01
        world.jitter = .milliseconds(200)
        for name in ["dc2", "dc3"] { world.add(name, count: 3) }
        for _ in 0..<24 {
            world.run(for: .seconds(3600))
            world.pings = []
        }
        let harmless: [Verdict] = [.up, .degraded]
        #expect(world.verdicts.allSatisfy { harmless.contains($0.verdict) })
        #expect(world.verdicts.count <= 20, "degraded and back: \(world.verdicts.count)")
    }

    @Test("Leaving: left, then unknown once its members are gone; coming back: up")
    func left() {
        var world = RouterWorld(seed: 8)
        world.add("dc2", count: 2)
        world.run(for: .seconds(5))
        for node in ["s1", "s2"] { world.input(.updated(RouterWorld.server(node, "dc2", status: .left))) }
        #expect(world.verdicts.map(\.verdict) == [.left])
        #expect(world.error("dc2") == .left(datacenter: "dc2"))
        let count = world.pings.count
        world.run(for: .seconds(10))
        #expect(world.pings.count == count)
        #expect(world.router.datacenters { _ in nil } == ["dc1"])
        world.input(.updated(RouterWorld.server("s1", "dc2")))
        world.run(for: .seconds(2))
        #expect(world.router.verdict(of: "dc2") == .up)
        for node in ["s1", "s2"] { world.input(.removed("\(node).dc2")) }
        #expect(world.router.verdict(of: "dc2") == nil && world.router.reports(at: world.now).isEmpty)
        #expect(world.router.nextDeadline == .distantFuture)
    }
}
