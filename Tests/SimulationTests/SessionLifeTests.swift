import Determinism
import FederationModel
import ServerCore
import Simulation
import Testing

@Suite("Sessions, locks and prepared queries of a living federation")
struct SessionLifeTests {
    private func create(_ scenario: Scenario, _ session: Session, at host: Int) -> String {
        let request = Request.sessionApply(SessionRequest(datacenter: "dc1", op: "create", session: session))
        guard case .success(.string(let id)) = scenario.ask(request, at: host) else { return "" }
        return id
    }

    private func lives(_ id: String, _ scenario: Scenario, at host: Int) -> Bool {
        let request = Request.sessionGet(SessionSpecificRequest(datacenter: "dc1", sessionID: id))
        guard case .success(.sessions(let answer)) = scenario.ask(request, at: host) else { return false }
        return answer.sessions?.isEmpty == false
    }

    private func lock(_ id: String, _ scenario: Scenario, at host: Int) -> Bool? {
        let entry = DirEntry(key: "k", value: "v", session: id)
        let request = Request.kvsApply(KVSRequest(datacenter: "dc1", op: "lock", dirEnt: entry))
        guard case .success(.bool(let isHeld)) = scenario.ask(request, at: host) else { return nil }
        return isHeld
    }

    private func renew(_ id: String, _ scenario: Scenario, at host: Int) -> Bool {
        let request = Request.sessionRenew(SessionSpecificRequest(datacenter: "dc1", sessionID: id))
        guard case .success(.sessions(let answer)) = scenario.ask(request, at: host) else { return false }
        return answer.sessions?.count == 1
    }

    @Test("A session ends between once and twice its time to live, unless it is renewed; a new leader begins anew")
    func timeToLive() throws {
        let scenario = Scenario()
        let servers = scenario.addServers(3)
        let leader = try #require(scenario.awaitLeader(among: servers))
        _ = scenario.run(atMost: .seconds(10)) { $0.put("ready", "1", at: leader) }
        let node = "dc1-s1"
        let ids = (0..<3).map { _ in create(scenario, Session(node: node, ttl: "10s"), at: servers[1]) }
        #expect(Set(ids).count == 3 && ids.allSatisfy { NodeID($0) != nil })
        for _ in 0..<3 {
            scenario.run(for: .seconds(9))
            #expect(renew(ids[0], scenario, at: servers[2]), "through a follower")
        }
        #expect(lives(ids[0], scenario, at: leader) && !lives(ids[1], scenario, at: leader))
        #expect(!renew(ids[1], scenario, at: leader))
        scenario.run(for: .seconds(15))
        scenario.world.kill(leader)
        let next = try #require(scenario.awaitLeader(among: servers.filter { $0 != leader }))
        scenario.run(for: .seconds(8))
        #expect(lives(ids[0], scenario, at: next), "23 seconds after its renewal: the new leader gave it 20 more")
        scenario.run(for: .seconds(16))
        #expect(!lives(ids[0], scenario, at: next))
    }

    @Test("A lock is delayed after its session's end, and not after its release") func lockDelay() throws {
        let scenario = Scenario()
        let servers = scenario.addServers(3)
        let leader = try #require(scenario.awaitLeader(among: servers))
        _ = scenario.run(atMost: .seconds(10)) { $0.put("ready", "1", at: leader) }
        let first = create(scenario, Session(node: "dc1-s1", lockDelay: .seconds(5)), at: leader)
        let second = create(scenario, Session(node: "dc1-s1"), at: leader)
        #expect(lock(first, scenario, at: servers[0]) == true)
        #expect(lock(second, scenario, at: servers[1]) == false)
        let end = Request.sessionApply(SessionRequest(datacenter: "dc1", op: "destroy", session: Session(id: first)))
        _ = scenario.ask(end, at: servers[1])
        #expect(lock(second, scenario, at: servers[0]) == false, "delayed")
        scenario.run(for: .seconds(6))
        #expect(lock(second, scenario, at: servers[0]) == true)
    }

    @Test("A prepared query fails over to the first datacenter with instances, and past one that is gone")
    func failover() throws {
        let scenario = Scenario()
        let here = [scenario.add(1, 1, bootstrap: .alone)]
        let near = [scenario.add(2, 1, bootstrap: .alone, federating: [1])]
        let far = [scenario.add(3, 1, bootstrap: .alone, federating: [1])]
        for host in here + near + far { scenario.world.start(host) }
        for host in here + near + far { _ = scenario.run(atMost: .seconds(20)) { $0.leaders(among: [host]) == [host] } }
        for (number, host) in [(2, near[0]), (3, far[0])] {
            let service = NodeService(id: "geo", service: "geo")
            let request = RegisterRequest(
                datacenter: "dc\(number)", node: "n\(number)", address: "192.0.2.\(number)", service: service)
            _ = scenario.ask(.catalogRegister(request), at: host)
        }
        scenario.run(for: .seconds(10))
        let query = PreparedQuery(
            name: "geo",
            service: ServiceQuery(
                service: "geo", failover: QueryDatacenterOptions(datacenters: ["dc9", "dc2", "dc3"])))
        let create = Request.preparedQueryApply(
            PreparedQueryRequest(datacenter: "dc1", op: "create", query: query))
        let created = scenario.ask(create, at: here[0])
        guard case .success(.string) = created else { return #expect(created == .success(.string("an id"))) }
        let execute = Request.preparedQueryExecute(
            PreparedQueryExecuteRequest(datacenter: "dc1", queryIDOrName: "geo"))
        guard case .success(.queryResult(let first)) = scenario.ask(execute, at: here[0]) else {
            return #expect(Bool(false))
        }
        #expect(first.datacenter == "dc2" && first.failovers == 1 && first.nodes?.first?.node?.node == "n2")
        scenario.world.kill(near[0])
        // At once, before anything is known of it, and when it is known.
        for pause in [Duration.zero, .seconds(20)] {
            scenario.run(for: pause)
            let began = scenario.world.now
            guard case .success(.queryResult(let next)) = scenario.ask(execute, at: here[0]) else {
                return #expect(Bool(false))
            }
            #expect(next.datacenter == "dc3" && next.nodes?.first?.node?.node == "n3")
            #expect(scenario.world.now - began < .seconds(1))
        }
    }

    @Test("An event reaches the agents of its datacenter, and who waits for one") func events() throws {
        let scenario = Scenario()
        let servers = scenario.addServers(3)
        _ = scenario.awaitLeader(among: servers)
        let waiting = scenario.begin(.events(name: "deploy", unlessHash: 1, wait: .seconds(60)), at: servers[1])
        let other = scenario.begin(.events(name: "other", unlessHash: 1, wait: .seconds(5)), at: servers[1])
        let event = UserEvent(id: "00000000-0000-0001-0000-000000000006", name: "deploy", payload: [1, 2])
        #expect(scenario.ask(.fireEvent(event), at: servers[0]) == .done)
        _ = scenario.run(atMost: .seconds(5)) { $0.agentAnswer(waiting) != nil }
        guard case .events(let found)? = scenario.agentAnswer(waiting) else { return #expect(Bool(false)) }
        #expect(found.map(\.name) == ["deploy"] && found[0].payload == [1, 2] && found[0].hash == 7)
        scenario.run(for: .seconds(6))
        #expect(scenario.agentAnswer(other) == .events([]))
        let long = UserEvent(id: event.id, name: "x", payload: [UInt8](repeating: 0, count: 600))
        guard case .failed = scenario.ask(.fireEvent(long), at: servers[0]) else { return #expect(Bool(false)) }
    }
}
