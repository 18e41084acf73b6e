import Determinism
import FederationModel
import ServerCore
import Simulation
import Testing
import TopologyCore

@Suite("Requests for another datacenter while parts of it fail")
struct ForwardingTests {
    private enum Mode: Sendable { case stale, `default` }

    private static func read(_ mode: Mode) -> Request {
        let options = QueryOptions(allowStale: mode == .stale)
        return .kvsGet(KeyRequest(datacenter: "dc2", key: ByteString("k"), options: options))
    }

    private struct Sent {
        var id: RequestID
        var at: Instant
    }

    /// Sends a read after each pause, to one server after the other.
    private static func load(
        _ scenario: Scenario, _ hosts: [Int], _ request: Request, for duration: Duration, timeout: Duration? = nil,
        each pause: Duration = .milliseconds(20)
    ) -> [Sent] {
        var sent: [Sent] = []
        let end = scenario.world.now + duration
        while scenario.world.now < end {
            let host = hosts[sent.count % hosts.count]
            sent.append(Sent(id: scenario.begin(request, at: host, timeout: timeout), at: scenario.world.now))
            scenario.run(for: pause)
        }
        return sent
    }

    private static func times(_ scenario: Scenario, _ sent: [Sent]) -> [Duration] {
        sent.compactMap { request in scenario.answeredAt[request.id].map { $0 - request.at } }.sorted()
    }

    private static func farAway(_ scenario: Scenario, _ here: [Int], _ there: [Int]) {
        var link = Topology.Link.between
        (link.latency, link.loss) = (.fixed(.milliseconds(10)), 0)
        for first in here {
            for second in there {
                scenario.world.setLink(link, from: first, to: second)
                scenario.world.setLink(link, from: second, to: first)
            }
        }
    }

    @Test(
        "With one of three remote servers frozen, p99 of forwarded reads is at most twice the healthy one",
        arguments: [(Mode.stale, 0), (.stale, 2), (.default, 1), (.default, 2)])
    private func oneFrozenServer(mode: Mode, position: Int) {
        let (scenario, here, there) = FederationTests.federation()
        Self.farAway(scenario, here, there)
        #expect(scenario.put("k", "v", in: "dc2", at: here[0]))
        let healthy = Self.load(scenario, here, Self.read(mode), for: .seconds(20))
        scenario.run(for: .seconds(1))
        // The leader's place is taken by another one within a second; reads that need it wait as long.
        let leader = scenario.leaders(among: there).first
        let frozen = there.sorted { ($0 == leader ? 1 : 0, $0) < ($1 == leader ? 1 : 0, $1) }[position]
        scenario.world.freeze(frozen)
        let time = Duration.seconds(mode == .default && frozen == leader ? 160 : 30)
        let during = Self.load(scenario, here, Self.read(mode), for: time, each: .milliseconds(40))
        scenario.run(for: .seconds(12))
        let (before, after) = (Self.times(scenario, healthy), Self.times(scenario, during))
        #expect(before.count == healthy.count && after.count == during.count)
        for request in during {
            if case .failure(let error)? = scenario.answer(request.id) { Issue.record("\(mode) \(position): \(error)") }
        }
        let (p99, limit) = (after[after.count * 99 / 100], before[before.count * 99 / 100] * 2)
        #expect(p99 <= limit, "\(mode), server \(position): \(p99) against \(limit / 2); worst \(after.last as Any)")
    }

    @Test("With a whole remote datacenter frozen, requests fail within 2 s, and at once when the verdict stands")
    func frozenDatacenter() {
        let (scenario, here, there) = FederationTests.federation()
        Self.farAway(scenario, here, there)
        #expect(scenario.put("k", "v", in: "dc2", at: here[0]))
        _ = Self.load(scenario, here, Self.read(.default), for: .seconds(5))
        for server in there { scenario.world.freeze(server) }
        let frozenAt = scenario.world.now
        let sent = Self.load(scenario, here, Self.read(.default), for: .seconds(12), timeout: .seconds(5))
        scenario.run(for: .seconds(6))
        let verdictAt = scenario.verdicts.filter { $0.datacenter == "dc2" && $0.verdict == .frozen }.map(\.at).max()
        guard let verdictAt, Set(scenario.verdicts.filter { $0.verdict == .frozen }.map(\.host)).count == 3 else {
            Issue.record("no verdict: \(scenario.verdicts)")
            return
        }
        #expect(verdictAt - frozenAt <= .seconds(10))
        for request in sent {
            guard let end = scenario.answeredAt[request.id], let answer = scenario.answer(request.id) else {
                Issue.record("a request never ended")
                return
            }
            guard case .failure = answer else { continue }
            #expect(end - request.at <= .seconds(5))
            // No request waits once the verdict stands.
            if end > verdictAt { #expect(end - max(request.at, verdictAt) <= .seconds(1)) }
            // The breaker is open by then.
            if request.at >= frozenAt + .milliseconds(2500) {
                #expect(end - request.at <= .milliseconds(50), "asked \(request.at - frozenAt) after the freeze")
            }
        }
        for server in there { scenario.world.resume(server) }
        let back = scenario.run(atMost: .seconds(15)) { $0.get("k", in: "dc2", at: here[0]) == "v" }
        #expect(back != nil)
    }

    @Test("Requests that need a leader fail within 2 s when the remote loses its own, stale ones go on")
    func leaderless() {
        let (scenario, here, there) = FederationTests.federation()
        #expect(scenario.put("k", "v", in: "dc2", at: here[0]))
        _ = Self.load(scenario, here, Self.read(.default), for: .seconds(3))
        for server in there.prefix(2) { scenario.world.kill(server) }
        let lostAt = scenario.world.now
        let sent = Self.load(scenario, here, Self.read(.default), for: .seconds(8))
        scenario.run(for: .seconds(11))
        for request in sent where request.at >= lostAt + .milliseconds(3500) {
            let end = scenario.answeredAt[request.id] ?? .distantFuture
            #expect(end - request.at <= .milliseconds(50), "asked \(request.at - lostAt) after the loss")
        }
        #expect(scenario.get("k", in: "dc2", at: here[0], stale: true) == "v")
    }

    @Test("Remote reads and writes go on while the local datacenter has no quorum, also through a client agent")
    func noQuorumHere() {
        let (scenario, here, _) = FederationTests.federation()
        let client = scenario.add(1, 9, isServer: false, bootstrap: .never, joining: [1, 2, 3])
        scenario.world.start(client)
        #expect(scenario.put("k", "v", in: "dc2", at: here[0]))
        let leader = scenario.awaitLeader(among: here)
        let survivor = here.first { $0 != leader } ?? here[0]
        for server in here where server != survivor { scenario.world.kill(server) }
        scenario.run(for: .seconds(5))
        #expect(scenario.get("k", at: survivor) == nil, "there is no quorum here")
        for agent in [survivor, client] {
            #expect(scenario.get("k", in: "dc2", at: agent) == "v")
            #expect(scenario.get("k", in: "dc2", at: agent, stale: true) == "v")
            #expect(scenario.put("k\(agent)", "w", in: "dc2", at: agent))
        }
    }

    @Test("10,000 callers of a frozen datacenter: a bounded number waits, each gets a reason, local writes go on")
    func tenThousandCallers() {
        let (scenario, here, there) = FederationTests.federation()
        #expect(scenario.put("k", "v", in: "dc2", at: here[0]))
        for server in there { scenario.world.freeze(server) }
        var sent: [Sent] = []
        for _ in 0..<10_000 {
            sent.append(Sent(id: scenario.begin(Self.read(.stale), at: here[0]), at: scenario.world.now))
        }
        let refused = sent.compactMap { scenario.answer($0.id) }
        #expect(refused.count == 10_000 - 1024 - 8192)
        for answer in refused { #expect(answer == .failure(.overloaded(what: "requests for dc2"))) }
        let began = scenario.world.now
        #expect(scenario.put("local", "1", at: here[0]))
        #expect(scenario.world.now - began <= .milliseconds(50))
        scenario.run(for: .seconds(11))
        for request in sent {
            guard let end = scenario.answeredAt[request.id] else {
                Issue.record("a request never ended")
                return
            }
            #expect(end - request.at <= .seconds(10))
        }
    }
}
