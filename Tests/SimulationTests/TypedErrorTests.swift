import Determinism
import FederationModel
import HTTPCore
import ServerCore
import Simulation
import Testing
import WireFormat

/// Causes brought about in a federation of three datacenters and asked for over HTTP by a client that takes JSON.
@Suite("Typed errors")
struct TypedErrorTests {
    private static let json = [(name: "Accept", value: "application/json")]

    private struct Seen: Equatable {
        var status: Int
        var kind: String?
        var json: JSONValue?

        init(_ response: HTTPResponse?) {
            status = response?.status ?? 0
            kind = response?.header("X-Isthmus-Error")
            json = response.flatMap { try? JSONReader.read($0.body) }
        }

        func field(_ name: String) -> String? { json?[name]?.text }
        var isRetrySafe: Bool? { json?["RetrySafe"]?.boolean }
    }

    private final class Federation {
        let scenario: Scenario
        let here: [Int]
        let there: [Int]
        let third: [Int]
        let fourth: [Int]

        init(seed: UInt64 = 1, blocked: [String] = [], hasFourth: Bool = false) {
            scenario = Scenario(seed: seed)
            here = scenario.addServers(3, datacenter: 1, blocked: blocked)
            there = scenario.addServers(3, datacenter: 2, federating: [1])
            third = [scenario.add(3, 1, bootstrap: .alone, federating: [1])]
            fourth = hasFourth ? [scenario.add(4, 1, bootstrap: .alone, federating: [1])] : []
            for server in third + fourth { scenario.world.start(server) }
            for servers in [here, there, third, fourth] where !servers.isEmpty {
                _ = scenario.awaitLeader(among: servers)
            }
            _ = scenario.run(atMost: .seconds(20)) { [here] scenario in
                here.allSatisfy {
                    scenario.knows("dc2", at: $0) && scenario.verdict(of: "dc3", at: $0) == .up
                        && (!hasFourth || scenario.verdict(of: "dc4", at: $0) == .up)
                }
            }
        }

        func see(_ target: String, _ method: String = "GET", body: String = "") -> Seen {
            Seen(scenario.fetch(method, target, TypedErrorTests.json, body: body, at: here[0]))
        }

        func await(_ verdict: Verdict, of datacenter: String) -> Bool {
            scenario.run(atMost: .seconds(30)) { [here] in $0.verdict(of: datacenter, at: here[0]) == verdict } != nil
        }
    }

    /// Each cause is brought about in one federation of four datacenters, in an order in which none hides another.
    @Test(
        "Twelve causes, each named rightly, in JSON and beside Consul's status and text",
        arguments: 1...3 as ClosedRange<UInt64>)
    func twelve(seed: UInt64) {
        let federation = Federation(seed: seed, blocked: ["/v1/event"], hasFourth: true)
        let scenario = federation.scenario
        let asked = federation.here[0]
        var named: Set<String> = []
        func cause(
            _ kind: ErrorKind, _ target: String, _ method: String = "GET", status: Int = 500, text: String,
            datacenter: String = "dc2", isRetrySafe: Bool = true
        ) {
            let seen = federation.see(target, method, body: method == "PUT" ? "x" : "")
            let old = scenario.fetch(method, target, body: method == "PUT" ? "x" : "", at: asked)
            let isRight = seen.kind == kind.rawValue && seen.status == status && old?.status == status
                && old?.header("X-Isthmus-Error") == kind.rawValue && old?.text.contains(text) == true
            #expect(isRight, "seed \(seed): \(kind) is \(seen), \(old?.status ?? 0) \(old?.text ?? "")")
            guard isRight else { return }
            // An empty list is Consul's answer, and stays one.
            guard kind != .noInstance else { return named.formUnion([kind.rawValue]) }
            let isWhole = seen.field("Error") == kind.rawValue && seen.field("Datacenter") == datacenter
                && seen.isRetrySafe == isRetrySafe && seen.field("Elapsed").flatMap { Duration(goText: $0) } != nil
            #expect(isWhole, "seed \(seed): \(seen)")
            if isWhole { named.insert(kind.rawValue) }
        }
        cause(.unknownDatacenter, "/v1/kv/a?dc=dc22", text: "No path to datacenter", datacenter: "dc22")
        cause(.noInstance, "/v1/health/service/none?dc=dc2", status: 200, text: "[]")
        cause(.denied, "/v1/event/list", status: 403, text: "Endpoint is blocked", datacenter: "dc1")
        _ = scenario.ask(.leave, at: federation.third[0])
        #expect(federation.await(.left, of: "dc3"))
        cause(.left, "/v1/kv/a?dc=dc3", text: "No path to datacenter", datacenter: "dc3")
        scenario.world.kill(federation.fourth[0])
        #expect(federation.await(.unreachable, of: "dc4"))
        scenario.run(for: .seconds(5))
        #expect(scenario.ask(.forget(datacenter: "dc4", isForced: false), at: asked) == .done)
        cause(.forgotten, "/v1/kv/a?dc=dc4", text: "No path to datacenter", datacenter: "dc4")
        for server in federation.there { scenario.world.freeze(server) }
        cause(.timedOut, "/v1/kv/a?dc=dc2&timeout=200ms", text: "deadline of 0.2 seconds")
        cause(.outcomeUnknown, "/v1/kv/a?dc=dc2&timeout=200ms", "PUT", text: "outcome unknown: ", isRetrySafe: false)
        let read = Request.kvsGet(KeyRequest(datacenter: "dc2", key: ByteString("a")))
        for _ in 0..<1024 + 8192 { _ = scenario.begin(read, at: asked) }
        cause(.overloaded, "/v1/kv/a?dc=dc2", status: 429, text: "")
        #expect(federation.await(.frozen, of: "dc2"))
        cause(.frozen, "/v1/kv/a?dc=dc2", text: "Remote DC has no server currently reachable")
        for server in federation.there { scenario.world.resume(server) }
        #expect(federation.await(.up, of: "dc2"))
        for server in federation.there.prefix(2) { scenario.world.kill(server) }
        #expect(federation.await(.leaderless, of: "dc2"))
        cause(.leaderless, "/v1/kv/a?dc=dc2", text: "No cluster leader")
        scenario.world.kill(federation.there[2])
        #expect(federation.await(.unreachable, of: "dc2"))
        cause(.unreachable, "/v1/kv/a?dc=dc2", text: "Remote DC has no server currently reachable")
        for server in federation.here.dropFirst() { scenario.world.kill(server) }
        scenario.run(for: .seconds(3))
        cause(
            .staleBeyondBound, "/v1/kv/a?stale&max_stale=1s&timeout=2s", text: "", datacenter: "dc1")
        #expect(named.count == 12, "seed \(seed): \(named.sorted())")
    }

    @Test("A typo, with near names; no instance where there is a datacenter; the old texts beside them")
    func healthy() {
        let federation = Federation()
        let typo = federation.see("/v1/kv/a?dc=dc22")
        #expect(typo.status == 500 && typo.kind == "unknown-datacenter" && typo.isRetrySafe == true)
        #expect(typo.field("Datacenter") == "dc22")
        #expect(typo.json?["NearNames"]?.items?.compactMap(\.text) == ["dc2"])
        let none = federation.see("/v1/health/service/none?dc=dc2")
        #expect(none.status == 200 && none.kind == "no-instance")
        let text = federation.scenario.fetch("GET", "/v1/kv/a?dc=dc22", at: federation.here[0])
        #expect(text?.text == "No path to datacenter" && text?.header("X-Isthmus-Error") == "unknown-datacenter")
    }

    @Test("Frozen: at first a read is timed out and a write of unknown outcome, then the verdict says so")
    func frozen() throws {
        let federation = Federation()
        for server in federation.there { federation.scenario.world.freeze(server) }
        let read = federation.see("/v1/kv/a?dc=dc2&timeout=400ms")
        #expect(read.kind == "timed-out" && read.isRetrySafe == true && read.field("Datacenter") == "dc2")
        #expect(read.field("Server")?.hasSuffix(".dc2") == true)
        let elapsed = try #require(read.field("Elapsed").flatMap { Duration(goText: $0) })
        #expect(elapsed >= .milliseconds(390) && elapsed < .milliseconds(500))
        let write = federation.see("/v1/kv/a?dc=dc2&timeout=400ms", "PUT", body: "x")
        #expect(write.kind == "outcome-unknown" && write.isRetrySafe == false)
        #expect(federation.await(.frozen, of: "dc2"))
        let frozen = federation.see("/v1/kv/a?dc=dc2", "PUT", body: "x")
        #expect(frozen.status == 500 && frozen.kind == "frozen" && frozen.isRetrySafe == true)
    }

    @Test("Killed, left, without a leader")
    func gone() {
        let federation = Federation()
        _ = federation.scenario.ask(.leave, at: federation.third[0])
        #expect(federation.await(.left, of: "dc3"))
        let left = federation.see("/v1/kv/a?dc=dc3")
        #expect(left.kind == "left" && left.field("Message") == "No path to datacenter")
        for server in federation.there { federation.scenario.world.kill(server) }
        #expect(federation.see("/v1/kv/a?dc=dc2&timeout=3s").kind == "unreachable")
        #expect(federation.await(.unreachable, of: "dc2"))
        let killed = federation.see("/v1/kv/a?dc=dc2")
        #expect(killed.kind == "unreachable" && killed.field("Message")?.contains("no server currently") == true)
        for server in federation.there.prefix(2) { federation.scenario.world.start(server) }
        #expect(federation.await(.degraded, of: "dc2") || federation.await(.up, of: "dc2"))
        federation.scenario.world.kill(federation.there[0])
        #expect(federation.await(.leaderless, of: "dc2"))
        let leaderless = federation.see("/v1/kv/a?dc=dc2")
        #expect(leaderless.kind == "leaderless" && leaderless.field("Message") == "No cluster leader")
    }

    @Test("Stale beyond bound: an answer is at hand, too old for the asker, and no leader can be asked")
    func stale() {
        let federation = Federation()
        for server in federation.here.dropFirst() { federation.scenario.world.kill(server) }
        federation.scenario.run(for: .seconds(3))
        let stale = federation.see("/v1/kv/a?stale&max_stale=1s&timeout=2s")
        #expect(stale.status == 500 && stale.kind == "stale-beyond-bound" && stale.isRetrySafe == true)
        #expect(federation.see("/v1/catalog/nodes?stale&max_stale=1h").status == 200)
    }

    @Test("Overloaded: the leader's uncommitted entries are at their limit, nothing was done")
    func overloaded() throws {
        let federation = Federation()
        let scenario = federation.scenario
        let leader = try #require(scenario.leaders(among: federation.here).first)
        for server in federation.here where server != leader { scenario.world.freeze(server) }
        let value = ByteString([UInt8](repeating: 65, count: 512 * 1024))
        // 64 MiB are taken; one more of that size is not.
        for number in 0..<UInt64(160) {
            let entry = DirEntry(key: ByteString("big\(number)"), value: value)
            let write = Request.kvsApply(KVSRequest(datacenter: "dc1", op: "set", dirEnt: entry))
            scenario.world.request(write, id: RequestID(1_000_000 + number), at: leader)
        }
        let body = String(repeating: "x", count: 512 * 1024)
        let busy = Seen(scenario.fetch("PUT", "/v1/kv/a", Self.json, body: body, at: leader))
        #expect(busy.status == 429 && busy.kind == "overloaded" && busy.isRetrySafe == true, "\(busy)")
    }

    @Test("Denied: the agent's operator has blocked the endpoint")
    func denied() {
        let scenario = Scenario()
        let agent = scenario.add(1, 1, bootstrap: .alone, blocked: ["/v1/event"])
        scenario.world.start(agent)
        let denied = Seen(scenario.fetch("GET", "/v1/event/list", Self.json, at: agent))
        #expect(denied.status == 403 && denied.kind == "denied")
        #expect(denied.field("Message") == "Endpoint is blocked by agent configuration")
    }
}
