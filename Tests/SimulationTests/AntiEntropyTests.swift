import Determinism
import FederationModel
import ServerCore
import Simulation
import Testing
import TopologyCore

/// What an agent registers reaches the catalog whole: no reader finds an instance without its checks.
@Suite struct AntiEntropyTests {
    /// A server that leads itself and a client agent, some milliseconds of jitter apart.
    private func pair(seed: UInt64 = 1) -> (Scenario, server: Int, client: Int) {
        let scenario = Scenario(seed: seed)
        let server = scenario.add(1, 1, bootstrap: .alone)
        let client = scenario.add(1, 9, isServer: false, bootstrap: .never)
        var link = Topology.Link.between
        link.latency = .range(.milliseconds(1), .milliseconds(20))
        scenario.world.setLink(link, from: client, to: server)
        for host in [server, client] { scenario.world.start(host) }
        _ = scenario.awaitLeader(among: [server])
        // Past the first comparison with the catalog and the first coordinates.
        scenario.run(for: .seconds(20))
        return (scenario, server, client)
    }

    private func service(_ id: String, port: Int = 80, checks: [CheckDefinition]) -> ServiceDefinition {
        var service = ServiceDefinition()
        (service.id, service.name, service.port, service.checks) = (id, id, port, checks)
        return service
    }

    private func check(_ id: String = "", _ status: CheckStatus = .critical) -> CheckDefinition {
        var check = CheckDefinition()
        (check.id, check.name, check.ttl, check.initialStatus) = (id, id, .seconds(600), status.rawValue)
        return check
    }

    /// The one instance of a service, as the server has it.
    private func instance(_ name: String, _ scenario: Scenario, _ server: Int) -> CheckServiceNode? {
        let request = Request.healthServiceNodes(ServiceSpecificRequest(datacenter: "dc1", serviceName: name))
        guard case .success(.checkServiceNodes(let answer))? = scenario.ask(request, at: server) else { return nil }
        return answer.nodes?.first
    }

    private func commitIndex(_ scenario: Scenario, _ server: Int) -> Int? {
        scenario.stat("raft", "commit_index", at: server).flatMap { Int($0) }
    }

    @Test(
        "A service and its checks are one entry, and go by one",
        arguments: [[""], ["", ""], ["a", "b", "c"]])
    func oneEntry(ids: [String]) throws {
        let (scenario, server, client) = pair()
        let before = try #require(commitIndex(scenario, server))
        let registered = service("web", checks: ids.map { check($0) })
        _ = scenario.ask(.registerService(registered, replaceExistingChecks: false), at: client)
        #expect(scenario.run(atMost: .seconds(2)) { instance("web", $0, server) != nil } != nil)
        scenario.run(for: .milliseconds(500))
        let found = try #require(instance("web", scenario, server))
        let own = found.checks?.filter { $0.serviceID == "web" } ?? []
        #expect(own.count == ids.count && own.allSatisfy { $0.status == "critical" })
        #expect(own.allSatisfy { $0.raftIndex.createIndex == found.service?.raftIndex.createIndex })
        #expect(commitIndex(scenario, server) == before + 1)

        _ = scenario.ask(.deregisterService(id: "web"), at: client)
        #expect(scenario.run(atMost: .seconds(2)) { instance("web", $0, server) == nil } != nil)
        scenario.run(for: .milliseconds(500))
        #expect(commitIndex(scenario, server) == before + 2)
    }

    @Test("Of more checks than one write carries the worst are in it")
    func manyChecks() throws {
        let (scenario, server, client) = pair()
        let checks = (0..<300).map { check("c\($0)", .passing) } + [check("z1", .warning), check("z2", .critical)]
        _ = scenario.ask(.registerService(service("web", checks: checks), replaceExistingChecks: false), at: client)
        _ = scenario.run(atMost: .seconds(2)) { (instance("web", $0, server)?.checks?.count ?? 0) >= 302 }
        let found = try #require(instance("web", scenario, server))
        let own = found.checks?.filter { $0.serviceID == "web" } ?? []
        let created = found.service?.raftIndex.createIndex
        #expect(own.count == 302)
        #expect(own.count { $0.raftIndex.createIndex == created } == 256)
        #expect(own.filter { $0.status != "passing" }.allSatisfy { $0.raftIndex.createIndex == created })
    }

    @Test("A node that the catalog lost comes back whole")
    func lostNode() throws {
        let (scenario, server, client) = pair()
        let registered = service("web", checks: [check("a"), check("b", .passing)])
        _ = scenario.ask(.registerService(registered, replaceExistingChecks: false), at: client)
        #expect(scenario.run(atMost: .seconds(2)) { instance("web", $0, server) != nil } != nil)
        let lost = DeregisterRequest(datacenter: "dc1", node: "dc1-c9")
        _ = scenario.ask(.catalogDeregister(lost), at: server)
        #expect(instance("web", scenario, server) == nil)
        // It compares once a minute and a sixteenth.
        #expect(scenario.run(atMost: .seconds(70)) { instance("web", $0, server) != nil } != nil)
        let found = try #require(instance("web", scenario, server))
        let own = found.checks?.filter { $0.serviceID == "web" } ?? []
        #expect(own.map(\.checkID).sorted() == ["a", "b"])
        #expect(own.allSatisfy { $0.raftIndex.createIndex == found.service?.raftIndex.createIndex })
    }

    @Test(
        "However registrations follow each other, none overtakes the one before",
        arguments: 1...40 as ClosedRange<UInt64>)
    func order(seed: UInt64) {
        let (scenario, server, client) = pair(seed: seed)
        var random = SeededRandom(seed: seed)
        func draw(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }
        for _ in 0..<40 {
            let id = "s\(draw(2))"
            let request: AgentRequest
            switch draw(5) {
            case 0: request = .deregisterService(id: id)
            case 1: request = .deregisterCheck(id: "\(id)-c\(draw(2))")
            case 2:
                request = .updateCheck(id: "\(id)-c\(draw(2))", CheckStatus.allCases[draw(3)], output: "\(draw(9))")
            default:
                let checks = (0..<draw(3)).map { check("\(id)-c\($0)") }
                request = .registerService(
                    service(id, port: draw(9), checks: checks), replaceExistingChecks: draw(2) == 0)
            }
            _ = scenario.begin(request, at: client)
            scenario.run(for: .milliseconds(draw(12)))
        }
        // Before the next comparison with the catalog would mend it.
        scenario.run(for: .seconds(5))
        guard case .servicesAndChecks(let services, let checks) = scenario.ask(.servicesAndChecks, at: client) else {
            Issue.record("no answer")
            return
        }
        for id in ["s0", "s1"] {
            let found = instance(id, scenario, server)
            let own = (found?.checks ?? []).filter { !$0.serviceID.isEmpty }
            #expect(found?.service?.port == services.first { $0.id == id }?.port, "\(id), seed \(seed)")
            #expect(
                own.map { "\($0.checkID) \($0.status)" }.sorted()
                    == checks.filter { $0.serviceID == id }.map { "\($0.checkID) \($0.status)" }.sorted(),
                "\(id), seed \(seed)")
        }
    }
}
