import Determinism
import FederationModel
import Testing

@testable import RoutingCore

@Suite("Relays, chosen by routers that know each other's rows")
struct RelayTests {
    private static let five = ["dc1": 1, "dc2": 1, "dc3": 1, "dc4": 1, "dc5": 1]

    /// The servers a request passes, and whether it is served, each asked as it plans.
    private static func path(_ world: MatrixWorld, from origin: String, to target: String) -> (path: [String], Bool) {
        var path = [origin]
        while let here = path.last, !here.hasSuffix(".\(target)"), path.count < 10 {
            var router = world[here]
            let ask = ForwardAsk(
                datacenter: target, needsLeader: false, changesNothing: true, hopCount: path.count - 1)
            switch router.plan(ask, at: world.now).decision {
            case .call(let candidates), .relay(let candidates): path.append(candidates[0].server.name)
            case .queue, .refuse: return (path, false)
            }
        }
        return (path, path.last?.hasSuffix(".\(target)") == true)
    }

    @Test("Any single cut among five datacenters leaves every pair queryable, over one other at most")
    func singleCuts() {
        var whole = MatrixWorld(seed: 11, Self.five)
        whole.run(for: .seconds(10))
        let names = Self.five.keys.sorted()
        for first in names {
            for second in names where second != first {
                // Both ways where the first is the smaller, one way where it is not.
                var world = whole
                world.cut(first, second)
                if first < second { world.cut(second, first) }
                world.run(for: .seconds(20))
                for origin in names {
                    for target in names where target != origin {
                        let (path, isServed) = Self.path(world, from: "s1.\(origin)", to: target)
                        let isCut = Set([origin, target]) == Set([first, second])
                        #expect(isServed && path.count == (isCut ? 3 : 2), "\(first)-\(second): \(path)")
                    }
                }
            }
        }
    }

    @Test("Nothing is relayed over Consul, over who does not reach the datacenter, or to one that is down for all")
    func noRelay() {
        var world = MatrixWorld(seed: 12, ["dc1": 1, "dc2": 1, "dc3": 1], foreign: ["dc2"])
        world.run(for: .seconds(10))
        world.cut("dc1", "dc3")
        world.cut("dc3", "dc1")
        world.run(for: .seconds(20))
        #expect(!Self.path(world, from: "s1.dc1", to: "dc3").1)
        var down = MatrixWorld(seed: 13, Self.five)
        down.run(for: .seconds(10))
        down.set("dc5", .dead)
        down.run(for: .seconds(20))
        for origin in ["dc1", "dc2", "dc3", "dc4"] {
            let (path, isServed) = Self.path(down, from: "s1.\(origin)", to: "dc5")
            #expect(!isServed && path.count == 1)
            var router = down["s1.\(origin)"]
            let ask = ForwardAsk(datacenter: "dc5", needsLeader: false, changesNothing: true)
            let explanation = router.explanation(of: router.plan(ask, at: down.now), at: down.now)
            #expect(explanation.decision == "refuse" && explanation.error == "unreachable")
            #expect(explanation.relays?.count == 3 && explanation.relays?.contains { $0.isChosen } == false)
        }
    }

    @Test("The nearest of several relays is taken")
    func nearest() {
        var world = MatrixWorld(seed: 14, Self.five)
        for relay in ["dc2", "dc4", "dc5"] {
            let trip = Duration.milliseconds(relay == "dc4" ? 40 : 200)
            world.roundTrips[.init(from: "dc1", to: relay)] = trip
            world.roundTrips[.init(from: relay, to: "dc1")] = trip
        }
        world.run(for: .seconds(10))
        world.cut("dc1", "dc3")
        world.run(for: .seconds(20))
        #expect(Self.path(world, from: "s1.dc1", to: "dc3").path == ["s1.dc1", "s1.dc4", "s1.dc3"])
    }
}
