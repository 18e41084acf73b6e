import Determinism
import FederationModel
import HTTPCore
import ServerCore
import Simulation
import Testing
import TopologyCore
import WireFormat

@Suite("What does not exist is told from what cannot be known")
struct UnseenDatacenterTests {
    private static func kind(_ scenario: Scenario, of datacenter: String, at host: Int) -> String? {
        scenario.fetch("GET", "/v1/kv/a?stale&dc=\(datacenter)&timeout=500ms", at: host)?.header("X-Isthmus-Error")
    }

    private static func code(_ scenario: Scenario, of datacenter: String, at host: Int) -> Int? {
        let packet = DNSAsking.packet(7, "web.service.\(datacenter).consul", .address)
        let id = scenario.world.dns(packet, at: host, timeout: .seconds(1))
        var answer: ClientAnswer?
        _ = scenario.run(atMost: .seconds(2)) { scenario in
            answer = scenario.world.takeClientAnswer(id)
            return answer != nil
        }
        guard case .dns(let bytes)? = answer, let read = try? DNSAsking.parse(bytes, id: 7) else { return nil }
        return Int(read.code)
    }

    /// dc2 of three servers, dc1 of one that died long ago, dc3 of one.
    private static func outage(seed: UInt64) -> (scenario: Scenario, here: [Int], dead: Int, third: Int) {
        let scenario = Scenario(seed: seed)
        let dead = scenario.add(1, 1, bootstrap: .alone)
        scenario.world.start(dead)
        let here = scenario.addServers(3, datacenter: 2, federating: [1])
        let third = scenario.add(3, 1, bootstrap: .alone, federating: [1, 2])
        scenario.world.start(third)
        let up = scenario.run(atMost: .seconds(40)) { scenario in
            (here + [third]).allSatisfy { scenario.verdict(of: "dc1", at: $0) == .up }
                && here.allSatisfy { scenario.verdict(of: "dc3", at: $0) == .up }
        }
        #expect(up != nil, "seed \(seed)")
        scenario.world.kill(dead)
        // Gossip calls it failed by then, and no snapshot names it any more.
        scenario.run(for: .seconds(120))
        return (scenario, here, dead, third)
    }

    @Test(
        "Servers that start during an outage know of the datacenter that is out, by their disks or by their peers",
        arguments: 1...3 as ClosedRange<UInt64>)
    func startedDuringOutage(seed: UInt64) throws {
        let (scenario, here, dead, _) = Self.outage(seed: seed)
        // A server without a disk hears of dc1 from those that were there when it died.
        let fresh = scenario.add(2, 4, bootstrap: .never, joining: [1, 2, 3])
        scenario.world.start(fresh)
        scenario.run(for: .seconds(5))
        #expect(Self.kind(scenario, of: "dc1", at: fresh) == "unreachable", "seed \(seed)")
        for server in here { scenario.world.kill(server) }
        scenario.run(for: .seconds(2))
        for server in here { scenario.world.start(server) }
        _ = scenario.awaitLeader(among: here)
        // Until one of dc3 has told of the pool, a server that knows only its neighbours denies nothing. It asks those
        // that its own snapshot of the pool names.
        for server in here {
            let kept = scenario.world.file(ServerCore.snapshotName(.wan), of: server) ?? []
            #expect(String(decoding: kept, as: UTF8.self).contains("alive: "), "seed \(seed)")
        }
        let told = scenario.run(atMost: .seconds(20)) { scenario in
            here.allSatisfy { scenario.verdict(of: "dc3", at: $0) == .up }
        }
        #expect(told != nil, "seed \(seed)")
        for server in here + [fresh] {
            #expect(scenario.verdict(of: "dc1", at: server) == nil, "seed \(seed)")
            #expect(Self.kind(scenario, of: "dc1", at: server) == "unreachable", "seed \(seed), \(server)")
            #expect(Self.code(scenario, of: "dc1", at: server) == 2, "seed \(seed), \(server)")
            #expect(Self.kind(scenario, of: "dc9", at: server) == "unknown-datacenter", "seed \(seed), \(server)")
            #expect(Self.code(scenario, of: "dc9", at: server) == 3, "seed \(seed), \(server)")
        }
        let explained = scenario.fetch("GET", "/v1/federation/explain?dc=dc1", at: here[0])
        let json = try JSONReader.read(explained?.body ?? [])
        #expect(json["Decision"]?.text == "refuse" && json["Error"]?.text == "not-joined")
        scenario.world.start(dead)
        let back = scenario.run(atMost: .seconds(60)) { scenario in
            (here + [fresh]).allSatisfy { scenario.verdict(of: "dc1", at: $0) == .up }
        }
        #expect(back != nil, "seed \(seed)")
    }

    @Test("A datacenter that left or was forgotten while a server was away does not exist for that server either")
    func goneOnPurpose() {
        let (scenario, here, _, third) = Self.outage(seed: 4)
        let away = here[2]
        scenario.world.kill(away)
        scenario.run(for: .seconds(1))
        _ = scenario.ask(.leave, at: third)
        #expect(scenario.ask(.forget(datacenter: "dc1", isForced: false), at: here[0]) == .done)
        scenario.run(for: .seconds(5))
        scenario.world.start(away)
        let knows = scenario.run(atMost: .seconds(90)) { scenario in
            Self.kind(scenario, of: "dc3", at: away).map { ["left", "unknown-datacenter"].contains($0) } == true
        }
        #expect(knows != nil)
        #expect(Self.code(scenario, of: "dc3", at: away) == 3)
        // The event of forgetting comes with the first push/pull.
        #expect(Self.code(scenario, of: "dc1", at: away) == 3)
        #expect(Self.code(scenario, of: "dc1", at: here[0]) == 3)
    }

    @Test("Before it has heard of anybody, a server calls no datacenter unknown")
    func alone() {
        let (scenario, here, _, third) = Self.outage(seed: 5)
        let away = here[1]
        scenario.world.kill(away)
        for other in [here[0], here[2], third] {
            scenario.world.setCut(true, from: away, to: other)
            scenario.world.setCut(true, from: other, to: away)
        }
        scenario.world.start(away)
        scenario.run(for: .seconds(10))
        for name in ["dc1", "dc3", "dc9"] { #expect(Self.code(scenario, of: name, at: away) == 2, "\(name)") }
        scenario.world.healAll()
        let decided = scenario.run(atMost: .seconds(120)) { Self.code($0, of: "dc9", at: away) == 3 }
        #expect(decided != nil)
        #expect(Self.code(scenario, of: "dc1", at: away) == 2)
    }
}
