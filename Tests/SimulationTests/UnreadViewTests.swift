import Determinism
import FederationModel
import ServerCore
import Testing

@testable import Simulation

@Suite("A view that nobody reads") struct UnreadViewTests {
    @Test("It hides its catalog after 64 writes, shows it to the next who asks, and never an old one")
    func hidesAndShows() throws {
        let scenario = Scenario()
        let servers = scenario.addServers(3)
        let leader = try #require(scenario.awaitLeader(among: servers))
        _ = scenario.run(atMost: .seconds(10)) { $0.put("k", "0", at: leader) }
        func showing() -> [Bool] { servers.map { scenario.world.views[$0]?.catalog != nil } }
        var options = QueryOptions()
        options.allowStale = true
        for round in 1...3 {
            // Agents compare what they registered with the catalog now and then: they read too.
            var write = 0
            while showing().contains(true) && write < 400 {
                write += 1
                #expect(scenario.put("k", "\(round)-\(write)", at: leader))
                if write % 80 == 0 { scenario.run(for: .milliseconds(20)) }
            }
            #expect(write >= 64 && showing() == [false, false, false])
            scenario.run(for: .milliseconds(100))
            #expect(Set(servers.map { scenario.world.views[$0]?.appliedIndex }).count == 1)
            for server in servers {
                let read = Request.kvsGet(KeyRequest(datacenter: "dc1", key: "k", options: options))
                guard case .success(.dirEntries(let answer)) = scenario.ask(read, at: server) else {
                    Issue.record("no answer of \(server)")
                    continue
                }
                #expect(answer.entries?.first?.value?.text == "\(round)-\(write)")
            }
            #expect(showing() == [true, true, true])
        }
    }

    @Test("It stays for who reads it every fortieth time")
    func stays() throws {
        let scenario = Scenario()
        let server = try #require(scenario.awaitLeader(among: scenario.addServers(3)))
        _ = scenario.run(atMost: .seconds(10)) { $0.put("k", "0", at: server) }
        let read = Request.kvsGet(KeyRequest(datacenter: "dc1", key: "k"))
        for write in 1...200 {
            #expect(scenario.put("k", "\(write)", at: server))
            if write % 40 == 0, case .ask? = scenario.world.views[server]?.answer(read, at: .zero) {
                Issue.record("the view has no answer after \(write) writes")
            }
        }
    }
}
