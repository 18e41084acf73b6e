import FederationModel
import HTTPCore
import Testing
import WireFormat

@Suite("Many datacenters in one call")
struct DatacenterSelectionTests {
    @Test("What ?dc= selects", arguments: [
        ("*", DatacenterSelection.all), ("%2A", .all), ("dc1,dc2", .listed(["dc1", "dc2"])),
        ("dc2,dc1,dc2,", .listed(["dc2", "dc1"])), ("dc9,", .listed(["dc9"])), ("near:2", .nearest(2)),
        ("near:64", .nearest(64)),
    ])
    func selected(text: String, selection: DatacenterSelection) throws {
        let action = route("GET", "/v1/catalog/nodes?dc=" + text)
        #expect(action.rendering?.selection == selection)
        #expect(action.request?.datacenter == "dc1")
    }

    @Test("One datacenter is one datacenter", arguments: ["", "dc2", "near", "dc2&envelope"])
    func single(text: String) {
        let rendering = route("GET", "/v1/catalog/nodes?dc=" + text).rendering
        #expect(rendering?.selection == nil && rendering?.isEnvelope == false)
    }

    @Test("Refused, with the reason", arguments: [
        ("GET", "/v1/catalog/nodes?dc=near:0"), ("GET", "/v1/catalog/nodes?dc=near:65"),
        ("GET", "/v1/catalog/nodes?dc=near:x"), ("GET", "/v1/catalog/nodes?dc=*,dc1"),
        ("GET", "/v1/catalog/nodes?dc=,"),
        ("GET", "/v1/catalog/nodes?dc=*&index=7"), ("GET", "/v1/kv/a?dc=*&raw"), ("PUT", "/v1/kv/a?dc=*"),
        ("GET", "/v1/session/list?dc=*"), ("GET", "/v1/status/leader?dc=*"), ("GET", "/v1/query?dc=dc1,dc2"),
        ("GET", "/v1/coordinate/nodes?dc=*"), ("GET", "/v1/config/service-defaults?dc=*"),
        ("GET", "/v1/catalog/nodes?dc=" + (1...65).map { "d\($0)" }.joined(separator: ",")),
    ])
    func refused(method: String, target: String) {
        let response = route(method, target).response
        #expect(response?.status == 400 && response?.text.hasPrefix("Invalid dc: ") == true)
    }

    @Test("A read goes to each datacenter with all that it says, sorted from the same node there")
    func directed() throws {
        let target = "/v1/health/service/web?dc=*&near=_agent&tag=a&filter=x==y"
        let request = try #require(route("GET", target).request)
        guard case .healthServiceNodes(let body) = request.directed(to: "dc7") else { return #expect(Bool(false)) }
        #expect(body.datacenter == "dc7" && body.source.datacenter == "dc7" && body.source.node == "s1")
        #expect(body.serviceTags == ["a"] && body.options.filter == "x==y")
    }

    private static func part(
        _ datacenter: String, _ verdict: Verdict?, _ result: Result<Response, FederationError>, milliseconds: Int64 = 2
    ) -> DatacenterPart {
        DatacenterPart(
            datacenter: datacenter, verdict: verdict, result: result, details: ErrorDetails(datacenter: datacenter),
            roundTrip: .milliseconds(milliseconds))
    }

    private static func meta(_ index: UInt64, age: Int64 = 0) -> QueryMeta {
        QueryMeta(index: index, lastContact: .milliseconds(age), knownLeader: true)
    }

    private func render(_ target: String, _ parts: [DatacenterPart]) throws -> HTTPResponse {
        router.render(try #require(route("GET", target).rendering), parts)
    }

    private static func value(_ key: String, _ text: String) -> Response {
        let entry = DirEntry(key: ByteString(key), value: ByteString(text))
        return .dirEntries(IndexedDirEntries(entries: [entry], meta: meta(5)))
    }

    @Test("Partial: the same key of two datacenters stays apart, the dead one is named in the header")
    func partial() throws {
        let parts = [
            Self.part("dc1", .up, .success(Self.value("k", "a"))),
            Self.part("dc2", .degraded, .success(Self.value("k", "b"))),
            Self.part("3dc", .unreachable, .failure(.unreachable(datacenter: "3dc")), milliseconds: 0),
        ]
        let response = try render("/v1/kv/k?dc=*", parts)
        #expect(response.status == 200)
        let rows = try #require(try JSONReader.read(response.body).items)
        #expect(rows.compactMap { $0["Datacenter"]?.text } == ["dc1", "dc2"])
        #expect(rows.compactMap { $0["Value"]?.text } == ["YQ==", "Yg=="])
        #expect(
            response.header("X-Isthmus-Datacenters") == "dc1;verdict=up;age=0;rtt=2.000;index=5, "
                + "dc2;verdict=degraded;age=0;rtt=2.000;index=5, "
                + "\"3dc\";verdict=unreachable;rtt=0.000;error=unreachable")
        #expect(response.header("X-Consul-Index") == "5" && response.header("X-Isthmus-Error") == nil)
    }

    @Test("The envelope: each datacenter's verdict, age, round trip, error and own answer")
    func envelope() throws {
        let nodes = IndexedNodes(nodes: [Node(id: "1", node: "n1", address: "10.0.0.1", datacenter: "dc1")],
            meta: Self.meta(9, age: 40))
        let parts = [
            Self.part("dc1", .up, .success(.nodes(nodes))),
            Self.part("dc2", .frozen, .failure(.frozen(datacenter: "dc2")), milliseconds: 0),
        ]
        let response = try render("/v1/catalog/nodes?dc=*&envelope&stale", parts)
        let rows = try #require(try JSONReader.read(response.body)["Datacenters"]?.items)
        #expect(rows.count == 2 && rows[0].shown == ["dc1", "up", "2ms", "40ms"])
        #expect(rows[0]["Error"]?.isNull == true && rows[0]["Index"]?.unsigned == 9)
        #expect(rows[0]["Result"]?.items?.first?["Node"]?.text == "n1")
        #expect(rows[1].shown == ["dc2", "frozen", "0s"] && rows[1]["Result"]?.isNull == true)
        #expect(rows[1]["Error"]?["Error"]?.text == "frozen" && rows[1]["Error"]?["RetrySafe"]?.boolean == true)
        #expect(response.header("X-Consul-Effective-Consistency") == "stale")
        let pretty = try render("/v1/catalog/nodes?dc=*&envelope&stale&pretty", parts)
        #expect(try JSONReader.read(pretty.body) == JSONReader.read(response.body) && pretty.text.contains("\n    "))
    }

    @Test("Names of services and keys are united; nodes of one name are a list; checks say where they are from")
    func merged() throws {
        func services(_ names: [String: [String]]) -> Response { .services(IndexedServices(services: names)) }
        let united = try render("/v1/catalog/services?dc=*", [
            Self.part("dc1", .up, .success(services(["web": ["v1"], "db": []]))),
            Self.part("dc2", .up, .success(services(["web": ["v2", "v1"]]))),
        ])
        #expect(united.text == #"{"db":[],"web":["v1","v2"]}"#)
        func keys(_ names: [String]) -> Response { .keyList(IndexedKeyList(keys: names.map { ByteString($0) })) }
        let found = try render("/v1/kv/?keys&dc=*", [
            Self.part("dc1", .up, .success(keys(["b", "a"]))), Self.part("dc2", .up, .success(keys(["b", "c"]))),
        ])
        #expect(found.text == #"["a","b","c"]"#)
        func node(_ name: String?, _ datacenter: String) -> Response {
            let node = name.map { Node(id: "", node: $0, address: "", datacenter: datacenter) }
            return .nodeServices(IndexedNodeServices(nodeServices: NodeServices(node: node, services: nil)))
        }
        let nodes = try render("/v1/catalog/node/n1?dc=*", [
            Self.part("dc1", .up, .success(node("n1", "dc1"))), Self.part("dc2", .up, .success(node(nil, "dc2"))),
            Self.part("dc3", .up, .success(node("n1", "dc3"))),
        ])
        let datacenters = try JSONReader.read(nodes.body).items?.compactMap { $0["Node"]?["Datacenter"]?.text }
        #expect(datacenters == ["dc1", "dc3"])
        let check = HealthCheck(node: "n1", checkID: "c", status: "passing")
        let checks = try render("/v1/health/node/n1?dc=*", [
            Self.part("dc2", .up, .success(.healthChecks(IndexedHealthChecks(healthChecks: [check]))))
        ])
        #expect(checks.text.hasPrefix(#"[{"Datacenter":"dc2","Node":"n1""#))
    }

    @Test("A miss everywhere is a miss; a miss while one is silent is not; nobody answers: the first one's error")
    func ends() throws {
        let miss = Response.dirEntries(IndexedDirEntries(meta: Self.meta(3)))
        let silent = Self.part("dc2", .frozen, .failure(.frozen(datacenter: "dc2")))
        #expect(try render("/v1/kv/k?dc=*", [Self.part("dc1", .up, .success(miss))]).status == 404)
        let partial = try render("/v1/kv/k?dc=*", [Self.part("dc1", .up, .success(miss)), silent])
        #expect(partial.status == 200 && partial.text == "[]")
        let none = try render("/v1/kv/k?dc=*", [silent, Self.part("dc3", nil, .failure(.unknownDatacenter("dc3")))])
        #expect(none.status == 500 && none.header("X-Isthmus-Error") == "frozen")
        #expect(none.text == "Remote DC has no server currently reachable")
        #expect(none.header("X-Isthmus-Datacenters")?.hasSuffix("dc3;rtt=2.000;error=unknown-datacenter") == true)
        let envelope = try render("/v1/kv/k?dc=*&envelope", [silent])
        #expect(envelope.status == 500 && envelope.text.contains(#""Verdict":"frozen""#))
    }

    @Test("A made-up name can neither end the header's line nor fill it")
    func madeUpNames() throws {
        let name = "dc\r\nX-Evil: 1\"" + String(repeating: "z", count: 500)
        let response = try render("/v1/kv/k?dc=*", [
            Self.part("dc1", .up, .success(Self.value("k", "a"))),
            Self.part(name, nil, .failure(.unknownDatacenter(name))),
        ])
        let header = try #require(response.header("X-Isthmus-Datacenters"))
        #expect(header.utf8.allSatisfy { $0 >= 32 && $0 < 127 })
        #expect(header.utf8.count < 200 && header.contains("dcX-Evil1z"))
    }

    @Test("An answer has a limit: the part that would exceed it is left out and says so")
    func tooMuch() throws {
        func big(_ key: String) -> Response {
            let entry = DirEntry(key: ByteString(key), value: ByteString([UInt8](repeating: 65, count: 10 << 20)))
            return .dirEntries(IndexedDirEntries(entries: [entry], meta: Self.meta(5)))
        }
        let response = try render("/v1/kv/k?dc=*", (1...4).map { Self.part("dc\($0)", .up, .success(big("k"))) })
        #expect(response.body.count < HTTPRouter.maxBytesOfSeveral + 100)
        #expect(response.header("X-Isthmus-Datacenters")?.components(of: "error=overloaded") == 2)
    }
}

extension JSONValue {
    fileprivate var shown: [String] {
        ["Datacenter", "Verdict", "RoundTrip", "Age"].compactMap { self[$0]?.text }
    }
}

extension String {
    fileprivate func components(of part: String) -> Int { ranges(of: part).count }
}
