import Determinism
import FederationModel
import HTTPCore
import Testing

@Suite("Endpoints of user interfaces, the mesh switched off, namespaces, caches")
struct InterfaceTests {
    private let rows = [
        CheckServiceNode(
            node: Node(node: "n1"),
            service: NodeService(service: "web", tags: ["b", "a"], meta: ["external-source": "nomad"]),
            checks: [HealthCheck(status: "passing"), HealthCheck(status: "critical")]),
        CheckServiceNode(
            node: Node(node: "n2"), service: NodeService(service: "web", tags: ["a"]),
            checks: [HealthCheck(status: "warning")]),
        CheckServiceNode(node: Node(node: "n1"), service: NodeService(service: "db")),
    ]

    @Test("Services are counted by name") func services() throws {
        let action = route("GET", "/v1/internal/ui/services?dc=dc2")
        #expect(action.request?.method == "Internal.ServiceDump" && action.request?.datacenter == "dc2")
        let answer = Response.checkServiceNodes(IndexedCheckServiceNodes(nodes: rows, meta: QueryMeta(index: 9)))
        let response = router.render(try #require(action.rendering), .success(answer))
        #expect(
            response.text
                == #"[{"Name":"db","Tags":null,"Nodes":["n1"],"InstanceCount":1,"ChecksPassing":0,"ChecksWarning":0,"#
                + #""ChecksCritical":0,"ExternalSources":null,"GatewayConfig":{}},"#
                + #"{"Name":"web","Tags":["a","b"],"Nodes":["n1","n2"],"InstanceCount":2,"ChecksPassing":1,"#
                + #""ChecksWarning":1,"ChecksCritical":1,"ExternalSources":["nomad"],"GatewayConfig":{}}]"#)
        #expect(response.header("X-Consul-Index") == "9")
    }

    @Test("A node that is not there is 404") func node() throws {
        let rendering = try #require(route("GET", "/v1/internal/ui/node/n1").rendering)
        let missing = router.render(rendering, .success(.nodeDump(IndexedNodeDump())))
        #expect(missing.status == 404 && missing.body.isEmpty)
        let info = NodeInfo(node: "n1", address: "10.0.0.1")
        let found = router.render(rendering, .success(.nodeDump(IndexedNodeDump(dump: [info]))))
        #expect(
            found.text
                == #"{"ID":"","Node":"n1","Address":"10.0.0.1","TaggedAddresses":null,"Meta":null,"Services":[],"#
                + #""Checks":[]}"#)
        #expect(route("GET", "/v1/internal/ui/node/").response?.status == 400)
    }

    @Test("Whoever names a namespace gets no other's answer", arguments: [
        ("GET", "/v1/kv/a?ns=x", true), ("PUT", "/v1/session/create?ns=x", true),
        ("GET", "/v1/health/service/web?ns=x", true), ("GET", "/v1/kv/a?ns=", false),
        ("GET", "/v1/catalog/nodes?ns=x", false), ("GET", "/v1/status/leader?ns=x", false),
    ])
    func namespaces(method: String, target: String, isRefused: Bool) {
        let response = route(method, target).response
        #expect((response?.status == 400) == isRefused)
        if isRefused { #expect(response?.text.contains("Namespaces are a Consul Enterprise feature") == true) }
    }

    @Test("Cache-Control is read, and refused when it makes no sense", arguments: [
        ("max-age=5", Duration.seconds(5), false), ("max-age=0", .zero, true), ("must-revalidate", .zero, true),
        ("Max-Age=7, stale-if-error=60", .seconds(7), false), ("no-cache", .zero, false),
    ])
    func cacheControl(text: String, age: Duration, revalidates: Bool) {
        let headers = [(name: "Cache-Control", value: text)]
        let options = route("GET", "/v1/health/service/web?cached", headers: headers).request?.options
        #expect(options?.maxAge == age && options?.mustRevalidate == revalidates)
        let bad = [(name: "Cache-Control", value: "max-age=x")]
        #expect(route("GET", "/v1/health/service/web?cached", headers: bad).response?.status == 400)
    }

    @Test("An answer that is too old for its caller is asked for again; one that is kept current is not")
    func maxAge() throws {
        var cache = AnswerCache()
        let start = Instant.zero + .seconds(100)
        let request = try #require(route("GET", "/v1/catalog/services?cached").request)
        let key = try #require(AnswerCache.key(of: request))
        let answer = Response.services(IndexedServices(services: [:], meta: QueryMeta(index: 3)))
        _ = cache.store(key, answer, isRefresh: false, at: start)
        #expect(cache.look(key, beyond: 0, maxAge: .seconds(1), at: start + .seconds(50)) == .hit(answer, age: .zero))
        _ = cache.failed(key, at: start + .seconds(60))
        let later = start + .seconds(70)
        #expect(cache.look(key, beyond: 0, at: later) == .hit(answer, age: .seconds(10)))
        #expect(cache.look(key, beyond: 0, maxAge: .seconds(9), at: later) == .miss)
        let datacenters = try #require(route("GET", "/v1/catalog/datacenters?cached").request)
        #expect(AnswerCache.key(of: datacenters) == nil && AnswerCache.isNeverKept(datacenters))
    }

    @Test("Forms of targets", arguments: [
        ("GET", "http://a.example:8500/v1/status/leader", nil), ("OPTIONS", "*", 200), ("GET", "/v1/kv/a%00b", 400),
        ("GET", "/v1/kv/a%E2%80%8Bb", 400), ("GET", "/v1/kv/%C3%BC", nil), ("GET", "/v1/kv/%FF", nil),
    ] as [(String, String, Int?)])
    func targets(method: String, target: String, status: Int?) {
        #expect(route(method, target).response?.status == status)
    }

    @Test("WAN addresses: those of a family win over the plain one, the port follows the plain one") func translated() {
        let tagged = [
            "wan": ServiceAddress(address: "198.18.6.6", port: 9191),
            "wan_ipv4": ServiceAddress(address: "10.2.2.2", port: 90),
        ]
        var service = NodeService(service: "web", address: "10.2.2.2", taggedAddresses: tagged, port: 90)
        #expect(service.shownAddress(.any, isWAN: true) == "10.2.2.2" && service.shownPort(isWAN: true) == 9191)
        service.taggedAddresses?["wan_ipv4"] = nil
        #expect(service.shownAddress(.any, isWAN: true) == "198.18.6.6" && service.shownPort(isWAN: false) == 90)
        #expect(service.shownAddress(.ipv6, isWAN: true).isEmpty)
    }
}
