import Determinism
import FederationModel
import ServerCore
import Simulation
import Testing

@Suite("One datacenter in the simulated world")
struct SingleDatacenterTests {
    @Test("A server that bootstraps alone answers within 200 ms, without any network")
    func alone() {
        let scenario = Scenario()
        let server = scenario.add(1, 1, bootstrap: .alone)
        scenario.world.start(server)
        let began = scenario.world.now
        #expect(scenario.put("colour", "red", at: server))
        #expect(scenario.world.now - began < .milliseconds(200))
        #expect(scenario.get("colour", at: server) == "red")
    }

    @Test("Three servers that expect each other elect one leader", arguments: 1...4 as ClosedRange<UInt64>)
    func election(seed: UInt64) {
        let scenario = Scenario(seed: seed)
        let servers = scenario.addServers(3)
        let taken = scenario.run(atMost: .seconds(3)) { $0.leaders(among: servers).count == 1 }
        #expect(taken != nil, "seed \(seed)")
        for server in servers {
            #expect(scenario.put("from-\(server)", "x", at: server), "seed \(seed)")
            #expect(scenario.voters(at: server).count == 3, "seed \(seed)")
        }
        scenario.run(for: .seconds(20))
        #expect(scenario.elections.count == 1, "seed \(seed): one election is enough without faults")
    }

    @Test("Decision 12: a proposer that loses its disk does not found a second cluster beside the first")
    func noSecondCluster() {
        let scenario = Scenario()
        let servers = scenario.addServers(3)
        let leader = scenario.awaitLeader(among: servers)
        #expect(scenario.put("a", "1", at: servers[0]))
        guard let leader else { return }
        scenario.world.wipe(leader)
        scenario.run(for: .seconds(10))
        #expect(scenario.get("a", at: servers[0]) == "1")
        scenario.world.start(leader)
        scenario.run(for: .seconds(10))
        #expect(scenario.get("a", at: leader, stale: true) == "1")
        #expect(!scenario.world.lines.contains { $0.contains("another cluster") })
    }

    @Test("A client agent's service and its check come to the catalog; a failing probe turns it critical")
    func registration() {
        let scenario = Scenario()
        let servers = scenario.addServers(3)
        let client = scenario.add(1, 9, isServer: false, bootstrap: .never)
        scenario.world.start(client)
        _ = scenario.awaitLeader(among: servers)
        var service = ServiceDefinition()
        service.name = "web"
        service.port = 8080
        var check = CheckDefinition()
        check.http = "http://127.0.0.1:8080/health"
        check.interval = .seconds(1)
        service.checks = [check]
        #expect(scenario.ask(.registerService(service, replaceExistingChecks: false), at: client) == .done)

        func status(_ scenario: Scenario) -> String? {
            let request = ServiceSpecificRequest(datacenter: "dc1", serviceName: "web")
            let result = scenario.ask(.healthServiceNodes(request), at: servers[1])
            guard case .success(.checkServiceNodes(let answer))? = result else { return nil }
            guard let instance = answer.nodes?.first, instance.node?.node == "dc1-c9" else { return nil }
            return instance.checks?.first { $0.checkID == "service:web" }?.status
        }
        #expect(scenario.run(atMost: .seconds(5)) { status($0) == "passing" } != nil)
        scenario.world.probeStatus = 503
        #expect(scenario.run(atMost: .seconds(5)) { status($0) == "critical" } != nil)
    }

    @Test("Every agent's network coordinate comes to the catalog")
    func coordinates() {
        let scenario = Scenario()
        let servers = scenario.addServers(3)
        scenario.run(for: .seconds(60))
        let request = Request.coordinateListNodes(DCSpecificRequest(datacenter: "dc1"))
        guard case .success(.coordinates(let answer))? = scenario.ask(request, at: servers[0]) else {
            Issue.record("no coordinates")
            return
        }
        #expect(answer.coordinates?.map(\.node).sorted() == servers.map { scenario.world.hosts[$0] }.sorted())
    }

    @Test("A blocking query wakes with the write it waits for, and ends with the present data at its limit")
    func blocking() throws {
        let scenario = Scenario()
        let servers = scenario.addServers(3)
        _ = scenario.awaitLeader(among: servers)
        #expect(scenario.put("key", "1", at: servers[0]))
        let blocked = try blockedRead(of: "key", scenario, at: servers[1])
        let waiting = servers.map { scenario.begin(blocked, at: $0) }
        #expect(scenario.put("other", "x", at: servers[2]))
        scenario.run(for: .seconds(2))
        for id in waiting { #expect(scenario.answer(id) == nil, "another key's write wakes nobody") }
        #expect(scenario.put("key", "2", at: servers[2]))
        expectAnswers(waiting, "2", scenario)
        let late = scenario.begin(
            .kvsGet(
                KeyRequest(
                    datacenter: "dc1", key: ByteString("key"),
                    options: QueryOptions(minQueryIndex: 1 << 40, maxQueryTime: .seconds(3)))), at: servers[0])
        let ended = scenario.run(atMost: .seconds(5)) { $0.answer(late) != nil }
        #expect(ended.map { $0 > .seconds(2) && $0 < .milliseconds(3500) } == true)
    }

    /// For the next change of a key, as it is now.
    private func blockedRead(of key: ByteString, _ scenario: Scenario, at server: Int) throws -> Request {
        let answer = scenario.ask(.kvsGet(KeyRequest(datacenter: "dc1", key: key)), at: server)
        guard case .success(.dirEntries(let found)) = answer else {
            throw Unanswered(key: key)
        }
        let options = QueryOptions(minQueryIndex: found.meta.index, maxQueryTime: .seconds(10))
        return .kvsGet(KeyRequest(datacenter: "dc1", key: key, options: options))
    }

    /// All of them come within a second, with this value.
    private func expectAnswers(_ waiting: [RequestID], _ value: String, _ scenario: Scenario) {
        let written = scenario.world.now
        let taken = scenario.run(atMost: .seconds(1)) { scenario in
            waiting.allSatisfy { scenario.answer($0) != nil }
        }
        #expect(taken != nil, "since \(written)")
        for id in waiting {
            guard case .success(.dirEntries(let answer))? = scenario.answer(id) else {
                Issue.record("no entry")
                continue
            }
            #expect(answer.entries?.first?.value?.text == value)
        }
    }

    private struct Unanswered: Error {
        let key: ByteString
    }

    @Test("Of very many who wait for one key all are answered, in parts, with what is there then")
    func manyWait() throws {
        let scenario = Scenario()
        let leader = try #require(scenario.awaitLeader(among: scenario.addServers(3)))
        #expect(scenario.put("key", "1", at: leader))
        let blocked = try blockedRead(of: "key", scenario, at: leader)
        let waiting = (0..<1500).map { _ in scenario.begin(blocked, at: leader) }
        scenario.run(for: .seconds(1))
        #expect(scenario.put("key", "2", at: leader))
        expectAnswers(waiting, "2", scenario)
    }

    @Test("A restarted server without a quorum answers stale reads with all it knew to be committed")
    func staleAfterRestart() {
        let scenario = Scenario()
        let servers = scenario.addServers(3)
        _ = scenario.awaitLeader(among: servers)
        #expect(scenario.put("key", "1", at: servers[0]))
        scenario.run(for: .seconds(3))
        for server in servers { scenario.world.kill(server) }
        scenario.world.start(servers[1])
        #expect(scenario.get("key", at: servers[1], stale: true) == "1")
        #expect(scenario.get("key", at: servers[1]) == nil)
    }
}
