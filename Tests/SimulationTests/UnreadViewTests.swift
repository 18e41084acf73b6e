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
            for write in 1...70 { #expect(scenario.put("k", "\(round)-\(write)", at: leader)) }
            scenario.run(for: .seconds(1))
            #expect(showing() == [false, false, false])
            #expect(servers.allSatisfy { scenario.world.views[$0]?.appliedIndex == scenario.world.views[leader]?.appliedIndex })
            for server in servers {
                let read = Request.kvsGet(KeyRequest(datacenter: "dc1", key: "k", options: options))
                guard case .success(.dirEntries(let answer)) = scenario.ask(read, at: server) else {
                    Issue.record("no answer of \(server)")
                    continue
                }
                #expect(answer.entries?.first?.value?.text == "\(round)-70")
            }
            #expect(showing() == [true, true, true])
        }
    }

    @Test("It stays for who reads it now and then, and who waits for a change is told of it")
    func stays() throws {
        let scenario = Scenario()
        let server = try #require(scenario.addServers(1).first)
        _ = scenario.run(atMost: .seconds(10)) { $0.put("k", "0", at: server) }
        let read = Request.kvsGet(KeyRequest(datacenter: "dc1", key: "k"))
        for write in 1...200 {
            #expect(scenario.put("k", "\(write)", at: server))
            if write % 40 == 0 { _ = scenario.world.views[server]?.answer(read, at: .zero) }
            if write % 40 == 1 { _ = scenario.ask(read, at: server) }
            #expect(scenario.world.views[server]?.catalog != nil)
        }
    }
}
