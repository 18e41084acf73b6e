import Determinism
import FederationModel
import Testing

@testable import RoutingCore

/// What is refused outside of the control loop is what its plan refuses, at every moment.
@Suite("Requests that are refused whoever asks") struct StandingRefusalTests {
    @Test("As the plan says, through outages, breakers and losses of the leader", arguments: 1...20)
    func asPlanned(seed: UInt64) {
        var world = RouterWorld(seed: seed)
        world.add("dc2", count: 3)
        world.run(for: .seconds(5))
        let leader = world.remotes["s1.dc2"]?.leader ?? ""
        var (generation, last) = (world.router.refusalGeneration(), world.router.refusals)
        var refusedCount = 0
        for _ in 0..<400 {
            let conditions: [RouterWorld.Condition] = [.alive, .alive, .frozen, .unreachable, .refusing]
            let condition = conditions[Int.random(in: 0..<conditions.count, using: &world.random)]
            if world.random.chance(0.1) { world.set("dc2") { $0.condition = condition } }
            if world.random.chance(0.05) {
                let named = world.random.chance(0.5) ? leader : ""
                world.set("dc2") { $0.leader = named }
            }
            request(&world)
            world.run(for: .milliseconds(200))
            for needsLeader in [false, true] {
                let ask = ForwardAsk(datacenter: "dc2", needsLeader: needsLeader, changesNothing: true)
                let plan = world.router.plan(ask, at: world.now)
                let standing = world.router.refusal(of: "dc2")?.error(needsLeader: needsLeader)
                if let standing {
                    refusedCount += 1
                    #expect(plan.decision == .refuse(standing), "seed \(seed)")
                } else if case .refuse(let error) = plan.decision {
                    // A relay may appear at any time.
                    #expect(error == .unreachable(datacenter: "dc2"), "seed \(seed)")
                }
            }
            let present = world.router.refusalGeneration()
            #expect(world.router.refusals == last || present != generation)
            (generation, last) = (present, world.router.refusals)
        }
        #expect(refusedCount > 20)
    }

    /// One that ends as its server does.
    private func request(_ world: inout RouterWorld) {
        let ask = ForwardAsk(
            datacenter: "dc2", needsLeader: world.random.chance(0.5), changesNothing: true)
        let plan = world.router.plan(ask, at: world.now)
        guard case .call(let candidates) = plan.decision, let server = candidates.first?.server.name else { return }
        world.router.began(plan)
        world.router.sent(plan, at: world.now)
        let isWell = world.remotes[server]?.condition == .alive
        if !isWell { world.run(for: .milliseconds(500)) }
        let outcome = isWell ? CallOutcome.answered(after: .milliseconds(10)) : .failed(.noAnswer(connected: true))
        world.router.ended(plan, server: server, outcome, at: world.now, into: &world.effects)
        world.router.ended(plan)
    }

    @Test("Who is forgotten is refused nothing")
    func forgotten() {
        var world = RouterWorld(seed: 1)
        world.add("dc2", count: 2)
        world.run(for: .seconds(5))
        world.set("dc2") { $0.condition = .frozen }
        world.run(for: .seconds(15))
        #expect(world.router.refusals["dc2"]?.ofAny == .frozen(datacenter: "dc2"))
        for node in ["s1", "s2"] { world.input(.removed("\(node).dc2")) }
        #expect(world.router.refusals.isEmpty)
    }
}
