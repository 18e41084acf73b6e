import Determinism
import FederationModel
import Testing

@testable import RoutingCore

/// What servers say of their leader counts for the time in which they were asked, and no longer.
@Suite("Design §3, leaderless: who says so, and when it was asked") struct LeaderClaimTests {
    struct Fall: CustomTestStringConvertible {
        var condition: RouterWorld.Condition
        var verdict: Verdict
        /// How long there was no leader before; the datacenter falls as soon as it has one.
        var electing: Duration
        var testDescription: String { "\(condition) after an election of \(electing)" }
    }

    static let conditions: [(RouterWorld.Condition, Verdict)] = [
        (.frozen, .frozen), (.refusing, .unreachable), (.unreachable, .unreachable),
    ]
    static let falls = conditions.flatMap { condition, verdict in
        [100, 600, 1200, 1800].map {
            Fall(condition: condition, verdict: verdict, electing: .milliseconds($0))
        }
    }

    @Test("Who falls just after an election is never leaderless", arguments: falls)
    func fallen(fall: Fall) {
        for seed in 1...20 as ClosedRange<UInt64> {
            for isFirst in [true, false] {
                var world = RouterWorld(seed: seed)
                world.add("dc2", count: 3)
                let leader = world.remotes["s1.dc2"]?.leader ?? ""
                if !isFirst { world.run(for: .seconds(10)) }
                world.set("dc2") { $0.leader = "" }
                world.run(for: fall.electing)
                world.set("dc2") {
                    $0.leader = leader
                    $0.condition = fall.condition
                }
                world.run(for: .seconds(20))
                #expect(world.router.verdict(of: "dc2") == fall.verdict, "seed \(seed)")
                #expect(!world.verdicts.contains { $0.verdict == .leaderless }, "seed \(seed): \(world.verdicts)")
            }
        }
    }

    @Test(
        "The verdict stands a round trip after the 2 s are over",
        arguments: [1, 10, 80, 300], [3, 5, 7])
    func inTime(roundTrip: Int, count: Int) {
        for seed in 1...20 as ClosedRange<UInt64> {
            var world = RouterWorld(seed: seed)
            world.add("dc2", count: count)
            world.set("dc2") { $0.roundTrip = .milliseconds(roundTrip) }
            world.run(for: .seconds(10))
            world.set("dc2") { $0.leader = "" }
            let start = world.now
            // One server is asked each second, then all of them.
            let heard = Duration.milliseconds(2400 + 2 * roundTrip)
            world.run(for: heard + .seconds(2) + .milliseconds(2 * roundTrip))
            #expect(world.verdicts.map(\.verdict) == [.leaderless], "seed \(seed)")
            let took = (world.verdicts.first?.at ?? .distantFuture) - start
            #expect(took >= .seconds(2), "seed \(seed): \(took)")
        }
    }

    @Test("An answer that only a leader gives ends what was said before it, a waiting query's does not")
    func answered() {
        for isBlocking in [false, true] {
            var world = RouterWorld(seed: 3)
            world.add("dc2", count: 3)
            world.run(for: .seconds(10))
            world.set("dc2") { $0.leader = "" }
            world.run(for: .milliseconds(1900))
            let start = world.now
            let ask = ForwardAsk(datacenter: "dc2", needsLeader: true, changesNothing: true, isBlocking: isBlocking)
            let plan = world.router.plan(ask, at: world.now)
            world.router.sent(plan, at: world.now)
            world.router.ended(
                plan, server: "s1.dc2", .answered(after: .milliseconds(10)), at: world.now, into: &world.effects)
            world.run(for: .milliseconds(1900))
            #expect(world.verdicts.contains { $0.verdict == .leaderless } == isBlocking)
            world.run(for: .seconds(4))
            #expect(world.verdicts.map(\.verdict) == [.leaderless])
            #expect(isBlocking || (world.verdicts.last?.at ?? .zero) - start >= .seconds(2))
        }
    }

    @Test("Who was silent has said nothing: a leaderless datacenter whose servers come back one by one stays so")
    func comesBack() {
        for seed in 1...20 as ClosedRange<UInt64> {
            var world = RouterWorld(seed: seed)
            world.add("dc2", count: 3)
            world.run(for: .seconds(10))
            for name in ["s1.dc2", "s2.dc2"] { world.remotes[name]?.condition = .frozen }
            world.remotes["s3.dc2"]?.leader = ""
            world.run(for: .seconds(15))
            #expect(world.router.verdict(of: "dc2") == .leaderless, "seed \(seed)")
            world.remotes["s2.dc2"]?.leader = ""
            world.remotes["s2.dc2"]?.condition = .alive
            // A forwarded read is answered before any ping.
            world.input(.callAnswered(name: "s2.dc2", roundTrip: nil))
            world.run(for: .seconds(5))
            let words = world.verdicts.map(\.verdict).filter { $0 != .degraded }
            #expect(words == [.leaderless] && world.router.verdict(of: "dc2") == .leaderless, "seed \(seed): \(words)")
        }
    }
}
