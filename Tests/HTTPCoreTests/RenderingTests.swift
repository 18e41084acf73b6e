import FederationModel
import HTTPCore
import Testing

struct RenderingTests {
    private let entry = DirEntry(
        key: "cf/pr/a", flags: 3, value: "v", raftIndex: RaftIndex(createIndex: 5, modifyIndex: 6))

    private func render(_ target: String, _ response: Response, on router: HTTPRouter = router) -> HTTPResponse {
        guard let rendering = route("GET", target, on: router).rendering else { return HTTPResponse(status: 0) }
        return router.render(rendering, .success(response))
    }

    private func entries(_ entries: [DirEntry]?) -> Response {
        .dirEntries(IndexedDirEntries(entries: entries, meta: leaderMeta))
    }

    @Test("A KV entry, plain and pretty, as recorded")
    func entryText() {
        let response = render("/v1/kv/cf/pr/a", entries([entry]))
        #expect(response.text
            == #"[{"LockIndex":0,"Key":"cf/pr/a","Flags":3,"Value":"dg==","CreateIndex":5,"ModifyIndex":6}]"#)
        #expect(response.headers.map(\.name) == [
            "Vary", "X-Consul-Index", "X-Consul-Knownleader", "X-Consul-Lastcontact", "Content-Type",
        ])
        #expect(response.headers.map(\.value) == ["Accept-Encoding", "42", "true", "0", "application/json"])
        #expect(render("/v1/kv/cf/pr/a?pretty", entries([entry])).text == """
            [
                {
                    "LockIndex": 0,
                    "Key": "cf/pr/a",
                    "Flags": 3,
                    "Value": "dg==",
                    "CreateIndex": 5,
                    "ModifyIndex": 6
                }
            ]

            """)
    }

    @Test("An empty value is null, a lock shows its session")
    func locked() {
        let locked = DirEntry(
            lockIndex: 1, key: "l", session: "s", raftIndex: RaftIndex(createIndex: 1, modifyIndex: 2))
        #expect(render("/v1/kv/l", entries([locked])).text
            == #"[{"LockIndex":1,"Key":"l","Flags":0,"Value":null,"Session":"s","CreateIndex":1,"ModifyIndex":2}]"#)
    }

    @Test("raw: the bytes, sandboxed")
    func raw() {
        let response = render("/v1/kv/cf/pr/a?raw", entries([entry]))
        #expect(response.text == "v")
        #expect(response.header("Content-Type") == "text/plain")
        #expect(response.header("X-Content-Type-Options") == "nosniff")
        #expect(response.header("Content-Security-Policy") == "sandbox")
        #expect(response.header("X-Consul-Index") == "42")
    }

    @Test("A miss: 404 with metadata and no body", arguments: ["a", "a?raw", "a?recurse"])
    func miss(target: String) {
        let response = render("/v1/kv/" + target, entries(nil))
        #expect(response.status == 404 && response.body.isEmpty)
        #expect(response.header("X-Consul-Index") == "42" && response.header("Content-Type") == nil)
        #expect(response.header("X-Isthmus-Error") == nil)
    }

    @Test func keyList() {
        let body = IndexedKeyList(keys: ["a", "b/"], meta: leaderMeta)
        #expect(render("/v1/kv/?keys", .keyList(body)).text == #"["a","b/"]"#)
        #expect(render("/v1/kv/?keys", .keyList(IndexedKeyList(meta: leaderMeta))).status == 404)
    }

    @Test("Index 0 shows as 1, a stale answer its age and mode")
    func meta() {
        let meta = QueryMeta(index: 0, lastContact: .microseconds(12_900), knownLeader: false)
        let response = render("/v1/catalog/nodes?stale", .nodes(IndexedNodes(meta: meta)))
        #expect(response.header("X-Consul-Index") == "1" && response.header("X-Consul-Lastcontact") == "12")
        #expect(response.header("X-Consul-Knownleader") == "false")
        #expect(response.header("X-Consul-Effective-Consistency") == "stale")
        #expect(response.text == "[]")
    }

    @Test("Failures: Consul's texts, our label, metadata except for KV", arguments: [
        ("/v1/kv/a", FederationError.unknownDatacenter("x"), 500, "No path to datacenter", "unknown-datacenter", false),
        ("/v1/catalog/nodes", .unknownDatacenter("x"), 500, "No path to datacenter", "unknown-datacenter", true),
        ("/v1/health/state/any", .noLeader(datacenter: "dc1"), 500, "No cluster leader", "leaderless", true),
        ("/v1/status/leader", .frozen(datacenter: "dc2"), 500, "Remote DC has no server currently reachable", "frozen",
            false),
        ("/v1/kv/a", .denied, 403, "Permission denied", "denied", false),
        ("/v1/kv/a", .overloaded(what: "x"), 429, "", "overloaded", false),
        ("/v1/kv/a", .remote("missing session"), 500, "missing session", "remote", false),
        ("/v1/kv/a", .badRequest("no"), 400, "no", "bad-request", false),
    ])
    func failures(
        target: String, error: FederationError, status: Int, text: String, label: String, hasMeta: Bool
    ) throws {
        let rendering = try #require(route("GET", target).rendering)
        let response = router.render(rendering, .failure(error))
        #expect(response.status == status && response.text == text)
        #expect(response.header("X-Isthmus-Error") == label)
        #expect(response.header("Content-Type") == "text/plain; charset=utf-8")
        #expect(response.header("X-Consul-Index") == (hasMeta ? "1" : nil))
        #expect(response.header("X-Consul-Knownleader") == (hasMeta ? "false" : nil))
        #expect(response.header("X-Consul-Effective-Consistency") == nil)
    }

    private let node = Node(
        id: "8c7a", node: "s1", address: "10.0.0.1", datacenter: "dc1",
        taggedAddresses: ["wan": "1.1.1.1", "lan": "10.0.0.1"],
        raftIndex: RaftIndex(createIndex: 10, modifyIndex: 11))
    private let nodeText = #"{"ID":"8c7a","Node":"s1","Address":"10.0.0.1","Datacenter":"dc1","#
        + #""TaggedAddresses":{"lan":"10.0.0.1","wan":"1.1.1.1"},"Meta":null,"CreateIndex":10,"ModifyIndex":11}"#
    private let service = NodeService(
        id: "w1", service: "web", tags: ["a<b"], taggedAddresses: ["wan": ServiceAddress(address: "1.2.3.4", port: 9)],
        meta: ["z": "1", "a": "2"], port: 80, raftIndex: RaftIndex(createIndex: 13, modifyIndex: 13))
    private let serviceText = #"{"ID":"w1","Service":"web","Tags":["a\u003cb"],"Address":"","#
        + #""TaggedAddresses":{"wan":{"Address":"1.2.3.4","Port":9}},"Meta":{"a":"2","z":"1"},"Port":80,"#
        + #""Weights":{"Passing":1,"Warning":1},"EnableTagOverride":false,"#
        + #""Proxy":{"MeshGateway":{},"Expose":{}},"Connect":{},"CreateIndex":13,"ModifyIndex":13}"#
    private let check = HealthCheck(
        node: "s1", checkID: "c", name: "c", status: "warning", serviceID: "w1", serviceName: "web", type: "http",
        definition: HealthCheckDefinition(
            http: "http://x", header: ["A": ["b"]], interval: .seconds(10), timeout: .seconds(3),
            deregisterCriticalServiceAfter: .seconds(5400)),
        raftIndex: RaftIndex(createIndex: 14, modifyIndex: 15))
    private let checkText = #"{"Node":"s1","CheckID":"c","Name":"c","Status":"warning","Notes":"","Output":"","#
        + #""ServiceID":"w1","ServiceName":"web","ServiceTags":[],"Type":"http","#
        + #""Definition":{"Interval":"10s","Timeout":"3s","DeregisterCriticalServiceAfter":"1h30m0s","#
        + #""HTTP":"http://x","Header":{"A":["b"]}},"CreateIndex":14,"ModifyIndex":15}"#

    @Test("Catalog and health rows, field by field as recorded")
    func rows() {
        #expect(render("/v1/catalog/nodes", .nodes(IndexedNodes(nodes: [node]))).text == "[\(nodeText)]")
        let row = CheckServiceNode(node: node, service: service, checks: [check])
        let rows = Response.checkServiceNodes(IndexedCheckServiceNodes(nodes: [row]))
        #expect(render("/v1/health/service/web", rows).text
            == #"[{"Node":\#(nodeText),"Service":\#(serviceText),"Checks":[\#(checkText)]}]"#)
        #expect(render("/v1/health/service/web?passing", rows).text == "[]")
        #expect(render("/v1/health/service/web?passing=0", rows).text != "[]")
        let services = NodeServices(node: node, services: ["w1": service])
        #expect(render("/v1/catalog/node/s1", .nodeServices(IndexedNodeServices(nodeServices: services))).text
            == #"{"Node":\#(nodeText),"Services":{"w1":\#(serviceText)}}"#)
        #expect(render("/v1/catalog/node/none", .nodeServices(IndexedNodeServices())).text == "null")
        #expect(render("/v1/catalog/node-services/none", .nodeServiceList(IndexedNodeServiceList())).text
            == #"{"Node":null,"Services":null}"#)
        #expect(render("/v1/catalog/services", .services(IndexedServices(services: ["b": [], "a": ["x"]]))).text
            == #"{"a":["x"],"b":[]}"#)
        #expect(render("/v1/catalog/services?pretty", .services(IndexedServices())).text == "{}\n")
        #expect(render("/v1/catalog/datacenters?pretty", .strings(["dc1", "dc2"])).text
            == "[\n    \"dc1\",\n    \"dc2\"\n]\n")
        #expect(render("/v1/status/leader", .string("10.0.0.1:8300")).text == #""10.0.0.1:8300""#)
    }

    @Test func serviceNodes() {
        let row = ServiceNode(
            node: "n", address: "192.0.2.30", datacenter: "dc2", serviceID: "s", serviceName: "s",
            serviceWeights: Weights(passing: 1, warning: 1), servicePort: 99,
            raftIndex: RaftIndex(createIndex: 1, modifyIndex: 2))
        #expect(render("/v1/catalog/service/s", .serviceNodes(IndexedServiceNodes(serviceNodes: [row]))).text
            == #"[{"ID":"","Node":"n","Address":"192.0.2.30","Datacenter":"dc2","#
            + #""TaggedAddresses":null,"NodeMeta":null,"#
            + #""ServiceKind":"","ServiceID":"s","ServiceName":"s","ServiceTags":[],"ServiceAddress":"","#
            + #""ServiceWeights":{"Passing":1,"Warning":1},"ServiceMeta":{},"ServicePort":99,"#
            + #""ServiceEnableTagOverride":false,"ServiceProxy":{"MeshGateway":{},"Expose":{}},"ServiceConnect":{},"#
            + #""CreateIndex":1,"ModifyIndex":2}]"#)
    }

    @Test("translate_wan_addrs: only rows of other datacenters")
    func translation() {
        let context = HTTPContext(datacenter: "dc2", node: "x", isServer: false, translatesWANAddresses: true)
        let remote = HTTPRouter(context: context)
        let row = CheckServiceNode(node: node, service: service, checks: nil)
        let text = render(
            "/v1/health/service/web?dc=dc1", .checkServiceNodes(IndexedCheckServiceNodes(nodes: [row])), on: remote
        ).text
        #expect(text.contains(#""Node":"s1","Address":"1.1.1.1""#))
        #expect(text.contains(#""Address":"1.2.3.4","TaggedAddresses""#) && text.contains(#""Port":9,"Weights""#))
        let local = render("/v1/catalog/nodes", .nodes(IndexedNodes(nodes: [node])))
        #expect(local.text.contains(#""Address":"10.0.0.1""#))
        #expect(route("GET", "/v1/kv/a?index=x", on: remote).response?.header("X-Consul-Translate-Addresses") == "true")
    }

    @Test("Coordinates: Go's floats, a missing node is a bare 404")
    func coordinates() {
        let coordinate = Coordinate(
            node: "s1", coord: SerfCoordinate(vec: [0, 1e-7], error: 1.5, adjustment: 0, height: 1e-5))
        let body = Response.coordinates(IndexedCoordinates(coordinates: [coordinate], meta: leaderMeta))
        #expect(render("/v1/coordinate/nodes", body).text
            == #"[{"Node":"s1","Segment":"","Coord":{"Vec":[0,1e-7],"Error":1.5,"Adjustment":0,"Height":0.00001}}]"#)
        #expect(render("/v1/coordinate/nodes?segment=x", body).text == "[]")
        let missing = render("/v1/coordinate/node/none", .coordinates(IndexedCoordinates(meta: leaderMeta)))
        #expect(missing.status == 404 && missing.headers.map(\.name) == ["Vary"])
    }
}
