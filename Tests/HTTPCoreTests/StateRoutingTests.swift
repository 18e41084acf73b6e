import FederationModel
import HTTPCore
import Testing

@Suite("Sessions, transactions, prepared queries, events and the operator over HTTP")
struct StateRoutingTests {
    private func session(_ body: String) -> Session? {
        guard case .sessionApply(let request)? = route("PUT", "/v1/session/create", body).request else { return nil }
        return request.session
    }

    @Test("A session's checks: what the body says of one list takes the standard out of the other", arguments: [
        ("", ["serfHealth"], nil), ("{}", ["serfHealth"], nil), (#"{"Checks":[]}"#, [], nil),
        (#"{"NodeChecks":[]}"#, [], nil), (#"{"NodeChecks":["a"]}"#, ["a"], nil),
        (#"{"Checks":["a"]}"#, ["serfHealth"], ["a"]), (#"{"Checks":["a"],"NodeChecks":["a"]}"#, ["a"], ["a"]),
        (#"{"Checks":[],"NodeChecks":["a"]}"#, [], nil), (#"{"Unknown":1}"#, ["serfHealth"], nil),
    ] as [(String, [String], [String]?)])
    func sessionChecks(body: String, nodeChecks: [String], checks: [String]?) {
        #expect(session(body)?.nodeChecks == nodeChecks)
        #expect(session(body)?.checks == checks)
        #expect(session(body)?.node == "s1")
    }

    @Test("A lock delay is a duration, or a number of seconds when it is small", arguments: [
        ("\"20s\"", Duration.seconds(20)), ("5", .seconds(5)), ("1500", .nanoseconds(1500)), ("\"0s\"", .zero),
    ] as [(String, Duration)])
    func lockDelay(text: String, delay: Duration) {
        #expect(session(#"{"LockDelay":\#(text)}"#)?.lockDelay == delay)
    }

    @Test("Refused at once", arguments: [
        ("PUT", "/v1/session/create", "nonsense", 400), ("PUT", "/v1/session/destroy/", "", 400),
        ("PUT", "/v1/txn", "{}", 400), ("PUT", "/v1/txn", #"[{"KV":{"Verb":"set","Key":"a","Value":"*"}}]"#, 400),
        ("PUT", "/v1/txn", #"[{"KV":{"Bogus":1}}]"#, 400), ("POST", "/v1/query", "", 400),
        ("PUT", "/v1/query/x/execute", "", 405), ("GET", "/v1/query/x/execute?limit=x", "", 500),
        ("PUT", "/v1/event/fire/x?tag=t", "", 500), ("PUT", "/v1/event/fire/x?node=(", "", 500),
        ("DELETE", "/v1/operator/raft/peer", "", 400), ("DELETE", "/v1/operator/raft/peer?id=a&address=b", "", 400),
        ("PUT", "/v1/operator/autopilot/configuration", "nonsense", 400),
        ("PUT", "/v1/operator/autopilot/configuration?cas=x", "{}", 400),
    ])
    func refusals(method: String, target: String, body: String, status: Int) {
        #expect(route(method, target, body).response?.status == status)
    }

    @Test func transactionsAreBoundedAndSplitByWhatTheyDo() {
        let read = #"{"KV":{"Verb":"get","Key":"a"}}"#
        let many = "[" + Array(repeating: read, count: 65).joined(separator: ",") + "]"
        #expect(route("PUT", "/v1/txn", many).response?.text.hasPrefix("Transaction contains too many") == true)
        let large = String(repeating: " ", count: 512 * 1024) + "[]"
        #expect(route("PUT", "/v1/txn", large).response?.status == 413)
        guard case .txnRead(let request)? = route("PUT", "/v1/txn?index=7", "[\(read)]").request,
            case .txnApply? = route("PUT", "/v1/txn", #"[{"Node":{"Verb":"bogus","Node":{"Node":"x"}}}]"#).request
        else { return #expect(Bool(false)) }
        #expect(request.options.minQueryIndex == 0, "a transaction does not wait")
    }

    @Test func answers() throws {
        let failed = TxnResponse(errors: [TxnError(opIndex: 2, what: "no")])
        let txn = try #require(route("PUT", "/v1/txn", "[]").rendering)
        #expect(router.render(txn, .success(.txn(failed))).status == 409)
        #expect(
            router.render(txn, .success(.txn(failed))).text
                == #"{"Results":null,"Errors":[{"OpIndex":2,"What":"no"}]}"#)
        let created = try #require(route("PUT", "/v1/session/create").rendering)
        #expect(router.render(created, .success(.string("x"))).text == #"{"ID":"x"}"#)
        let renewed = try #require(route("PUT", "/v1/session/renew/x").rendering)
        let missing = router.render(renewed, .success(.sessions(IndexedSessions())))
        #expect(missing.status == 404 && missing.text == "Session id 'x' not found")
        let query = try #require(route("GET", "/v1/query/x/execute").rendering)
        #expect(router.render(query, .failure(.queryNotFoundForTests)).status == 404)
        let health = try #require(route("GET", "/v1/operator/autopilot/health").rendering)
        #expect(router.render(health, .success(.serverHealth(OperatorHealthReply()))).status == 429)
        let events = try #require(route("GET", "/v1/event/list").rendering)
        let shown = router.render(events, AgentResponse.events([UserEvent(id: "x", name: "n")]))
        #expect(shown.header("X-Consul-Index") == "1")
    }
}

extension FederationError {
    fileprivate static let queryNotFoundForTests = FederationError.remote("rpc error making call: Query not found")
}
