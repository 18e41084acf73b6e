import FederationModel
import ServerCore
import Testing

@testable import Simulation

@Suite("The peer set follows the LAN pool")
struct PeerSetTests {
    @Test("A leader that leaves hands over, is removed from the peer set and ends; writes go on")
    func leave() {
        let scenario = Scenario()
        let servers = scenario.addServers(3)
        guard let leader = scenario.awaitLeader(among: servers) else {
            Issue.record("no leader")
            return
        }
        let rest = servers.filter { $0 != leader }
        let leaving = scenario.begin(.leave, at: leader)
        scenario.run(for: .seconds(1))
        #expect(scenario.leaders(among: rest).count == 1, "leadership moves before the pools are left")
        #expect(scenario.put("during", "1", at: rest[0]))
        #expect(scenario.run(atMost: .seconds(25)) { !$0.world.isRunning(leader) } != nil)
        #expect(scenario.agentAnswer(leaving) == .done)
        scenario.run(for: .seconds(2))
        #expect(scenario.voters(at: rest[0]) == rest.map { scenario.world.hosts[$0] }.sorted())
        #expect(scenario.put("after", "1", at: rest[1]))
    }

    @Test("A fourth server joins as a learner and gets its vote when it has caught up")
    func join() {
        let scenario = Scenario()
        let servers = scenario.addServers(3)
        _ = scenario.awaitLeader(among: servers)
        #expect(scenario.put("before", "1", at: servers[0]))
        let fourth = scenario.add(1, 4, bootstrap: .never)
        scenario.world.start(fourth)
        let taken = scenario.run(atMost: .seconds(10)) { $0.voters(at: servers[0]).count == 4 }
        #expect(taken != nil)
        let seen = scenario.world.lines.filter { $0.contains("peer set changed") && $0.contains("dc1-s4") }
        #expect(seen.first?.contains("dc1-s4(learner)") == true)
        #expect(scenario.get("before", at: fourth, stale: true) == "1")
    }

    @Test("Of five servers a dead one is dropped; of three none is, since one more failure would stop writes")
    func deadServers() {
        for (count, expected) in [(5, 4), (3, 3)] {
            let scenario = Scenario()
            let servers = scenario.addServers(count)
            guard let leader = scenario.awaitLeader(among: servers), let victim = servers.first(where: { $0 != leader })
            else {
                Issue.record("no leader of \(count)")
                continue
            }
            scenario.world.kill(victim)
            scenario.run(for: .seconds(60))
            #expect(scenario.voters(at: leader).count == expected)
            #expect(scenario.put("after", "1", at: leader))
        }
    }

    /// Found by the size of what waited: whoever waited for a change was told of success when any change was committed.
    @Test("A removal that another leader's log has replaced is not acknowledged by that leader's change")
    func replacedRemoval() {
        let scenario = Scenario()
        let servers = scenario.addServers(5)
        guard let leader = scenario.awaitLeader(among: servers) else {
            Issue.record("no leader")
            return
        }
        let rest = servers.filter { $0 != leader }
        func removal(of host: Int) -> Request {
            let id = scenario.world.configurations[host].nodeID.description
            return .operatorRemovePeerByID(RaftRemovePeerRequest(datacenter: "dc1", id: id))
        }
        func setCut(_ isCut: Bool) {
            for other in rest {
                scenario.world.setCut(isCut, from: leader, to: other)
                scenario.world.setCut(isCut, from: other, to: leader)
            }
        }
        scenario.run(for: .seconds(1))
        setCut(true)
        let lost = scenario.begin(removal(of: rest[0]), at: leader, timeout: .seconds(60))
        guard let next = scenario.awaitLeader(among: rest) else {
            Issue.record("no other leader")
            return
        }
        let gone = rest[0] == next ? rest[1] : rest.last { $0 != next } ?? rest[1]
        // What the new leader itself changes first is told to whoever asks meanwhile; he tries again.
        var answered: Result<Response, FederationError>?
        for _ in 0..<10 {
            answered = scenario.ask(removal(of: gone), at: next)
            guard case .failure(.remote(let text)) = answered, text.hasSuffix("try again") else { break }
            scenario.run(for: .milliseconds(200))
        }
        #expect((try? answered?.get()) != nil, "\(String(describing: answered))")
        setCut(false)
        let end = scenario.run(atMost: .seconds(20)) { $0.answer(lost) != nil }
        #expect(end != nil)
        #expect((try? scenario.answer(lost)?.get()) == nil, "\(String(describing: scenario.answer(lost)))")
        #expect(scenario.voters(at: next) == servers.filter { $0 != gone }.map { scenario.world.hosts[$0] }.sorted())
    }

    @Test("A server whose gossip is silent and whose log answers stays in the peer set")
    func gossipOnly() {
        let scenario = Scenario()
        let servers = scenario.addServers(5)
        guard let leader = scenario.awaitLeader(among: servers), let victim = servers.first(where: { $0 != leader })
        else {
            Issue.record("no leader")
            return
        }
        scenario.world.setGossip(false, of: victim)
        scenario.run(for: .seconds(60))
        #expect(scenario.voters(at: leader).count == 5)
    }

    @Test("force-leave takes a failed agent out of the catalog and the peer set at once")
    func forceLeave() {
        let scenario = Scenario()
        let servers = scenario.addServers(3)
        let client = scenario.add(1, 9, isServer: false, bootstrap: .never)
        scenario.world.start(client)
        _ = scenario.awaitLeader(among: servers)
        func isKnown(_ scenario: Scenario) -> Bool {
            let request = Request.catalogListNodes(DCSpecificRequest(datacenter: "dc1"))
            guard case .success(.nodes(let answer)) = scenario.ask(request, at: servers[0]) else { return false }
            return answer.nodes?.contains { $0.node == "dc1-c9" } == true
        }
        #expect(scenario.run(atMost: .seconds(10)) { isKnown($0) } != nil)
        scenario.world.kill(client)
        let failed = scenario.run(atMost: .seconds(30)) { scenario in
            guard case .members(let members)? = scenario.ask(.members(wan: false), at: servers[2]) else { return false }
            return members.first { $0.name == "dc1-c9" }?.status == .failed
        }
        #expect(failed != nil)
        #expect(scenario.ask(.forceLeave(node: "dc1-c9", prune: false, wan: false), at: servers[2]) == .done)
        #expect(scenario.run(atMost: .seconds(5)) { !isKnown($0) } != nil)
        let unknown = scenario.ask(.forceLeave(node: "nobody", prune: false, wan: false), at: servers[2])
        #expect(unknown == .failed(.failed("agent: No node found with name 'nobody'")))
    }
}
