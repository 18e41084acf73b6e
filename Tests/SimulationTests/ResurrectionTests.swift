import Determinism
import FederationModel
import ServerCore
import Simulation
import Testing

@Suite("Nothing brings a forgotten datacenter back but its own servers")
struct ResurrectionTests {
    /// One server in each of four datacenters; the last one dies, is forgotten, and everything else is drawn.
    private struct Story {
        let scenario: Scenario
        var random: SeededRandom
        let servers: [Int]
        let dead: Int

        init(seed: UInt64) {
            let scenario = Scenario(seed: seed)
            self.scenario = scenario
            random = SeededRandom(seed: seed &* 31)
            servers = (1...3).map { number in
                scenario.addServers(1, datacenter: number, federating: number == 1 ? [] : [1])[0]
            }
            dead = scenario.addServers(1, datacenter: 4, federating: [1, 2])[0]
        }

        /// Servers whose own tombstone stands and whose pool has the datacenter all the same.
        func resurrections() -> [Int] {
            servers.filter { server in
                guard scenario.world.isRunning(server),
                    case .forgotten(let reports)? = scenario.ask(.forgotten, at: server),
                    reports.contains(where: { $0.tombstone.isStanding })
                else { return false }
                return scenario.lists("dc4", at: server) != 0
            }
        }

        mutating func happen() {
            let one = servers.randomElement(using: &random) ?? servers[0]
            let other = servers.randomElement(using: &random) ?? servers[0]
            switch Int.random(in: 0..<6, using: &random) {
            case 0, 1:
                scenario.world.setCut(true, from: one, to: other)
                scenario.world.setCut(true, from: other, to: one)
            case 2: scenario.world.setCut(true, from: one, to: other)
            case 3: scenario.world.healAll()
            case 4: if scenario.world.isRunning(one) { scenario.world.kill(one) }
            default: for server in servers where !scenario.world.isRunning(server) { scenario.world.start(server) }
            }
        }
    }

    @Test("Cuts, restarts and rejoins in any order: no resurrection, and all forget in the end", arguments: 1...10)
    func noResurrection(seed: UInt64) {
        var story = Story(seed: seed)
        let scenario = story.scenario
        let up = scenario.run(atMost: .seconds(40)) { _ in
            story.servers.allSatisfy { scenario.verdict(of: "dc4", at: $0) == .up }
        }
        #expect(up != nil, "seed \(seed)")
        // Some may be apart before it dies, and still list it as alive when it has long been forgotten.
        if story.random.chance(0.5) { story.happen() }
        scenario.world.kill(story.dead)
        var isForgotten = false
        for _ in 0..<25 {
            scenario.run(for: .seconds(2))
            if !isForgotten, let asked = story.servers.first(where: { scenario.world.isRunning($0) }) {
                isForgotten = scenario.ask(.forget(datacenter: "dc4", isForced: false), at: asked) == .done
            }
            story.happen()
            #expect(story.resurrections().isEmpty, "seed \(seed)")
        }
        scenario.world.healAll()
        for server in story.servers where !scenario.world.isRunning(server) { scenario.world.start(server) }
        if !isForgotten {
            isForgotten = scenario.ask(.forget(datacenter: "dc4", isForced: false), at: story.servers[0]) == .done
        }
        #expect(isForgotten, "seed \(seed)")
        let all = scenario.run(atMost: .seconds(90)) { _ in
            story.servers.allSatisfy { scenario.lists("dc4", at: $0) == 0 && scenario.lists("dc1", at: $0) == 1 }
        }
        #expect(all != nil, "seed \(seed)")
        for _ in 0..<10 {
            scenario.run(for: .seconds(4))
            #expect(story.servers.allSatisfy { scenario.lists("dc4", at: $0) == 0 }, "seed \(seed)")
        }
        scenario.world.start(story.dead)
        let back = scenario.run(atMost: .seconds(90)) { _ in
            story.servers.allSatisfy { scenario.verdict(of: "dc4", at: $0) == .up }
        }
        #expect(back != nil, "seed \(seed)")
    }
}
