import Determinism
import FederationModel
import ServerCore
import Simulation
import Testing

@Suite("Two datacenters in the simulated world")
struct FederationTests {
    /// Two datacenters of three servers that know each other.
    static func federation(seed: UInt64 = 1) -> (scenario: Scenario, here: [Int], there: [Int]) {
        let scenario = Scenario(seed: seed)
        let here = scenario.addServers(3, datacenter: 1)
        let there = scenario.addServers(3, datacenter: 2, federating: [1])
        _ = scenario.awaitLeader(among: here)
        _ = scenario.awaitLeader(among: there)
        _ = scenario.run(atMost: .seconds(20)) { scenario in
            here.allSatisfy { scenario.knows("dc2", at: $0) } && there.allSatisfy { scenario.knows("dc1", at: $0) }
        }
        return (scenario, here, there)
    }

    @Test("A request that names another datacenter is answered there, from any server, and changes nothing here")
    func forwarding() {
        let (scenario, here, there) = Self.federation()
        #expect(scenario.put("k", "two", in: "dc2", at: here[0]))
        #expect(scenario.put("k", "one", in: "dc1", at: there[2]))
        for server in here + there {
            #expect(scenario.get("k", in: "dc1", at: server) == "one")
            #expect(scenario.get("k", in: "dc2", at: server) == "two")
        }
    }

    @Test("An unknown datacenter is refused at once")
    func unknown() {
        let (scenario, here, _) = Self.federation()
        let id = scenario.begin(
            .kvsGet(KeyRequest(datacenter: "dc7", key: ByteString("k"))), at: here[1])
        #expect(scenario.answer(id) == .failure(.unknownDatacenter("dc7")))
    }

    private enum Outage: CaseIterable, Sendable {
        case killed, frozen, leaderless

        var verdict: Verdict {
            switch self {
            case .killed: .unreachable
            case .frozen: .frozen
            case .leaderless: .leaderless
            }
        }

        var error: FederationError {
            switch self {
            case .killed: .unreachable(datacenter: "dc2")
            case .frozen: .frozen(datacenter: "dc2")
            case .leaderless: .leaderless(datacenter: "dc2")
            }
        }
    }

    @Test(
        "Design §4: a datacenter whose servers all die or freeze is named so in 10 s; then requests fail at once",
        arguments: Outage.allCases)
    private func outage(_ outage: Outage) {
        let (scenario, here, there) = Self.federation()
        let client = scenario.add(1, 9, isServer: false, bootstrap: .never)
        scenario.world.start(client)
        let fallen = outage == .leaderless ? Array(there.prefix(2)) : there
        for server in fallen {
            if outage == .frozen { scenario.world.freeze(server) } else { scenario.world.kill(server) }
        }
        let taken = scenario.run(atMost: .seconds(10)) { scenario in
            here.allSatisfy { scenario.verdict(of: "dc2", at: $0) == outage.verdict }
        }
        #expect(taken != nil, "\(outage): \(scenario.verdicts)")
        let request = Request.kvsGet(KeyRequest(datacenter: "dc2", key: ByteString("k")))
        for server in here { #expect(scenario.answer(scenario.begin(request, at: server)) == .failure(outage.error)) }
        // The cause survives the hop to a client agent, and nothing is tried again on the way.
        let asked = scenario.begin(request, at: client)
        let answered = scenario.run(atMost: .seconds(1)) { $0.answer(asked) != nil }
        #expect(answered.map { $0 < .milliseconds(100) } == true, "\(outage): \(answered as Any)")
        #expect(scenario.answer(asked) == .failure(outage.error))
        for server in fallen {
            if outage == .frozen { scenario.world.resume(server) } else { scenario.world.start(server) }
        }
        let back = scenario.run(atMost: .seconds(15)) { scenario in
            here.allSatisfy { scenario.verdict(of: "dc2", at: $0) == .up }
        }
        #expect(back != nil, "\(outage): \(scenario.verdicts)")
        #expect(scenario.put("after", "1", in: "dc2", at: here[2]))
    }

    @Test("The caller's time limit goes with the request: who forwards it answers before the caller gives up")
    func timeLimits() {
        let (scenario, _, there) = Self.federation()
        let client = scenario.add(1, 9, isServer: false, bootstrap: .never)
        scenario.world.start(client)
        scenario.run(for: .seconds(3))
        for server in there { scenario.world.freeze(server) }
        let request = Request.kvsGet(KeyRequest(datacenter: "dc2", key: ByteString("k")))
        let asked = scenario.begin(request, at: client, timeout: .milliseconds(800))
        let answered = scenario.run(atMost: .seconds(2)) { $0.answer(asked) != nil }
        #expect(answered.map { $0 < .milliseconds(780) } == true, "\(answered as Any)")
        #expect(scenario.answer(asked) == .failure(.timedOut(after: .milliseconds(800))))
    }

    @Test("Decision 12: another cluster under a known datacenter's name is refused, and said so once with both named")
    func secondCluster() {
        let (scenario, here, there) = Self.federation()
        let impostor = scenario.add(5, 1, name: "dc2", bootstrap: .alone, federating: [1])
        scenario.world.start(impostor)
        scenario.run(for: .seconds(15))
        for server in here {
            guard let reports = scenario.reports(at: server) else {
                Issue.record("no report")
                continue
            }
            let names = reports.first { $0.datacenter == "dc2" }?.servers.map(\.name).sorted()
            #expect(names == there.map { "\(scenario.world.hosts[$0]).dc2" }.sorted())
            let node = scenario.world.hosts[server]
            let lines = scenario.world.lines.filter { $0.contains(" \(node) two clusters use one datacenter name") }
            #expect(lines.count == 1)
            #expect(lines.first?.contains("dc5-s1.dc2") == true)
        }
        #expect(scenario.put("k", "v", in: "dc2", at: here[0]))
        #expect(scenario.get("k", in: "dc2", at: there[0]) == "v")
    }
}

extension Scenario {
    func reports(at host: Int) -> [DatacenterReport]? {
        let question = AgentRequest.federation(datacenter: nil, unlessIndex: 0, wait: .zero)
        guard case .federation(let reports, _)? = ask(question, at: host) else { return nil }
        return reports
    }

    func verdict(of datacenter: String, at host: Int) -> Verdict? {
        reports(at: host)?.first { $0.datacenter == datacenter }?.verdict
    }

    func knows(_ datacenter: String, at host: Int) -> Bool {
        reports(at: host)?.first { $0.datacenter == datacenter }?.servers.count { $0.lastAnswerAge != nil } ?? 0 >= 3
    }
}
