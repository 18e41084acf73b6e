import Determinism
import FederationModel
import Testing

@testable import RoutingCore

@Suite struct RouterTests {
    @Test("An unknown datacenter is told from one that cannot be reached")
    func unknown() {
        var world = RouterWorld(seed: 1)
        #expect(world.error("dc9") == .unknownDatacenter("dc9"))
        world.add("dc2", count: 1)
        #expect(world.names("dc2") == ["s1.dc2"])
        #expect(world.error("DC2") == .unknownDatacenter("DC2"))
        world.input(.updated(RouterWorld.server("s1", "dc1")))
        #expect(world.error("dc1") == .unknownDatacenter("dc1"))
    }

    @Test("Order: the leader first when needed, then by round trip, doubtful ones last, silent ones never")
    func order() {
        var world = RouterWorld(seed: 2)
        world.add("dc2", count: 4)
        for (name, trip) in [("s1", 40), ("s2", 30), ("s3", 10), ("s4", 20)] {
            world.remotes["\(name).dc2"]?.roundTrip = .milliseconds(trip)
        }
        world.run(for: .seconds(20))
        #expect(world.names("dc2") == ["s3.dc2", "s4.dc2", "s2.dc2", "s1.dc2"])
        #expect(world.names("dc2", needsLeader: true) == ["s1.dc2", "s3.dc2", "s4.dc2", "s2.dc2"])
        world.input(.callFailed(name: "s3.dc2", .refused))
        #expect(world.names("dc2") == ["s4.dc2", "s2.dc2", "s1.dc2", "s3.dc2"])
        world.remotes["s3.dc2"]?.condition = .refusing
        world.run(for: .seconds(5))
        #expect(world.names("dc2") == ["s4.dc2", "s2.dc2", "s1.dc2"])
        world.remotes["s1.dc2"]?.condition = .refusing
        world.run(for: .seconds(5))
        #expect(world.names("dc2", needsLeader: true) == ["s4.dc2", "s2.dc2"])
    }

    @Test("A healthy datacenter is asked about once a second, in rotation, within the jitter")
    func rotation() {
        var world = RouterWorld(seed: 3)
        world.add("dc2", count: 3)
        world.run(for: .seconds(5))
        world.pings = []
        world.run(for: .seconds(60))
        #expect((48...76).contains(world.pings.count))
        for (first, second) in zip(world.pings, world.pings.dropFirst()) {
            #expect((Duration.milliseconds(800)...Duration.milliseconds(1200)).contains(second.at - first.at))
            #expect(first.name != second.name)
        }
        #expect(Set(world.pings.map(\.name)).count == 3)
        #expect(world.pings.allSatisfy { !$0.fresh })
    }

    @Test("Rounds of many datacenters leave in a few turns a second, each still once a second")
    func roundsTogether() {
        for seed in 1...5 as ClosedRange<UInt64> {
            var world = RouterWorld(seed: seed)
            for number in 10..<49 {
                world.add("far\(number)", count: 1)
                // They are met one after the other, over twice the time in which each is asked.
                world.run(for: .milliseconds(50))
            }
            world.run(for: .seconds(20))
            world.pings = []
            world.run(for: .seconds(60))
            let turns = Set(world.pings.map(\.at)).count
            // Without it each of the 39 has a turn of its own.
            #expect(turns <= 60 * 10, "seed \(seed): \(turns) turns in a minute")
            for (name, pings) in Dictionary(grouping: world.pings, by: \.name) {
                #expect((48...76).contains(pings.count), "seed \(seed): \(name) \(pings.count)")
                for (first, second) in zip(pings, pings.dropFirst()) {
                    #expect((Duration.milliseconds(750)...Duration.milliseconds(1200)).contains(second.at - first.at))
                }
            }
        }
    }

    @Test(
        "While a ping is missing all are asked, seven a second, on fresh connections where it is missing"
    )
    func attention() {
        var world = RouterWorld(seed: 4)
        world.add("dc2", count: 9)
        world.run(for: .seconds(20))
        world.remotes["s1.dc2"]?.condition = .unreachable
        world.run(for: .seconds(20))
        world.pings = []
        world.run(for: .seconds(10))
        #expect(Set(world.pings.map(\.name)).count == 9)
        #expect(world.pings.count <= 7 * 13)
        #expect(world.pings.allSatisfy { $0.fresh == ($0.name == "s1.dc2") })
    }

    @Test("At most 64 pings in any second, and every datacenter has its turn")
    func budget() {
        var world = RouterWorld(seed: 5)
        for number in 0..<40 { world.add("far\(number)", count: 3) }
        world.set("far1") { $0.condition = .alive }
        for name in world.remotes.keys { world.remotes[name]?.condition = .unreachable }
        world.run(for: .seconds(30))
        let window = Duration.seconds(1)
        for (index, ping) in world.pings.enumerated() where index >= 64 {
            #expect(ping.at - world.pings[index - 64].at >= window)
        }
        #expect(Set(world.pings.suffix(640).map(\.name)).count == 120)
        #expect(world.verdicts.filter { $0.verdict == .unreachable }.count == 40)
    }

    @Test("A second cluster under a known name is refused with one line that names both")
    func twoClusters() {
        var world = RouterWorld(seed: 6)
        world.add("dc2", count: 2)
        world.input(.updated(RouterWorld.server("x1", "dc2", cluster: "bbbbbbbb")))
        world.input(.updated(RouterWorld.server("x2", "dc2", cluster: "bbbbbbbb")))
        world.input(.updated(RouterWorld.server("x1", "dc2", cluster: "bbbbbbbb", status: .failed)))
        #expect(world.logs.count == 1)
        #expect(world.logs.first?.level == .error)
        let values = Dictionary(uniqueKeysWithValues: (world.logs.first?.values ?? []).map { ($0.key, $0.value) })
        #expect(values["routing.cluster"] == "aaaaaaaa" && values["routing.refused.cluster"] == "bbbbbbbb")
        #expect(values["routing.server"] == "s1.dc2" && values["routing.refused.server"] == "x1.dc2")
        world.run(for: .seconds(10))
        #expect(Set(world.names("dc2")) == ["s1.dc2", "s2.dc2"])
        #expect(world.pings.allSatisfy { !$0.name.hasPrefix("x") })
        // A server of ours without a tag has not bootstrapped yet.
        world.input(.updated(RouterWorld.server("s3", "dc2", cluster: nil)))
        #expect(world.names("dc2").contains("s3.dc2") && world.logs.count == 1)
        // When the first cluster is gone the name is free.
        world.input(.updated(RouterWorld.server("s3", "dc2", cluster: nil, status: .left)))
        for node in ["s1", "s2"] { world.input(.removed("\(node).dc2")) }
        #expect(world.names("dc2") == ["x1.dc2", "x2.dc2"])
    }

    @Test("A Consul server under the name of a cluster of ours is refused, and ours under a Consul datacenter's")
    func twoEngines() {
        var world = RouterWorld(seed: 12)
        world.add("dc2", count: 2)
        world.input(.updated(RouterWorld.server("x1", "dc2", cluster: nil, isIsthmus: false)))
        #expect(world.names("dc2") == ["s1.dc2", "s2.dc2"] && world.logs.count == 1)
        for node in ["c1", "c2"] {
            world.input(.updated(RouterWorld.server(node, "dc3", cluster: nil, isIsthmus: false)))
        }
        world.input(.updated(RouterWorld.server("s1", "dc3")))
        #expect(world.names("dc3") == ["c1.dc3", "c2.dc3"] && world.logs.count == 2)
    }

    @Test("A refused tag of a server already routed to moves it out")
    func changedCluster() {
        var world = RouterWorld(seed: 7)
        world.add("dc2", count: 2)
        world.input(.updated(RouterWorld.server("s2", "dc2", cluster: "bbbbbbbb")))
        #expect(world.names("dc2") == ["s1.dc2"] && world.logs.count == 1)
        world.input(.updated(RouterWorld.server("s1", "dc2", cluster: "bbbbbbbb")))
        #expect(world.names("dc2") == ["s1.dc2", "s2.dc2"])
    }

    @Test("Request outcomes: slow answers prove nothing, error texts are answers, a burst counts once")
    func outcomes() {
        var world = RouterWorld(seed: 8)
        world.add("dc2", count: 1)
        world.run(for: .seconds(5))
        for _ in 0..<100 {
            world.input(.callFailed(name: "s1.dc2", .refused))
            world.input(.callFailed(name: "s1.dc2", .noAnswer(connected: true)))
        }
        #expect(world.router.verdict(of: "dc2") == .up)
        world.run(for: .seconds(2))
        #expect(world.verdicts.isEmpty)
        for _ in 0..<10 {
            world.input(.callFailed(name: "s1.dc2", .noAnswer(connected: true)))
            world.run(for: .seconds(1))
        }
        #expect(world.verdicts.isEmpty)
        world.input(.callFailed(name: "s1.dc2", .application("Permission denied")))
        world.input(.callAnswered(name: "s1.dc2", roundTrip: .milliseconds(3)))
        world.input(.callAnswered(name: "nobody", roundTrip: nil))
        #expect(world.names("dc2") == ["s1.dc2"])
    }

    @Test("What a failed ping call proves")
    func pingFailures() {
        let id = PingID(1)
        func input(_ failure: CallFailure, fresh: Bool) -> RouterInput {
            .pingCallFailed(id, failure, fresh: fresh, roundTrip: .milliseconds(4))
        }
        #expect(input(.refused, fresh: false) == .pingFailed(id, .refused))
        #expect(input(.connectTimeout, fresh: true) == .pingFailed(id, .connectTimeout))
        #expect(input(.noAnswer(connected: false), fresh: false) == .pingFailed(id, .connectTimeout))
        #expect(input(.noAnswer(connected: true), fresh: true) == .pingFailed(id, .silentAfterConnect))
        #expect(input(.noAnswer(connected: true), fresh: false) != .pingFailed(id, .silentAfterConnect))
        let answered = RouterInput.pingAnswered(id, leader: nil, roundTrip: .milliseconds(4))
        #expect(input(.application("rpc: can't find method"), fresh: false) == answered)
        #expect(input(.overloaded, fresh: true) == .pingDropped(id))
    }

    @Test("consul-rpc 4.7: datacenters by median distance, own first, unknown last, ties by name")
    func distances() {
        let order = distanceOrder(
            [
                ("far", .milliseconds(90)), ("near", .milliseconds(5)), ("near", .milliseconds(500)),
                ("near", .milliseconds(20)), ("b", .milliseconds(30)), ("a", .milliseconds(30)), ("dark", nil),
                ("home", nil), ("also-dark", nil), ("far", .milliseconds(1)),
            ], own: "home")
        #expect(order == ["home", "near", "a", "b", "far", "also-dark", "dark"])
        #expect(distanceOrder([], own: "x") == [])
    }

    @Test("What may be repeated on another server")
    func retries() {
        let read = Request.kvsGet(KeyRequest(datacenter: "dc2"))
        let write = Request.kvsApply(KVSRequest())
        let event = Request.internalEventFire(EventFireRequest())
        let certain: [CallFailure] = [
            .refused, .connectTimeout, .connectFailed("x"), .notSent("x"), .noAnswer(connected: false),
        ]
        let policy = RetryPolicy.acrossDatacenters
        for failure in certain {
            for request in [read, write, event] {
                #expect(policy.allows(request, after: failure, retryCount: 0))
                #expect(!policy.allows(request, after: failure, retryCount: 1))
            }
        }
        for failure in [CallFailure.lost("EOF"), .noAnswer(connected: true)] {
            #expect(policy.allows(read, after: failure, retryCount: 0))
            #expect(!policy.allows(write, after: failure, retryCount: 0))
            #expect(!policy.allows(event, after: failure, retryCount: 0))
        }
        #expect(policy.allows(write, after: .application("rpc error making call: No cluster leader"), retryCount: 0))
        #expect(!policy.allows(read, after: .application("Permission denied"), retryCount: 0))
        #expect(!policy.allows(read, after: .overloaded, retryCount: 0))
    }

    @Test("Random inputs never trap, and advance always catches up", arguments: 1...30)
    func random(seed: UInt64) {
        var world = RouterWorld(seed: seed)
        for _ in 0..<500 {
            let node = "s\(Int.random(in: 1...4, using: &world.random))"
            let datacenter = "dc\(Int.random(in: 1...4, using: &world.random))"
            let statuses: [PoolMember.Status] = [.alive, .failed, .left, .leaving, .none]
            let clusters: [String?] = ["aaaaaaaa", "bbbbbbbb", nil, "00000000"]
            switch Int.random(in: 0...5, using: &world.random) {
            case 0, 1:
                let server = RouterWorld.server(
                    node, datacenter, cluster: clusters[Int.random(in: 0...3, using: &world.random)],
                    status: statuses[Int.random(in: 0...4, using: &world.random)])
                world.remotes[server.name] = .init(server: server)
                world.input(.updated(server))
            case 2: world.input(.removed("\(node).\(datacenter)"))
            case 3: world.input(.callFailed(name: "\(node).\(datacenter)", .refused))
            case 4: world.input(.pingDropped(PingID(UInt64.random(in: 0...600, using: &world.random))))
            default: world.run(for: .milliseconds(Int64.random(in: 0...2000, using: &world.random)))
            }
            for report in world.router.reports(at: world.now) {
                #expect(report.servers.map(\.name) == report.servers.map(\.name).sorted())
            }
        }
        world.run(for: .seconds(20))
    }
}
