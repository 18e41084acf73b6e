import Determinism
import FederationModel
import HTTPCore
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

    @Test(
        "The first question over DNS to a datacenter whose lines to some servers lose packets is answered by another",
        arguments: [[0], [1], [2], [0, 1], [0, 2], [1, 2]])
    func firstQuestion(positions: [Int]) {
        let (scenario, here, there) = FederationTests.federation()
        Self.farAway(scenario, here, there)
        scenario.run(for: .seconds(3))
        // As if a segment were lost twice: 600 ms until it is sent for the third time.
        for position in positions { scenario.world.setCut(true, from: here[0], to: there[position]) }
        // What a client agent gives its server of 500 ms.
        let id = scenario.begin(Self.read(.stale), at: here[0], timeout: .milliseconds(420))
        let began = scenario.world.now
        scenario.run(for: .milliseconds(450))
        guard case .success? = scenario.answer(id) else {
            Issue.record("\(scenario.answer(id) as Any)")
            return
        }
        #expect((scenario.answeredAt[id] ?? .distantFuture) - began <= .milliseconds(400))
    }

    @Test("A query that fails over is answered when its one packet to each datacenter is lost once")
    func failoverLosesPackets() {
        let scenario = Scenario(seed: 1)
        let here = scenario.addServers(3, datacenter: 1)
        let others = [2, 3].map { scenario.addServers(3, datacenter: $0, federating: [1]) }
        for hosts in [here] + others { _ = scenario.awaitLeader(among: hosts) }
        var link = Topology.Link.between
        (link.latency, link.loss) = (.fixed(.milliseconds(40)), 0)
        for first in here {
            for second in others.joined() {
                scenario.world.setLink(link, from: first, to: second)
                scenario.world.setLink(link, from: second, to: first)
            }
        }
        for (number, hosts) in others.enumerated() {
            let registration = RegisterRequest(
                datacenter: "dc\(number + 2)", node: "ext", address: "10.0.0.1",
                service: NodeService(id: "far", service: "far", port: 80))
            #expect(scenario.ask(.catalogRegister(registration), at: hosts[0])?.isSuccess == true)
        }
        let failover = QueryDatacenterOptions(datacenters: ["dc2", "dc3"])
        let query = PreparedQuery(name: "anywhere", service: ServiceQuery(service: "far", failover: failover))
        let made = scenario.ask(
            .preparedQueryApply(PreparedQueryRequest(datacenter: "dc1", op: "create", query: query)), at: here[0])
        #expect(made?.isSuccess == true)
        scenario.run(for: .seconds(5))
        for host in others.joined() { scenario.world.setCut(true, from: here[0], to: host) }
        let request = PreparedQueryExecuteRequest(
            datacenter: "dc1", queryIDOrName: "anywhere", options: QueryOptions(allowStale: true))
        let id = scenario.begin(.preparedQueryExecute(request), at: here[0], timeout: .milliseconds(480))
        scenario.run(for: .milliseconds(150))
        for host in others.joined() { scenario.world.setCut(false, from: here[0], to: host) }
        scenario.run(for: .milliseconds(330))
        guard case .success(.queryResult(let answer))? = scenario.answer(id) else {
            Issue.record("\(scenario.answer(id) as Any)")
            return
        }
        #expect(answer.nodes?.count == 1 && !answer.isPartial, "\(answer)")
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
        scenario.world.largestTurn = (0, 0)
        scenario.run(for: .seconds(11))
        // They are answered in parts, so that others get their turn in between.
        #expect(scenario.world.largestTurn.effectCount <= 100, "\(scenario.world.largestTurn)")
        var told: [Instant] = []
        for request in sent {
            guard let end = scenario.answeredAt[request.id] else {
                Issue.record("a request never ended")
                return
            }
            #expect(end - request.at <= .seconds(10))
            if end - request.at > .seconds(1) { told.append(end) }
        }
        // Those who are told together ask again together: few in each millisecond. Those who wait for a place are told
        // when the breaker opens, the others when the verdict stands, and none of either waits for 1 s longer.
        told.sort()
        #expect(told.count == 1024 + 8192)
        guard told.count > 8192,
            let verdict = scenario.verdicts.first(where: { $0.host == here[0] && $0.verdict == .frozen })
        else { return }
        #expect(told[8191] - told[0] <= .seconds(1), "\(told[8191] - told[0])")
        #expect(told[told.count - 1] - verdict.at <= .seconds(1), "\(told[told.count - 1] - verdict.at)")
        let most = zip(told, told.dropFirst(32)).map { $1 - $0 }.min() ?? .zero
        #expect(most >= .milliseconds(1), "33 were told within \(most)")
    }

    @Test(
        "Once a datacenter is frozen, left or its breaker is open, who asks is told so without a turn of the agent",
        arguments: ["/v1/kv/k?dc=dc2", "/v1/kv/k?dc=dc2&stale", "/v1/health/service/web?dc=dc2&stale"])
    func refusedAtOnce(target: String) throws {
        let (scenario, here, there) = FederationTests.federation()
        #expect(scenario.put("k", "v", in: "dc2", at: here[0]))
        for server in there { scenario.world.freeze(server) }
        let sent = (0..<20).map { _ in scenario.begin(Self.read(.stale), at: here[0]) }
        _ = scenario.run(atMost: .seconds(10)) { scenario in
            scenario.verdicts.contains { $0.host == here[0] && $0.verdict == .frozen }
        }
        #expect(sent.allSatisfy { scenario.answer($0) != nil })
        scenario.world.largestTurn = (0, 0)
        let turns = scenario.world.turnCounts[here[0]]
        let json = [(name: "Accept", value: "application/json")]
        let began = scenario.world.now
        let refused = try #require(scenario.fetch("GET", target, json, at: here[0]))
        // Fetching takes 10 ms of its clock, in which a turn of gossip or Raft may be due; a hundred more add none.
        for _ in 0..<100 {
            _ = scenario.world.http(
                HTTPRequest(method: "GET", target: target, headers: json), at: here[0], timeout: .seconds(1))
        }
        #expect(scenario.world.now - began <= .milliseconds(10))
        #expect(scenario.world.turnCounts[here[0]] - turns <= 5)
        // With its way shown the agent itself is asked: the same answer but for that.
        let asked = try #require(scenario.fetch("GET", target + "&explain", json, at: here[0]))
        #expect(refused.status == asked.status && refused.body == asked.body, "\(refused) \(asked)")
        let others = asked.headers.filter { $0.name != "X-Isthmus-Route" }
        #expect(refused.headers.map(\.name) == others.map(\.name))
        #expect(refused.headers.contains { $0.name == "X-Isthmus-Error" && $0.value == "frozen" })
        for server in there { scenario.world.resume(server) }
        #expect(scenario.run(atMost: .seconds(15)) { $0.get("k", in: "dc2", at: here[0]) == "v" } != nil)
        #expect(scenario.fetch("GET", target, json, at: here[0])?.status == 200)
    }
}

extension Result {
    fileprivate var isSuccess: Bool { if case .success = self { true } else { false } }
}
