import FederationModel
import ServerCore
import Simulation
import Testing

@Suite("Options with Consul's effect")
struct OptionTests {
    private func check(_ scenario: Scenario, at host: Int) -> HealthCheck? {
        let request = NodeSpecificRequest(datacenter: "dc1", node: scenario.world.hosts[host])
        guard case .success(.healthChecks(let answer))? = scenario.ask(.healthNodeChecks(request), at: host) else {
            return nil
        }
        return answer.healthChecks?.first { $0.checkID == "c" }
    }

    @Test("check_update_interval: an output alone waits for half to one and a half of it, a status does not")
    func checkUpdateInterval() {
        let scenario = Scenario()
        let server = scenario.add(1, 1, bootstrap: .alone)
        scenario.world.start(server)
        var definition = CheckDefinition()
        definition.id = "c"
        definition.name = "c"
        definition.ttl = .seconds(3600)
        #expect(scenario.ask(.registerCheck(definition), at: server) == .done)
        #expect(scenario.ask(.updateCheck(id: "c", .passing, output: "first"), at: server) == .done)
        #expect(scenario.run(atMost: .seconds(2)) { self.check($0, at: server)?.output == "first" } != nil)
        for number in 1...100 {
            #expect(scenario.ask(.updateCheck(id: "c", .passing, output: "\(number)"), at: server) == .done)
            scenario.run(for: .seconds(1))
        }
        #expect(check(scenario, at: server)?.output == "first", "two full comparisons have passed it over")
        let taken = scenario.run(atMost: .seconds(400)) { self.check($0, at: server)?.output == "100" }
        #expect(taken.map { $0 > .seconds(49) && $0 < .seconds(351) } == true)
        #expect(scenario.ask(.updateCheck(id: "c", .passing, output: "late"), at: server) == .done)
        #expect(scenario.ask(.updateCheck(id: "c", .critical, output: "down"), at: server) == .done)
        #expect(scenario.run(atMost: .seconds(2)) { self.check($0, at: server)?.output == "down" } != nil)
    }

    @Test("leave_drain_time: a server that has left still answers for so long; one without others ends at once")
    func leaveDrainTime() {
        let scenario = Scenario()
        scenario.leaveDrainTime = .seconds(20)
        let servers = scenario.addServers(3)
        let alone = scenario.add(2, 1, bootstrap: .alone)
        scenario.world.start(alone)
        _ = scenario.awaitLeader(among: servers)
        scenario.run(for: .seconds(5))
        _ = scenario.begin(.leave, at: alone)
        #expect(scenario.run(atMost: .seconds(10)) { !$0.world.isRunning(alone) } != nil)
        #expect(scenario.put("key", "1", at: servers[0]))
        _ = scenario.begin(.leave, at: servers[1])
        scenario.run(for: .seconds(19))
        #expect(scenario.world.isRunning(servers[1]))
        #expect(scenario.get("key", at: servers[1], stale: true) == "1")
        #expect(scenario.run(atMost: .seconds(20)) { !$0.world.isRunning(servers[1]) } != nil)
    }

    @Test("raft_snapshot_interval: the threshold is looked at so often, four thresholds wait for nothing")
    func snapshotInterval() {
        let scenario = Scenario()
        scenario.snapshotInterval = .seconds(60)
        let server = scenario.add(1, 1, bootstrap: .alone)
        scenario.world.start(server)
        func snapshot() -> Int { scenario.stat("raft", "last_snapshot_index", at: server).flatMap { Int($0) } ?? 0 }
        for number in 1...40 { #expect(scenario.put("key-\(number)", "x", at: server)) }
        scenario.run(for: .seconds(30))
        #expect(snapshot() == 0, "more than the threshold of 20")
        scenario.run(for: .seconds(40))
        #expect(snapshot() >= 40)
        for number in 1...90 { #expect(scenario.put("more-\(number)", "x", at: server)) }
        scenario.run(for: .seconds(1))
        #expect(snapshot() >= 120)
    }
}
