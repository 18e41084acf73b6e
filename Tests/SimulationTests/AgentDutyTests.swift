import FederationModel
import ServerCore
import Simulation
import Testing

@Suite("What an agent does of its own, and what it refuses")
struct AgentDutyTests {
    @Test("Every agent's coordinate comes to the catalog, those of one interval in one log entry")
    func coordinates() {
        let scenario = Scenario()
        let servers = scenario.addServers(3)
        let client = scenario.add(1, 9, isServer: false, bootstrap: .never)
        scenario.world.start(client)
        scenario.run(for: .seconds(40))
        let request = Request.coordinateListNodes(DCSpecificRequest(datacenter: "dc1"))
        guard case .success(.coordinates(let answer)) = scenario.ask(request, at: client) else {
            Issue.record("no answer")
            return
        }
        #expect(answer.coordinates?.map(\.node) == ["dc1-c9", "dc1-s1", "dc1-s2", "dc1-s3"])
        let before = scenario.stat("raft", "commit_index", at: servers[0]).flatMap { Int($0) } ?? 0
        scenario.run(for: .seconds(60))
        let after = scenario.stat("raft", "commit_index", at: servers[0]).flatMap { Int($0) } ?? 0
        #expect(after - before <= 12, "at most one entry each 5 s")
    }

    @Test("A read that lacks its node or has a bad filter is refused, at a server and through a client agent")
    func refusals() {
        let scenario = Scenario()
        let servers = scenario.addServers(3)
        let client = scenario.add(1, 9, isServer: false, bootstrap: .never)
        scenario.world.start(client)
        _ = scenario.awaitLeader(among: servers)
        let noNode = Request.catalogNodeServices(NodeSpecificRequest(datacenter: "dc1"))
        let filtered = Request.catalogListNodes(
            DCSpecificRequest(datacenter: "dc1", options: QueryOptions(filter: "Nod == a")))
        let problem = "Failed to create boolean expression evaluator: Selector \"Nod\" is not valid"
        for host in [servers[0], client] {
            #expect(scenario.ask(noNode, at: host) == .failure(.remote("Must provide node")))
            #expect(scenario.ask(filtered, at: host) == .failure(.remote(problem)))
        }
    }

    @Test("Servers that start anew keep the nodes that they do not know yet, with sessions and locks")
    func unknownNodes() throws {
        let scenario = Scenario()
        let servers = scenario.addServers(3)
        let client = scenario.add(1, 9, isServer: false, bootstrap: .never)
        scenario.world.start(client)
        _ = scenario.awaitLeader(among: servers)
        scenario.run(for: .seconds(5))
        let session = Session(node: "dc1-c9", nodeChecks: [], checks: [])
        let create = Request.sessionApply(SessionRequest(datacenter: "dc1", op: "create", session: session))
        guard case .success(.string(let id)) = scenario.ask(create, at: servers[0]) else {
            Issue.record("no session")
            return
        }
        // Nobody's process knows the client agent any more, and it is silent.
        scenario.world.freeze(client)
        for server in servers { scenario.world.kill(server) }
        for server in servers { scenario.world.start(server) }
        let leader = try #require(scenario.awaitLeader(among: servers))
        func health() -> String? {
            let request = Request.healthNodeChecks(NodeSpecificRequest(datacenter: "dc1", node: "dc1-c9"))
            guard case .success(.healthChecks(let answer)) = scenario.ask(request, at: leader) else { return nil }
            return answer.healthChecks?.first { $0.checkID == "serfHealth" }?.status
        }
        func lives() -> Bool {
            let request = Request.sessionGet(SessionSpecificRequest(datacenter: "dc1", sessionID: id))
            guard case .success(.sessions(let answer)) = scenario.ask(request, at: leader) else { return false }
            return answer.sessions?.isEmpty == false
        }
        scenario.run(for: .seconds(2))
        #expect(lives() && health() == "passing")
        scenario.run(for: .seconds(20))
        #expect(lives() && health() == "critical", "nobody has heard of it")
        scenario.world.resume(client)
        #expect(scenario.run(atMost: .seconds(40)) { _ in health() == "passing" } != nil)
        #expect(lives())
        // One that stays away is forgotten, by servers that never knew it.
        scenario.world.kill(client)
        for server in servers { scenario.world.kill(server) }
        for server in servers { scenario.world.start(server) }
        let next = try #require(scenario.awaitLeader(among: servers))
        let listing = Request.catalogListNodes(DCSpecificRequest(datacenter: "dc1"))
        let time = scenario.run(atMost: .seconds(150)) {
            guard case .success(.nodes(let answer)) = $0.ask(listing, at: next) else { return false }
            return answer.nodes?.contains { $0.node == "dc1-c9" } == false
        }
        #expect(time.map { $0 > .seconds(80) } == true, "\(time as Any)")
    }

    @Test("An address of the start that does not answer ends the agent, one that does lets it go on")
    func startJoin() {
        let scenario = Scenario()
        let servers = scenario.addServers(3)
        _ = scenario.awaitLeader(among: servers)
        let joining = scenario.add(1, 8, isServer: false, bootstrap: .never, joining: [], starting: [1])
        let lost = scenario.add(1, 9, isServer: false, bootstrap: .never, joining: [], starting: [77])
        scenario.world.start(joining)
        scenario.world.start(lost)
        #expect(scenario.run(atMost: .seconds(30)) { !$0.world.isRunning(lost) } != nil)
        #expect(scenario.world.isRunning(joining))
        #expect(scenario.stat("serf_lan", "members", at: joining) == "4")
    }
}
