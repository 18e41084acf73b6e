import CatalogCore
import Determinism
import FederationModel
import Testing

extension Bench {
    static func id(_ number: Int) -> String { NodeID(high: 0xABCD, low: UInt64(number)).description }

    /// - Returns: the id.
    @discardableResult mutating func session(
        _ number: Int, on node: String = "n", behavior: String = "", delay: Duration = .zero, checks: [String]? = nil
    ) -> ApplyResult {
        let session = Session(
            id: Self.id(number), node: node, lockDelay: delay, behavior: behavior, nodeChecks: checks)
        return apply(.session(SessionRequest(op: "create", session: session)))
    }

    mutating func endSession(_ number: Int) {
        apply(.session(SessionRequest(op: "destroy", session: Session(id: Self.id(number)))))
    }

    func sessions(on node: String? = nil) -> [String] {
        let request: Request =
            node.map { .sessionNodeSessions(NodeSpecificRequest(node: $0)) } ?? .sessionList(SessionSpecificRequest())
        guard case .sessions(let body)? = catalog.answer(request, datacenter: "dc1")?.response else { return [] }
        return (body.sessions ?? []).map(\.id)
    }
}

@Suite struct SessionTests {
    @Test("A session needs its node and checks that are not critical", arguments: [
        ("none", [], "Missing node registration"), ("n", ["c"], "Missing check 'c' registration"),
        ("n", ["bad"], "Check 'bad' is in critical state"),
    ] as [(String, [String], String)])
    func refusals(node: String, checks: [String], error: String) {
        var bench = Bench()
        bench.register("n", checks: [HealthCheck(checkID: "bad", status: "critical")])
        #expect(bench.session(1, on: node, checks: checks).error == error)
        #expect(bench.sessions().isEmpty)
    }

    @Test func listsAndIndexes() {
        var bench = Bench()
        bench.register("n")
        bench.register("m")
        #expect(bench.session(2).text == Bench.id(2))
        bench.session(1, on: "M")
        #expect(bench.sessions() == [Bench.id(1), Bench.id(2)])
        #expect(bench.sessions(on: "m") == [Bench.id(1)] && bench.sessions(on: "N") == [Bench.id(2)])
        #expect(bench.index(.sessionList(SessionSpecificRequest())) == 13)
        let one = Request.sessionGet(SessionSpecificRequest(sessionID: Bench.id(2).uppercased()))
        let watch = bench.answer(one).watch
        _ = bench.touched()
        bench.session(3)
        #expect(!bench.touched().contains(watch))
        bench.endSession(2)
        #expect(bench.touched().contains(watch))
        bench.endSession(2)
        #expect(bench.sessions(on: "n") == [Bench.id(3)])
    }

    @Test("A lock is held, taken again by its holder, refused to others, given back and counted") func locks() {
        var bench = Bench()
        bench.register("n")
        bench.session(1)
        bench.session(2)
        #expect(bench.key("lock", "k", "a", session: Bench.id(1)).response == true)
        #expect(bench.key("lock", "k", "b", session: Bench.id(1)).response == true)
        #expect(bench.get("k").entry?.lockIndex == 1 && bench.get("k").entry?.session == Bench.id(1))
        #expect(bench.key("lock", "k", "c", session: Bench.id(2)).response == false)
        #expect(bench.key("unlock", "k", "c", session: Bench.id(2)).response == false)
        #expect(bench.key("unlock", "k", "d", session: Bench.id(1)).response == true)
        #expect(bench.get("k").entry?.lockIndex == 1 && bench.get("k").entry?.value == "d")
        #expect(bench.key("lock", "k", "e", session: Bench.id(2)).response == true)
        #expect(bench.get("k").entry?.lockIndex == 2)
        // A plain write leaves the holder and begins the count anew, as with Consul.
        bench.key("set", "k", "f")
        #expect(bench.get("k").entry?.lockIndex == 0 && bench.get("k").entry?.session == Bench.id(2))
        bench.key("delete", "k")
        bench.key("set", "k", "g")
        bench.endSession(2)
        #expect(bench.get("k").entry?.value == "g", "a key deleted and written again belongs to nobody")
    }

    @Test("The end of a session releases or deletes its keys and delays their locks, a minute at most", arguments: [
        ("release", Duration.seconds(5), Duration.seconds(5)), ("delete", .seconds(90), .seconds(60)),
        ("", .seconds(-1), nil),
    ] as [(String, Duration, Duration?)])
    func ends(behavior: String, delay: Duration, expected: Duration?) {
        var bench = Bench()
        bench.register("n")
        bench.session(1, behavior: behavior, delay: delay)
        bench.key("lock", "a", "x", session: Bench.id(1))
        bench.key("lock", "b", "y", session: Bench.id(1))
        bench.key("unlock", "b", "y", session: Bench.id(1))
        _ = bench.touched()
        bench.endSession(1)
        #expect(bench.touched().contains(.key("a")))
        #expect((bench.get("a").entry == nil) == (behavior == "delete"))
        #expect(bench.get("a").entry?.session ?? "" == "")
        #expect(bench.get("b").entry?.value == "y")
        #expect(bench.catalog.takeLockDelays().map(\.delay) == (expected.map { [$0] } ?? []))
        #expect(bench.catalog.takeLockDelays().isEmpty)
    }

    @Test("What ends a session", arguments: ["critical", "check", "service", "node"])
    func invalidation(_ what: String) {
        var bench = Bench()
        let check = HealthCheck(checkID: "c", status: "passing", serviceID: "s")
        bench.register("n", service: NodeService(service: "s"), checks: [check])
        bench.session(1, checks: ["c"])
        bench.session(2)
        bench.key("lock", "k", "x", session: Bench.id(1))
        switch what {
        case "critical":
            bench.register("n", checks: [HealthCheck(checkID: "c", status: "critical", serviceID: "s")])
        case "check": bench.deregister("n", check: "c")
        case "service": bench.deregister("n", service: "s")
        default: bench.deregister("n")
        }
        #expect(bench.sessions() == (what == "node" ? [] : [Bench.id(2)]))
        #expect(bench.get("k").entry?.session == "")
    }

    @Test("A snapshot carries sessions, their locks and queries; without any it is of the first version")
    func snapshot() throws {
        var bench = Bench()
        bench.register("n", checks: [HealthCheck(checkID: "c", status: "passing")])
        bench.key("set", "plain", "x")
        #expect(bench.catalog.snapshot().first == 1)
        bench.session(1, checks: ["c"])
        bench.key("lock", "k", "x", session: Bench.id(1))
        bench.query(5, PreparedQuery(name: "q", session: Bench.id(1), service: ServiceQuery(service: "s")))
        bench.apply(.autopilot(AutopilotSetConfigRequest(config: AutopilotConfiguration(maxTrailingLogs: 7))))
        let bytes = bench.catalog.snapshot()
        #expect(bytes.first == 2)
        var copy = bench
        copy.catalog = try Catalog(snapshot: bytes)
        #expect(copy.catalog.snapshot() == bytes)
        #expect(copy.catalog.autopilotConfiguration.maxTrailingLogs == 7)
        copy.deregister("n", check: "c")
        #expect(copy.sessions().isEmpty && copy.get("k").entry?.session == "")
        #expect(copy.catalog.query(Bench.id(5)) == nil, "its query went with the session")
        for length in stride(from: 0, to: bytes.count, by: 7) {
            #expect(throws: (any Error).self) { try Catalog(snapshot: Array(bytes[..<length])) }
        }
    }
}
