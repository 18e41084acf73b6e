import FederationModel
import ServerCore
import Simulation
import Testing

@Suite("Requests about an agent's own registrations")
struct LocalRequestTests {
    private func scenario() -> (Scenario, Int) {
        let scenario = Scenario()
        let servers = scenario.addServers(1)
        _ = scenario.awaitLeader(among: servers)
        return (scenario, servers[0])
    }

    private func definition(_ name: String, port: Int = 0) -> ServiceDefinition {
        var service = ServiceDefinition()
        (service.id, service.name, service.port) = (name, name, port)
        return service
    }

    private func hash(_ answer: AgentResponse?) -> String? {
        guard case .service(_, let hash) = answer else { return nil }
        return hash
    }

    @Test("A hash-based read waits for a change of its service, or for its time")
    func hashes() throws {
        let (scenario, host) = scenario()
        #expect(scenario.ask(.service(id: "a", hash: "", wait: .zero), at: host)
            == .failed(.notFound("unknown service ID: a")))
        _ = scenario.ask(.registerService(definition("a"), replaceExistingChecks: false), at: host)
        let first = try #require(hash(scenario.ask(.service(id: "a", hash: "", wait: .zero), at: host)))
        #expect(hash(scenario.ask(.service(id: "a", hash: "other", wait: .seconds(60)), at: host)) == first)

        let timed = scenario.begin(.service(id: "a", hash: first, wait: .seconds(2)), at: host)
        scenario.run(for: .seconds(1))
        #expect(scenario.agentAnswer(timed) == nil)
        scenario.run(for: .seconds(2))
        #expect(hash(scenario.agentAnswer(timed)) == first)

        let changed = scenario.begin(.service(id: "a", hash: first, wait: .seconds(60)), at: host)
        _ = scenario.ask(.registerService(definition("b"), replaceExistingChecks: false), at: host)
        scenario.run(for: .milliseconds(100))
        #expect(scenario.agentAnswer(changed) == nil, "another service")
        _ = scenario.ask(.registerService(definition("a", port: 5), replaceExistingChecks: false), at: host)
        scenario.run(for: .milliseconds(100))
        let second = try #require(hash(scenario.agentAnswer(changed)))
        #expect(second != first)

        let gone = scenario.begin(.service(id: "a", hash: second, wait: .seconds(60)), at: host)
        _ = scenario.ask(.deregisterService(id: "a"), at: host)
        scenario.run(for: .milliseconds(100))
        #expect(scenario.agentAnswer(gone) == .failed(.notFound("unknown service ID: a")))
    }

    private func checks(_ scenario: Scenario, _ host: Int) -> [HealthCheck] {
        guard case .checks(let checks) = scenario.ask(.checks, at: host) else { return [] }
        return checks
    }

    @Test("Maintenance is a critical check that keeps its first reason and goes with its service")
    func maintenance() {
        let (scenario, host) = scenario()
        func maintain(_ service: String?, _ isEnabled: Bool, _ reason: String) -> AgentResponse? {
            scenario.ask(.maintenance(service: service, isEnabled: isEnabled, reason: reason), at: host)
        }
        #expect(maintain("a", true, "") == .failed(.notFound("No service registered with ID \"a\"")))
        _ = scenario.ask(.registerService(definition("a"), replaceExistingChecks: false), at: host)
        #expect(maintain("a", true, "why") == .done)
        #expect(maintain("a", true, "else") == .done)
        #expect(maintain(nil, true, "") == .done)
        let found = checks(scenario, host)
        #expect(found.map(\.checkID) == ["_node_maintenance", "_service_maintenance:a"])
        #expect(found.map(\.type) == ["maintenance", "maintenance"] && found.map(\.status) == ["critical", "critical"])
        #expect(found.map(\.notes) == [
            "Maintenance mode is enabled for this node, but no reason was provided. This is a default message.", "why",
        ])
        #expect(maintain(nil, false, "") == .done)
        _ = scenario.ask(.deregisterService(id: "a"), at: host)
        #expect(checks(scenario, host).isEmpty)
    }

    @Test("A reload adds, keeps and removes what files define, and leaves what came over HTTP")
    func reload() {
        let (scenario, host) = scenario()
        var check = CheckDefinition()
        (check.id, check.name, check.ttl) = ("c", "c", .seconds(600))
        _ = scenario.ask(.registerService(definition("http"), replaceExistingChecks: false), at: host)
        #expect(scenario.ask(.reload([definition("a"), definition("b")], [check]), at: host) == .done)
        _ = scenario.ask(.updateCheck(id: "c", .passing, output: "fine"), at: host)
        #expect(scenario.ask(.reload([definition("b", port: 7)], [check]), at: host) == .done)
        guard case .services(let services) = scenario.ask(.services, at: host) else {
            Issue.record("no services")
            return
        }
        #expect(services.map(\.id) == ["b", "http"] && services.map(\.port) == [7, 0])
        #expect(checks(scenario, host).map(\.status) == ["passing"] && checks(scenario, host).map(\.output) == ["fine"])
        #expect(scenario.ask(.reload([], []), at: host) == .done)
        #expect(checks(scenario, host).isEmpty)
    }

    @Test("A check without an id keeps its status through a reload, and through a registration that replaces others")
    func unnamedChecks() {
        let (scenario, host) = scenario()
        var web = definition("web")
        web.checks = [CheckDefinition()]
        web.checks[0].ttl = .seconds(600)
        for change: AgentRequest in [.reload([web], []), .registerService(web, replaceExistingChecks: true)] {
            _ = scenario.ask(.reload([web], []), at: host)
            _ = scenario.ask(.updateCheck(id: "service:web", .passing, output: "fine"), at: host)
            #expect(scenario.ask(change, at: host) == .done)
            #expect(checks(scenario, host).map(\.checkID) == ["service:web"])
            #expect(checks(scenario, host).map(\.status) == ["passing"])
        }
        // Two checks become one: the second is not kept.
        web.checks += [web.checks[0]]
        _ = scenario.ask(.registerService(web, replaceExistingChecks: true), at: host)
        #expect(checks(scenario, host).map(\.checkID) == ["service:web:1", "service:web:2"])
        web.checks.removeLast()
        _ = scenario.ask(.registerService(web, replaceExistingChecks: true), at: host)
        #expect(checks(scenario, host).map(\.checkID) == ["service:web"])
    }
}
