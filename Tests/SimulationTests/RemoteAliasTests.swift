import FederationModel
import ServerCore
import Simulation
import Testing

@Suite("Alias checks of other nodes")
struct RemoteAliasTests {
    @Test("The alias follows its target on another node: critical, and passing again")
    func follows() {
        let scenario = Scenario()
        let servers = scenario.addServers(3)
        let clients = [8, 9].map { scenario.add(1, $0, isServer: false, bootstrap: .never) }
        for client in clients { scenario.world.start(client) }
        _ = scenario.awaitLeader(among: servers)
        var service = ServiceDefinition()
        service.name = "db"
        var ttl = CheckDefinition()
        ttl.ttl = .seconds(3600)
        service.checks = [ttl]
        #expect(scenario.ask(.registerService(service, replaceExistingChecks: false), at: clients[0]) == .done)
        var alias = CheckDefinition()
        alias.id = "alias"
        alias.name = "db elsewhere"
        alias.aliasNode = "dc1-c8"
        alias.aliasService = "db"
        #expect(scenario.ask(.registerCheck(alias), at: clients[1]) == .done)

        func status(_ scenario: Scenario) -> String? {
            let request = NodeSpecificRequest(datacenter: "dc1", node: "dc1-c9")
            guard case .success(.healthChecks(let answer))? = scenario.ask(.healthNodeChecks(request), at: servers[1])
            else { return nil }
            return answer.healthChecks?.first { $0.checkID == "alias" }?.status
        }
        for wanted in [CheckStatus.passing, .critical, .passing] {
            #expect(
                scenario.ask(.updateCheck(id: "service:db", wanted, output: "said so"), at: clients[0]) == .done)
            let taken = scenario.run(atMost: .seconds(10)) { status($0) == wanted.rawValue }
            #expect(taken != nil, "\(wanted) within the 5 s of a look and the writes")
        }
    }
}
