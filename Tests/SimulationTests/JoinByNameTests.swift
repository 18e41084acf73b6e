import FederationModel
import ServerCore
import Simulation
import Testing

@Suite("Names to join")
struct JoinByNameTests {
    @Test("A name is looked up again at each attempt: its address may change, or come late")
    func changedAddress() {
        let scenario = Scenario()
        let servers = scenario.addServers(3)
        let client = scenario.add(1, 9, isServer: false, bootstrap: .never, joining: [], names: ["servers.example"])
        scenario.world.addresses["servers.example"] = []
        scenario.world.start(client)
        scenario.run(for: .seconds(10))
        scenario.world.addresses["servers.example"] = [Scenario.address(1, 77)]
        scenario.run(for: .seconds(15))
        #expect(scenario.stat("serf_lan", "members", at: client) == "1")
        scenario.world.addresses["servers.example"] = [Scenario.address(1, 2)]
        #expect(scenario.run(atMost: .seconds(15)) { $0.stat("serf_lan", "members", at: client) == "4" } != nil)
        #expect(scenario.world.isRunning(servers[1]))
    }

    @Test("A name that is never answered holds up neither addresses nor other names")
    func hangingName() {
        let scenario = Scenario()
        scenario.world.addresses["servers.example"] = [Scenario.address(1, 1)]
        _ = scenario.addServers(3)
        for (number, joining, names) in [(8, [1], ["hangs.example"]), (9, [], ["hangs.example", "servers.example"])] {
            let client = scenario.add(
                1, number, isServer: false, bootstrap: .never, joining: joining, names: names)
            scenario.world.start(client)
            let taken = scenario.run(atMost: .seconds(5)) {
                $0.stat("serf_lan", "members", at: client).flatMap { Int($0) } ?? 0 >= 4
            }
            #expect(taken != nil, "\(joining) \(names)")
        }
    }

    @Test("Attempts of a hanging name count: as many as allowed end the agent")
    func countedAttempts() {
        let scenario = Scenario()
        scenario.maxJoinAttempts = 3
        let lost = scenario.add(1, 9, isServer: false, bootstrap: .never, joining: [], names: ["hangs.example"])
        scenario.world.start(lost)
        #expect(scenario.run(atMost: .seconds(30)) { !$0.world.isRunning(lost) } != nil)
    }
}
