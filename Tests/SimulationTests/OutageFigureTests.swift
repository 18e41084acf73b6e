import Determinism
import FederationModel
import ServerCore
import Simulation
import Testing

/// How soon an outage is named, over seeds; the seeds are printed when a figure is missed.
@Suite("Outages are named in seconds")
struct OutageFigureTests {
    enum Outage: CaseIterable, Sendable {
        case killed, frozen, cut

        var verdict: Verdict { self == .frozen ? .frozen : .unreachable }
    }

    private static func federation(seed: UInt64) -> (scenario: Scenario, here: [Int], there: [Int], third: [Int]) {
        let scenario = Scenario(seed: seed)
        let here = scenario.addServers(2, datacenter: 1)
        let there = scenario.addServers(3, datacenter: 2, federating: [1])
        let third = scenario.addServers(1, datacenter: 3, federating: [1, 2])
        let all = scenario.run(atMost: .seconds(40)) { scenario in
            (here + third).allSatisfy { scenario.knows("dc2", at: $0) } && scenario.leaders(among: there).count == 1
        }
        #expect(all != nil, "seed \(seed)")
        // A second is drawn, so that the outage meets pings at any moment.
        scenario.run(for: .milliseconds(Int64(seed * 137 % 1000)))
        return (scenario, here, there, third)
    }

    @Test("All servers killed, frozen or cut off: verdict p50 ≤ 5 s, p95 ≤ 10 s", arguments: Outage.allCases)
    func outage(_ outage: Outage) {
        var times: [Duration] = []
        for seed in 1...4 as ClosedRange<UInt64> {
            let (scenario, here, there, third) = Self.federation(seed: seed)
            let start = scenario.world.now
            for server in there {
                switch outage {
                case .killed: scenario.world.kill(server)
                case .frozen: scenario.world.freeze(server)
                case .cut:
                    for other in here + third {
                        scenario.world.setCut(true, from: server, to: other)
                        scenario.world.setCut(true, from: other, to: server)
                    }
                }
            }
            scenario.run(for: .seconds(14))
            for server in here + third {
                let found = scenario.verdicts.first {
                    $0.host == server && $0.datacenter == "dc2" && $0.verdict == outage.verdict && $0.at > start
                }
                #expect(found != nil, "\(outage), seed \(seed): \(scenario.verdicts)")
                times.append((found?.at ?? .distantFuture) - start)
                #expect(scenario.verdict(of: "dc2", at: server) == outage.verdict)
            }
        }
        times.sort()
        #expect(times[times.count / 2] <= .seconds(5), "\(outage): \(times)")
        #expect(times[times.count * 95 / 100] <= .seconds(10), "\(outage): \(times)")
    }

    @Test("No quorum: leaderless in 3 s after the rule of 2 s, no longer so 3 s after the election", arguments: 1...3)
    func leaderless(seed: UInt64) {
        let (scenario, here, there, _) = Self.federation(seed: seed)
        let start = scenario.world.now
        for server in there.prefix(2) { scenario.world.kill(server) }
        scenario.run(for: .seconds(10))
        for server in here {
            let found = scenario.verdicts.first { $0.host == server && $0.verdict == .leaderless && $0.at > start }
            // The follower's own election timeout of a second, the rule's 2 s, then 3 s.
            #expect(found.map { $0.at - start <= .seconds(6) } == true, "seed \(seed): \(scenario.verdicts)")
        }
        for server in there.prefix(2) { scenario.world.start(server) }
        _ = scenario.awaitLeader(among: there)
        let elected = scenario.elections.last?.at ?? scenario.world.now
        scenario.run(for: .seconds(6))
        for server in here {
            let first = scenario.verdicts.first {
                $0.host == server && $0.at > elected && [.up, .degraded].contains($0.verdict)
            }
            #expect(first.map { $0.at - elected <= .seconds(3) } == true, "seed \(seed): \(scenario.verdicts)")
        }
    }

    @Test("A cut of one direction is named with that direction by every server within 15 s", arguments: 1...3)
    func oneWay(seed: UInt64) {
        let (scenario, here, there, third) = Self.federation(seed: seed)
        scenario.run(for: .seconds(5))
        for from in there {
            for to in here { scenario.world.setCut(true, from: from, to: to) }
        }
        let cut = ReachabilityMatrix.Cut(from: "dc2", to: "dc1")
        let named = scenario.run(atMost: .seconds(15)) { scenario in
            (here + there + third).allSatisfy { server in
                guard case .reachability(let matrix)? = scenario.ask(.reachability, at: server) else { return false }
                return matrix.cuts == [cut]
            }
        }
        #expect(named != nil, "seed \(seed)")
        for server in here {
            let report = scenario.reports(at: server)?.first { $0.datacenter == "dc2" }
            #expect(report?.verdict == .unreachable && report?.federation == .up && report?.cuts == [cut])
        }
        scenario.world.healAll()
        let healed = scenario.run(atMost: .seconds(30)) { scenario in
            (here + there + third).allSatisfy { server in
                guard case .reachability(let matrix)? = scenario.ask(.reachability, at: server) else { return false }
                return matrix.cuts.isEmpty && matrix.rows.count == 3
            }
        }
        #expect(healed != nil, "seed \(seed)")
    }

    @Test("Events of the WAN pool: one for a change, one a datacenter in ten seconds while it flaps")
    func events() {
        let (scenario, here, there, third) = Self.federation(seed: 3)
        let leader = scenario.leaders(among: here).first ?? here[0]
        // Blocking: answered by the change.
        let index = Self.index(scenario, at: third[0])
        let question = AgentRequest.federation(datacenter: "dc2", unlessIndex: index, wait: .seconds(60))
        let id = scenario.begin(question, at: third[0])
        scenario.run(for: .seconds(3))
        #expect(scenario.agentAnswer(id) == nil)
        for server in there { scenario.world.kill(server) }
        let moved = scenario.run(atMost: .seconds(12)) { $0.agentAnswer(id) != nil }
        #expect(moved != nil)
        guard case .federation(let reports, let next)? = scenario.agentAnswer(id) else {
            Issue.record("no answer")
            return
        }
        #expect(reports.map(\.datacenter) == ["dc2"] && next > index && reports.first?.verdict != .up)
        scenario.run(for: .seconds(5))
        guard case .verdictHistory(let changes)? = scenario.ask(.verdictHistory, at: leader) else {
            Issue.record("no history")
            return
        }
        #expect(changes.contains { $0.datacenter == "dc2" && $0.scope == .local && $0.to == .unreachable })
        #expect(changes.contains { $0.datacenter == "dc2" && $0.scope == .federation && $0.to == .unreachable })
    }

    private static func index(_ scenario: Scenario, at host: Int) -> UInt64 {
        guard case .federation(_, let index)? = scenario.ask(
            .federation(datacenter: "dc2", unlessIndex: 0, wait: .zero), at: host)
        else { return 0 }
        return index
    }
}
