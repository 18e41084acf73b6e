import AgentCore
import CatalogCore
import Determinism
import FederationModel
import HTTPCore
import RoutingCore
import ServerCore
import Testing

@Suite("Reads that come again in the same words") struct RepeatedReadTests {
    private static let targets = [
        "/v1/kv/a?dc=dc3", "/v1/health/service/web?dc=dc3&stale",
        "/v1/kv/a", "/v1/kv/a?raw", "/v1/kv/b?stale", "/v1/kv/a?pretty&max_stale=10s", "/v1/health/service/web",
        "/v1/health/service/web?passing", "/v1/health/service/web?stale&tag=x",
        "/v1/health/service/web?max_stale=1s", "/v1/health/service/web?filter=Service.Port==80",
        "/v1/catalog/service/web?node-meta=rack:1", "/v1/catalog/services", "/v1/catalog/services?consistent",
        "/v1/health/service/web?near=_agent", "/v1/health/service/none", "/v1/catalog/nodes", "/v1/kv/a?index=1",
        "/v1/health/service/web?cached", "/v1/health/service/web?dc=dc2",
    ]

    /// What decides an answer, changed at random.
    private struct World {
        var view = ReadView(datacenter: "dc1", isServer: true)
        var catalog = Catalog()
        var index: UInt64 = 10
        var now = Instant.zero + .seconds(100)

        mutating func apply(_ command: Command) {
            index += 1
            _ = catalog.apply(command, at: index)
            view.show(catalog)
        }

        mutating func change(_ random: inout SeededRandom) {
            func one(_ words: [String]) -> String { words.randomElement(using: &random) ?? "" }
            let status = one(["passing", "warning", "critical"])
            switch Int.random(in: 0..<13, using: &random) {
            case 0, 1:
                let entry = DirEntry(key: ByteString(one(["a", "b"])), value: ByteString(status))
                apply(.kvs(KVSRequest(datacenter: "dc1", op: one(["set", "set", "delete"]), dirEnt: entry)))
            case 2, 3:
                apply(.register(
                    RegisterRequest(
                        datacenter: "dc1", node: one(["n", "m"]), address: one(["10.0.0.1", "10.0.0.2"]),
                        nodeMeta: ["rack": one(["1", "2"])],
                        service: NodeService(id: "web", service: "web", tags: [one(["x", "y"])], port: 80))))
            case 4:
                apply(.register(
                    RegisterRequest(
                        datacenter: "dc1", node: one(["n", "m"]), address: "10.0.0.1",
                        check: HealthCheck(node: "n", checkID: "c", name: "c", status: status))))
            case 5: apply(.deregister(DeregisterRequest(datacenter: "dc1", node: one(["n", "m"]), serviceID: "web")))
            case 6: view.leaderKnown.toggle()
            case 7: view.isLeader.toggle()
            case 8: view.leaseEnd = view.leaseEnd > now ? .zero : now + .seconds(1000)
            case 9: view.lastContact = one(["", "x"]).isEmpty ? nil : now
            case 10:
                let errors = [nil, FederationError.frozen(datacenter: "dc3"), .leaderless(datacenter: "dc3")]
                view.refusals["dc3"] = StandingRefusal(
                    ofAny: errors.randomElement(using: &random) ?? nil,
                    ofLeader: errors.randomElement(using: &random) ?? nil)
            default: now += .milliseconds(Int.random(in: 0...700, using: &random))
            }
        }
    }

    private func shown(_ response: HTTPResponse) -> String {
        response.headers.map { "\($0.name): \($0.value)\n" }.joined() + response.text
    }

    /// The whole use of it: whatever is said to hold is what would be answered.
    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func whatHoldsIsWhatWouldBeAnswered(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let router = HTTPRouter(context: HTTPContext(datacenter: "dc1", node: "agent", isServer: true))
        var world = World()
        var kept: [String: (plan: HTTPRound.Plan, read: RepeatedRead, answer: HTTPResponse)] = [:]
        var (sameCount, headerCount, changedCount) = (0, 0, 0)
        for step in 0..<400 {
            world.change(&random)
            for target in Self.targets {
                var round = HTTPRound(router, remembers: true)
                let first = round.begin(
                    HTTPRequest(method: "GET", target: target), view: world.view, at: world.now, random: &random)
                var fresh: HTTPResponse?
                if case .respond(let response) = first { fresh = response }
                if var old = kept[target] {
                    var again = HTTPRound(router, remembers: true)
                    let second = again.begin(old.plan, view: world.view, at: world.now)
                    if let fresh, case .respond(let planned) = second {
                        #expect(shown(planned) == shown(fresh), "seed \(seed), step \(step): \(target)")
                    }
                    switch old.read.verdict(world.view, at: world.now) {
                    case .changed: changedCount += 1
                    case .same: sameCount += 1
                    case .headers(let headers):
                        headerCount += 1
                        old.answer.headers = headers
                    }
                    if case .changed = old.read.verdict(world.view, at: world.now) {} else {
                        let want = fresh.map { shown($0) }
                        #expect(want == shown(old.answer), "seed \(seed), step \(step): \(target)")
                    }
                    kept[target] = old
                }
                guard let plan = round.plan, let read = round.repeated, let fresh else { continue }
                kept[target] = (plan, read, fresh)
            }
        }
        let counts = "\(sameCount) same, \(headerCount) with other headers, \(changedCount) changed"
        for target in Self.targets.prefix(2) { #expect(kept[target] != nil, "\(target)") }
        #expect(sameCount > 500 && headerCount > 50 && changedCount > 200, "\(counts)")
        for target in Self.targets.suffix(6) { #expect(kept[target] == nil, "\(target)") }
    }

    @Test("A snapshot that takes the catalog's place ends what was kept, whatever its versions are")
    func otherHistory() throws {
        let router = HTTPRouter(context: HTTPContext(datacenter: "dc1", node: "agent", isServer: true))
        var world = World()
        var random = SeededRandom(seed: 1)
        world.view.leaseEnd = .distantFuture
        let entry = DirEntry(key: "a", value: "x")
        world.apply(.kvs(KVSRequest(datacenter: "dc1", op: "set", dirEnt: entry)))
        var round = HTTPRound(router, remembers: true)
        _ = round.begin(
            HTTPRequest(method: "GET", target: "/v1/kv/a"), view: world.view, at: world.now, random: &random)
        var read = try #require(round.repeated)
        guard case .same = read.verdict(world.view, at: world.now) else { Issue.record("it holds"); return }
        world.catalog.restoreIndex = 99
        world.view.show(world.catalog)
        guard case .changed = read.verdict(world.view, at: world.now) else { Issue.record("it is over"); return }
    }

    @Test("An answer of another server holds while it is the same memory, under the headers of now")
    func forwarded() throws {
        let router = HTTPRouter(context: HTTPContext(datacenter: "dc1", node: "agent", isServer: true))
        var random = SeededRandom(seed: 1)
        let rows = [CheckServiceNode(node: Node(node: "n", address: "10.0.0.1"), service: NodeService(id: "web"))]
        func response(_ rows: [CheckServiceNode], index: UInt64 = 7, contact: Duration = .zero) -> Response {
            var body = IndexedCheckServiceNodes(nodes: rows)
            body.meta = QueryMeta(index: index, lastContact: contact, knownLeader: true)
            return .checkServiceNodes(body)
        }
        func begin() -> HTTPRound {
            var round = HTTPRound(router, remembers: true)
            let request = HTTPRequest(method: "GET", target: "/v1/health/service/web?dc=dc2&max_stale=5s")
            _ = round.begin(request, view: nil, at: .zero, random: &random)
            return round
        }
        var round = begin()
        guard case .respond(let first) = round.answered(.success(response(rows)), view: nil, at: .zero) else { return }
        var read = try #require(round.repeated)
        guard case .same = read.verdict(response(rows)) else { Issue.record("it holds"); return }
        guard case .headers(let headers) = read.verdict(response(rows, contact: .milliseconds(1234))) else {
            Issue.record("its body holds")
            return
        }
        var other = begin()
        let late = other.answered(.success(response(rows, contact: .milliseconds(1234))), view: nil, at: .zero)
        guard case .respond(let second) = late else { return }
        #expect(second.body == first.body)
        #expect(second.headers.map { "\($0)" } == headers.map { "\($0)" })
        for changed in [response(rows, index: 8), response(rows + rows), response(rows, contact: .seconds(6))] {
            guard case .changed = read.verdict(changed) else { Issue.record("it does not hold"); return }
        }
    }
}
