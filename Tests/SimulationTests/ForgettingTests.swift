import Determinism
import FederationModel
import ServerCore
import Simulation
import Testing

@Suite("A datacenter is forgotten, and stays forgotten")
struct ForgettingTests {
    private struct Federation {
        let scenario: Scenario
        let first: [Int]
        let second: [Int]
        let third: [Int]
        var others: [Int] { first + second }
    }

    /// Three datacenters that know each other; the third is the one to be forgotten.
    private static func federation(seed: UInt64) -> Federation {
        let scenario = Scenario(seed: seed)
        let federation = Federation(
            scenario: scenario, first: scenario.addServers(2, datacenter: 1),
            second: scenario.addServers(1, datacenter: 2, federating: [1]),
            third: scenario.addServers(2, datacenter: 3, federating: [1, 2]))
        let all = scenario.run(atMost: .seconds(40)) { _ in
            federation.others.allSatisfy { scenario.verdict(of: "dc3", at: $0) == .up }
                && federation.others.allSatisfy { scenario.lists("dc3", at: $0) == 2 }
        }
        #expect(all != nil, "seed \(seed)")
        return federation
    }

    /// Kills the third datacenter and forgets it at the first server.
    private static func forgotten(seed: UInt64) -> Federation {
        let federation = Self.federation(seed: seed)
        let scenario = federation.scenario
        for server in federation.third { scenario.world.kill(server) }
        let noticed = scenario.run(atMost: .seconds(15)) { _ in
            federation.others.allSatisfy { scenario.verdict(of: "dc3", at: $0) == .unreachable }
        }
        #expect(noticed != nil, "seed \(seed)")
        // Others' rows say that it answers for some seconds more.
        let forgotten = scenario.run(atMost: .seconds(10)) { _ in
            scenario.run(for: .milliseconds(500))
            return scenario.ask(.forget(datacenter: "dc3", isForced: false), at: federation.first[0]) == .done
        }
        #expect(forgotten != nil, "seed \(seed)")
        return federation
    }

    @Test("All servers have erased it in 10 s; requests say so; restarts do not bring it back", arguments: 1...3)
    func forget(seed: UInt64) {
        let federation = Self.forgotten(seed: seed)
        let scenario = federation.scenario
        let gone = scenario.run(atMost: .seconds(10)) { _ in
            federation.others.allSatisfy { scenario.lists("dc3", at: $0) == 0 }
        }
        #expect(gone != nil, "seed \(seed)")
        let request = Request.kvsGet(KeyRequest(datacenter: "dc3", key: ByteString("k")))
        for server in federation.others {
            #expect(scenario.ask(request, at: server) == .failure(.forgotten(datacenter: "dc3")))
            guard case .forgotten(let reports)? = scenario.ask(.forgotten, at: server) else {
                Issue.record("no list")
                continue
            }
            #expect(reports.map(\.tombstone.datacenter) == ["dc3"] && reports.first?.tombstone.isStanding == true)
            #expect((reports.first?.askers ?? []).contains { $0.name == "this agent by KVS.Get" && $0.count == 1 })
        }
        for server in federation.others {
            scenario.world.kill(server)
            scenario.run(for: .seconds(1))
            scenario.world.start(server)
            for _ in 0..<20 {
                scenario.run(for: .milliseconds(500))
                #expect(scenario.lists("dc3", at: server) == 0, "seed \(seed)")
            }
        }
    }

    @Test("It comes back when its servers start anew, at every server", arguments: 1...3)
    func comesBack(seed: UInt64) {
        let federation = Self.forgotten(seed: seed)
        let scenario = federation.scenario
        scenario.run(for: .seconds(15))
        for server in federation.third { scenario.world.start(server) }
        let back = scenario.run(atMost: .seconds(60)) { _ in
            federation.others.allSatisfy { scenario.verdict(of: "dc3", at: $0) == .up }
                && federation.others.allSatisfy { scenario.lists("dc3", at: $0) == 2 }
        }
        #expect(back != nil, "seed \(seed)")
        guard case .forgotten(let reports)? = scenario.ask(.forgotten, at: federation.second[0]) else { return }
        #expect(reports.map(\.tombstone.isStanding) == [false])
    }

    @Test("A datacenter that answers is not forgotten; by force it is cut off until it starts anew")
    func force() {
        let federation = Self.federation(seed: 7)
        let scenario = federation.scenario
        let forget = AgentRequest.forget(datacenter: "dc3", isForced: false)
        guard case .failed(.refused(let text))? = scenario.ask(forget, at: federation.first[1]) else {
            Issue.record("it was forgotten")
            return
        }
        #expect(text.contains("answers"))
        #expect(scenario.ask(.forget(datacenter: "dc1", isForced: true), at: federation.first[1]) != .done)
        #expect(scenario.ask(.forget(datacenter: "dc9", isForced: true), at: federation.first[1]) != .done)
        #expect(scenario.ask(.forget(datacenter: "dc3", isForced: true), at: federation.first[1]) == .done)
        scenario.run(for: .seconds(10))
        for _ in 0..<60 {
            scenario.run(for: .seconds(1))
            for server in federation.others { #expect(scenario.lists("dc3", at: server) == 0) }
        }
        for server in federation.third { scenario.world.kill(server) }
        scenario.run(for: .seconds(3))
        for server in federation.third { scenario.world.start(server) }
        let back = scenario.run(atMost: .seconds(60)) { _ in
            federation.others.allSatisfy { scenario.verdict(of: "dc3", at: $0) == .up }
        }
        #expect(back != nil)
    }

    @Test("A server cut off meanwhile learns of it when it is back, and brings nothing back", arguments: 1...3)
    func partition(seed: UInt64) {
        let federation = Self.federation(seed: seed)
        let scenario = federation.scenario
        let apart = federation.second[0]
        for server in federation.third { scenario.world.kill(server) }
        for server in federation.first {
            scenario.world.setCut(true, from: server, to: apart)
            scenario.world.setCut(true, from: apart, to: server)
        }
        scenario.run(for: .seconds(15))
        #expect(scenario.ask(.forget(datacenter: "dc3", isForced: false), at: federation.first[0]) == .done)
        scenario.run(for: .seconds(20))
        #expect(scenario.lists("dc3", at: apart) == 2)
        scenario.world.healAll()
        for _ in 0..<120 {
            scenario.run(for: .milliseconds(500))
            for server in federation.first { #expect(scenario.lists("dc3", at: server) == 0, "seed \(seed)") }
        }
        #expect(scenario.lists("dc3", at: apart) == 0, "seed \(seed)")
    }
}

extension Scenario {
    /// Servers of a datacenter in the WAN pool of an agent.
    func lists(_ datacenter: String, at host: Int) -> Int {
        guard case .members(let members)? = ask(.members(wan: true), at: host) else { return -1 }
        return members.count { $0.name.hasSuffix(".\(datacenter)") }
    }
}
