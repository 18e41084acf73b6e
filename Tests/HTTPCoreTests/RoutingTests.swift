import Determinism
import FederationModel
import HTTPCore
import Testing

struct RoutingTests {
    @Test("KV reads", arguments: [
        ("/v1/kv/a/b", "a/b"), ("/v1/kv/cf/%20space%20", "cf/ space "), ("/v1/kv/a%2Fb", "a/b"), ("/v1/kv/a+b", "a+b"),
        ("/v1/kv/caf%C3%A9", "café"), ("/v1/kv/trailing/", "trailing/"), ("/v1/kv/q%3Fm?raw", "q?m"),
    ])
    func keys(target: String, key: String) {
        guard case .kvsGet(let request) = route("GET", target).request else { return #expect(Bool(false)) }
        #expect(request.key == ByteString(key))
        #expect(request.datacenter == "dc1")
    }

    @Test func keysAreBytes() {
        guard case .kvsGet(let request) = route("GET", "/v1/kv/%FF%FE").request else { return #expect(Bool(false)) }
        #expect(request.key.bytes == [0xFF, 0xFE])
    }

    @Test("KV lists: keys goes before recurse, an empty separator lists all")
    func lists() {
        guard case .kvsListKeys(let keys) = route("GET", "/v1/kv/a/?keys&separator=/&recurse").request,
            case .kvsList(let list) = route("GET", "/v1/kv/?recurse&raw").request
        else { return #expect(Bool(false)) }
        #expect(keys.prefix == "a/" && keys.seperator == "/")
        #expect(list.key.isEmpty)
    }

    @Test("KV writes", arguments: [
        ("PUT", "/v1/kv/a?flags=42", "set", UInt64(42), UInt64(0), ""),
        ("PUT", "/v1/kv/a?flags=18446744073709551615", "set", .max, 0, ""),
        ("PUT", "/v1/kv/a?cas=7", "cas", 0, 7, ""), ("PUT", "/v1/kv/a?acquire=s", "lock", 0, 0, "s"),
        ("PUT", "/v1/kv/a?release=s", "unlock", 0, 0, "s"), ("PUT", "/v1/kv/a?acquire=", "lock", 0, 0, ""),
        ("DELETE", "/v1/kv/a", "delete", 0, 0, ""), ("DELETE", "/v1/kv/a?cas=3", "delete-cas", 0, 3, ""),
        ("DELETE", "/v1/kv/a?recurse", "delete-tree", 0, 0, ""),
    ] as [(String, String, String, UInt64, UInt64, String)])
    func writes(method: String, target: String, op: String, flags: UInt64, cas: UInt64, session: String) {
        guard case .kvsApply(let request) = route(method, target, "v").request else { return #expect(Bool(false)) }
        #expect(request.op == op && request.dirEnt.key == "a")
        #expect(request.dirEnt.flags == flags && request.dirEnt.raftIndex.modifyIndex == cas)
        #expect(request.dirEnt.session == session)
        #expect(request.dirEnt.value == (method == "PUT" ? "v" : nil))
    }

    @Test("Refusals with Consul's statuses and texts", arguments: [
        ("PUT", "/v1/kv/", 400, "Missing key name"), ("DELETE", "/v1/kv/", 400, "Missing key name"),
        ("GET", "/v1/kv/", 400, "Missing key name"),
        ("PUT", "/v1/kv/a?flags=-1", 500, "strconv.ParseUint: parsing \"-1\": invalid syntax"),
        ("PUT", "/v1/kv/a?cas=abc", 500, "strconv.ParseUint: parsing \"abc\": invalid syntax"),
        ("DELETE", "/v1/kv/a?cas=99999999999999999999", 500,
            "strconv.ParseUint: parsing \"99999999999999999999\": value out of range"),
        ("PUT", "/v1/kv/a?cas=0&acquire=x", 400, "Conflicting flags: acquire=x&cas=0"),
        ("DELETE", "/v1/kv/a?cas=0&recurse", 400, "Conflicting flags: cas=0&recurse="),
        ("PUT", "/v1/kv/e?cas=1&release=x%20y&acquire=", 400, "Conflicting flags: acquire=&cas=1&release=x+y"),
        ("GET", "/v1/kv/a?stale&consistent", 400, "Cannot specify ?stale with ?consistent, conflicting semantics."),
        ("GET", "/v1/health/service/web?cached&consistent", 400,
            "Cannot specify ?cached with ?consistent, conflicting semantics."),
        ("GET", "/v1/kv/a?stale&max_stale=xyz", 400, "Invalid max_stale value \"xyz\""),
        ("GET", "/v1/kv/a?index=abc", 400, "Invalid index"), ("GET", "/v1/kv/a?index=-1", 400, "Invalid index"),
        ("GET", "/v1/kv/a?wait=abc", 400, "Invalid wait time"), ("GET", "/v1/kv/a?timeout=x", 400, "Invalid timeout"),
        ("GET", "/v1/catalog/service/", 400, "Missing service name"),
        ("GET", "/v1/catalog/node/", 400, "Missing node name"),
        ("GET", "/v1/health/state/", 400, "Missing check state"),
        ("GET", "/v1/health/service/web?passing=xyz", 400, "Invalid value for ?passing"),
        ("PUT", "/v1/event/fire/", 400, "Missing name"),
        ("PUT", "/v1/event/fire/x?tag=t", 500, "Cannot provide tag filter without service filter"),
        ("GET", "/v1/agent/members?segment=alpha", 500,
            "Network segments are not supported in this version of Consul"),
        ("POST", "/v1/kv/a", 405, "method POST not allowed"), ("HEAD", "/v1/kv/a", 405, ""),
        ("PUT", "/v1/agent/services", 405, "method PUT not allowed"),
        ("GET", "/v1/catalog/nodes?%zz", 500, ""), ("GET", "/v1/kv/%zz", 400, "400 Bad Request"),
        ("GET", "no-slash", 400, "400 Bad Request"),
    ])
    func refusals(method: String, target: String, status: Int, text: String) {
        let response = route(method, target, "x").response
        #expect(response?.status == status)
        #expect(response?.text == text)
        #expect(response?.header("X-Isthmus-Error") != nil)
    }

    @Test("405 and OPTIONS name the methods", arguments: [
        ("/v1/kv/a", "OPTIONS,GET,PUT,DELETE"), ("/v1/agent/leave", "OPTIONS,PUT"),
        ("/v1/catalog/nodes", "OPTIONS,GET"),
    ])
    func methods(target: String, allow: String) {
        let refused = route("PATCH", target).response
        #expect(refused?.status == 405 && refused?.header("Allow") == allow)
        let options = route("OPTIONS", target).response
        #expect(options?.status == 200 && options?.header("Allow") == allow && options?.body == [])
        #expect(options?.header("Content-Type") == nil)
    }

    @Test("413 above the limit, in Consul's words")
    func valueSize() {
        let body = String(repeating: "x", count: 524_289)
        let response = route("PUT", "/v1/kv/a", body).response
        #expect(response?.status == 413)
        #expect(response?.text == "Request body(524289 bytes) too large, max size: 524288 bytes. "
            + "See https://www.consul.io/docs/agent/options.html#kv_max_value_size.")
        #expect(route("PUT", "/v1/kv/a", String(body.dropLast())).request != nil)
    }

    @Test("Paths are cleaned by a redirect", arguments: [
        ("GET", "/v1/kv//a/../b", "/v1/kv/b"), ("GET", "/v1//kv/x?raw", "/v1/kv/x?raw"), ("PUT", "/v1/kv", "/v1/kv/"),
        ("GET", "/v1/catalog/node", "/v1/catalog/node/"), ("GET", "/v1/kv/./x%20y", "/v1/kv/x%20y"),
        ("DELETE", "/../..", "/"), ("GET", "/v1/kv/a/..", "/v1/kv"),
    ])
    func redirects(method: String, target: String, location: String) {
        let response = route(method, target).response
        #expect(response?.status == 301 && response?.header("Location") == location)
        #expect(response?.text == (method == "GET" ? "<a href=\"\(location)\">Moved Permanently</a>.\n\n" : ""))
        #expect(response?.header("Vary") == nil)
    }

    @Test("Unknown paths: 404 without a word", arguments: ["/v1/agent/unknown", "/v1/agent/members/", "/v1/", "/x"])
    func unknown(target: String) {
        let response = route("GET", target).response
        #expect(response?.status == 404 && response?.body == [] && response?.headers.isEmpty == true)
    }

    @Test("Options of a read")
    func options() {
        let target = "/v1/health/service/web?dc=dc2&dc=dc1&index=7&wait=1m30s&stale=false&pretty&tag=a&tag=b"
            + "&node-meta=x:y:z&node-meta=w&near=_agent&passing&timeout=250ms&max_stale=5s&filter=a%3D%3Db"
        let action = route("GET", target, headers: [(name: "x-consul-TOKEN", value: "t")])
        guard case .healthServiceNodes(let request) = action.request else { return #expect(Bool(false)) }
        #expect(request.datacenter == "dc2" && request.serviceName == "web")
        #expect(request.serviceTags == ["a", "b"] && request.tagFilter)
        #expect(request.nodeMetaFilters == ["x": "y:z", "w": ""])
        #expect(request.source == QuerySource(datacenter: "dc2", node: "s1", ip: "127.0.0.1"))
        #expect(request.options.minQueryIndex == 7 && request.options.maxQueryTime == .seconds(90))
        #expect(request.options.allowStale && request.options.maxStaleDuration == .seconds(5))
        #expect(request.options.token == "t" && request.options.filter == "a==b")
        var rendering = Rendering(
            .healthService(passingOnly: true), isPretty: true, consistency: .stale, timeout: .milliseconds(250))
        rendering.errors.showsKind = false
        #expect(action.rendering == rendering)
    }

    @Test("An answer older than max_stale is asked again at the leader")
    func retry() {
        guard let request = route("GET", "/v1/kv/a?max_stale=1s").request else { return #expect(Bool(false)) }
        var meta = leaderMeta
        meta.lastContact = .seconds(2)
        #expect(request.retryAtLeader(after: .dirEntries(IndexedDirEntries(meta: meta)))?.options?.allowStale == false)
        #expect(request.retryAtLeader(after: .dirEntries(IndexedDirEntries(meta: leaderMeta))) == nil)
    }

    @Test("Tokens: parameter, header, bearer", arguments: [
        ("?token=q", "h", "Bearer b", "q"), ("", "h", "Bearer b", "h"), ("", "", "bearer   b", "b"),
        ("", "", "Basic b", ""),
    ])
    func tokens(query: String, header: String, authorization: String, expected: String) {
        let headers = [(name: "X-Consul-Token", value: header), (name: "Authorization", value: authorization)]
        #expect(route("GET", "/v1/kv/a" + query, headers: headers).request?.options?.token == expected)
    }

    @Test("Catalog registration: the body names the datacenter")
    func register() {
        let body = #"{"node":"n","ADDRESS":"1.2.3.4","Service":{"Service":"y","Port":1,"Tags":["a"]},"#
            + #""Check":{"Name":"c","Definition":{"Interval":"10s","Timeout":5}},"NodeMeta":null}"#
        guard case .catalogRegister(let request) = route("PUT", "/v1/catalog/register?dc=nowhere", body).request,
            case .catalogDeregister(let gone) = route(
                "PUT", "/v1/catalog/deregister", #"{"Datacenter":"dc2","Node":"n","CheckID":"c"}"#).request
        else { return #expect(Bool(false)) }
        #expect(request.datacenter == "dc1" && request.node == "n" && request.address == "1.2.3.4")
        #expect(request.service?.service == "y" && request.service?.tags == ["a"])
        #expect(request.check?.definition.interval == .seconds(10))
        #expect(request.check?.definition.timeout == .nanoseconds(5))
        #expect(gone == DeregisterRequest(datacenter: "dc2", node: "n", checkID: "c"))
    }

    @Test("Bodies that cannot be decoded", arguments: [
        ("/v1/catalog/register", "", "EOF"), ("/v1/catalog/register", "{", "unexpected EOF"),
        ("/v1/catalog/register", "not-json",
            "invalid character 'o' in literal null (expecting 'u') (line 1, column 2)"),
        ("/v1/catalog/register", "[]",
            "json: cannot unmarshal array into Go value of type struct (line 1, column 1)"),
        ("/v1/catalog/register", #"{"Unknown":1}"#, "json: unknown field \"Unknown\""),
        ("/v1/catalog/register", #"{"Service":{"Port":"x"}}"#,
            "json: cannot unmarshal string into Go struct field .Service.Port of type int (line 1, column 20)"),
        ("/v1/catalog/register", #"{"Check":{"Definition":{"Interval":"zz"}}}"#, "time: invalid duration \"zz\""),
        ("/v1/agent/check/register", #"{"CheckID":"x","Name":"x"}"#, "json: unknown field \"CheckID\""),
        ("/v1/agent/service/register", #"{"Name":"x","Port":1.5}"#,
            "json: cannot unmarshal number 1.5 into Go struct field .Port of type int (line 1, column 20)"),
        ("/v1/coordinate/update", "[]",
            "json: cannot unmarshal array into Go value of type struct (line 1, column 1)"),
        ("/v1/agent/check/update/x", "nonsense",
            "invalid character 'o' in literal null (expecting 'u') (line 1, column 2)"),
    ])
    func undecodable(target: String, body: String, text: String) {
        let response = route("PUT", target, body).response
        #expect(response?.status == 400 && response?.text == "Request decode failed: " + text)
    }

    @Test("A coordinate, answered without a body")
    func coordinate() throws {
        let body = #"{"Node":"n","Coord":{"Vec":[0,1.5],"Error":1,"Adjustment":0,"Height":1e-5}}"#
        guard case .request(.coordinateUpdate(let request), let rendering) = route(
            "PUT", "/v1/coordinate/update?dc=dc2", body)
        else { return #expect(Bool(false)) }
        #expect(request == CoordinateUpdateRequest(
            datacenter: "dc2", node: "n", coord: SerfCoordinate(vec: [0, 1.5], error: 1, height: 1e-5)))
        let response = router.render(rendering, .success(.empty))
        #expect(response.status == 200 && response.body.isEmpty && response.header("Content-Type") == nil)
    }

    @Test("Bodies of definitions are bounded")
    func bodySize() {
        let body = #"{"Name":""# + String(repeating: "x", count: 1 << 20) + #""}"#
        #expect(route("PUT", "/v1/agent/service/register", body).response?.status == 413)
    }

    @Test("Deadlines: the usual one, a blocking read's wait and its spread, or the one asked for", arguments: [
        ("/v1/kv/a", 10), ("/v1/kv/a?wait=1m", 10), ("/v1/kv/a?index=1&wait=16s", 27), ("/v1/kv/a?index=1", 328),
        ("/v1/kv/a?index=1&wait=1h", 647), ("/v1/kv/a?index=1&timeout=3s", 3),
    ])
    func deadlines(target: String, seconds: Int64) throws {
        guard case .request(let request, let rendering) = route("GET", target) else { return #expect(Bool(false)) }
        let deadline = rendering.deadline(of: request, at: .zero, usual: .seconds(10))
        #expect(deadline.nanoseconds / 1_000_000_000 == seconds)
    }

    @Test("A fired event is encoded as the recorded one")
    func event() throws {
        guard case .request(.internalEventFire(let request), let rendering) = route(
            "PUT", "/v1/event/fire/deploy?dc=dc2", "payload")
        else { return #expect(Bool(false)) }
        let payload = try #require(request.payload?.bytes)
        #expect(payload.count == 65)
        #expect(Array(payload[..<6]) == [0x84, 0xA2, 0x49, 0x44, 0xD9, 36])
        #expect(Array(payload[42...]) == [0xA1, 0x6E, 0xA6] + Array("deploy".utf8) + [0xA1, 0x70, 0xC4, 7]
            + Array("payload".utf8) + [0xA1, 0x76, 1])
        let response = router.render(rendering, .success(.eventFired(EventFireResponse())))
        let id = String(decoding: payload[6..<42], as: UTF8.self)
        #expect(response.text == #"{"ID":"\#(id)","Name":"deploy","Payload":"cGF5bG9hZA==","NodeFilter":"","#
            + #""ServiceFilter":"","TagFilter":"","Version":1,"LTime":0}"#)
    }

    @Test("Mutated requests are answered, never worse")
    func mutations() {
        let seed: UInt64 = 99
        print("seed \(seed)")
        var random = SeededRandom(seed: seed)
        let targets = ["/v1/kv/a%2Fb?cas=1&flags=2", "/v1/health/service/web?tag=a&wait=1m&near=_agent&node-meta=a:b",
            "/v1/agent/service/register?replace-existing-checks", "/v1/catalog/register", "/v1/agent/join/a.b:80?wan=1"]
        let text = #"{"Name":"x","Check":{"TTL":"1s","Header":{"a":["b"]}},"Weights":{"Passing":1},"Port":5}"#
        let body = Array(text.utf8)
        for _ in 0..<5_000 {
            var target = Array(targets.randomElement(using: &random)?.utf8 ?? "/".utf8)
            var mutated = body
            target[Int.random(in: 0..<target.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            mutated[Int.random(in: 0..<mutated.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            let method = ["GET", "PUT", "DELETE"].randomElement(using: &random) ?? "GET"
            let request = HTTPRequest(method: method, target: String(decoding: target, as: UTF8.self), body: mutated)
            _ = router.route(request, random: &random)
        }
    }

    /// Each prefix of a path was once looked up as text: 500 such paths took minutes.
    @Test("A path of slashes costs no more than its length")
    func slashes() throws {
        let path = "/v1" + String(repeating: "/a", count: 25_000)
        let clock = ContinuousClock()
        let time = clock.measure {
            for _ in 0..<500 { #expect(route("GET", path).response?.status == 404) }
        }
        print("500 paths of 50,000 bytes: \(time)")
        #expect(time < .seconds(30))
        #expect(route("GET", "/v1/health/service/" + String(repeating: "a/", count: 100)).request != nil)
    }
}
