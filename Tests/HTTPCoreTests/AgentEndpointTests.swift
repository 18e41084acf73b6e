import FederationModel
import HTTPCore
import Testing

@Suite("The agent's own endpoints beyond its lists")
struct AgentEndpointTests {
    private let services = [
        NodeService(id: "web-1", service: "web", port: 1), NodeService(id: "web-2", service: "web", tags: ["a"]),
        NodeService(id: "db", service: "db"),
    ]

    private func checks(_ statuses: [(id: String, service: String, status: String)]) -> [HealthCheck] {
        statuses.map { HealthCheck(node: "n", checkID: $0.id, name: $0.id, status: $0.status, serviceID: $0.service) }
    }

    private func health(_ target: String, _ checks: [HealthCheck]) -> HTTPResponse {
        let action = route("GET", "/v1/agent/health/service/" + target)
        guard action.agentRequest == .servicesAndChecks, let rendering = action.rendering else {
            return action.response ?? HTTPResponse(status: 0)
        }
        return router.render(rendering, .servicesAndChecks(services, checks))
    }

    @Test(
        "Health of instances: the worst check decides, the node's count too",
        arguments: [
            ("id/web-1", [("c", "web-1", "passing")], 200, "passing"), ("id/web-1", [], 200, "passing"),
            ("id/web-1", [("c", "web-1", "warning")], 429, "warning"),
            ("id/web-1", [("c", "web-1", "passing"), ("n", "", "critical")], 503, "critical"),
            ("id/web-1", [("c", "web-2", "critical")], 200, "passing"),
            ("id/web-1", [("_service_maintenance:web-1", "web-1", "critical")], 503, "maintenance"),
            ("id/web-1", [("_node_maintenance", "", "critical")], 503, "maintenance"),
            ("name/web", [("c", "web-1", "warning"), ("d", "web-2", "critical")], 503, "critical"),
            ("name/web", [("c", "web-2", "warning")], 429, "warning"),
            ("id/none", [], 404, "ServiceId none not found"), ("name/none", [], 404, "ServiceName none Not Found"),
        ] as [(String, [(String, String, String)], Int, String)])
    func health(target: String, statuses: [(String, String, String)], status: Int, reason: String) {
        let checks = checks(statuses.map { (id: $0.0, service: $0.1, status: $0.2) })
        let json = health(target, checks)
        #expect(json.status == status && json.header("X-Consul-Reason") == reason)
        let text = health(target + "?format=text", checks)
        #expect(text.status == status && text.text == reason && text.header("Content-Type") == "text/plain")
    }

    @Test("Health as JSON, and a path without a name")
    func healthForms() {
        #expect(health("id/none", []).text == #"{"AggregatedStatus":"critical","Checks":null,"Service":null}"#)
        #expect(health("name/none", []).text == "[]")
        #expect(health("id/", []).text == "Bad request: Missing serviceID")
        #expect(health("name/", []).status == 500)
        let text = health("id/db", checks([("c", "db", "passing")])).text
        #expect(text.hasPrefix(#"{"AggregatedStatus":"passing","Service":{"ID":"db","#), "\(text)")
        #expect(text.contains(#""ServiceTags":null,"Type":"","Definition":{"Interval":"0s","Timeout":"0s""#), "\(text)")
    }

    @Test(
        "Maintenance of node and instance",
        arguments: [
            ("/v1/agent/maintenance?enable=true&reason=a+b", nil, true, "a b"),
            ("/v1/agent/service/maintenance/web-1?enable=0", "web-1", false, ""),
        ])
    func maintenance(target: String, service: String?, isEnabled: Bool, reason: String) {
        #expect(
            route("PUT", target).agentRequest
                == .maintenance(service: service, isEnabled: isEnabled, reason: reason))
    }

    @Test(
        "What is refused before the agent is asked",
        arguments: [
            ("PUT", "/v1/agent/maintenance", 400, "Missing value for enable"),
            ("PUT", "/v1/agent/maintenance?enable=xyz", 400, "Invalid value for enable: \"xyz\""),
            ("PUT", "/v1/agent/service/maintenance/?enable=true", 400, "Missing service ID"),
            ("GET", "/v1/agent/monitor?loglevel=bogus", 400, "Bad request: Unknown log level: bogus"),
            ("GET", "/v1/agent/service/a?hash=x&wait=xyz", 400, "Invalid wait time"),
            ("PUT", "/v1/agent/token/default", 401, "ACL support disabled"),
            ("GET", "/v1/acl/token/self", 401, "ACL support disabled"),
            ("GET", "/v1/agent/connect/authorize", 405, "method GET not allowed"),
            ("GET", "/v1/connect/ca/roots", 500, "Connect must be enabled in order to use this endpoint"),
            ("GET", "/v1/discovery-chain/web", 500, "Connect must be enabled in order to use this endpoint"),
            ("GET", "/v1/config/bogus", 500, "invalid config entry kind: bogus"),
        ])
    func refusals(method: String, target: String, status: Int, text: String) {
        let response = route(method, target).response
        #expect(response?.status == status && response?.text == text)
    }

    @Test("The shell's requests, and the page at /")
    func shellRequests() {
        for (method, target, wanted) in [
            ("GET", "/v1/agent/monitor", ShellRequest.monitor(.info, isJSON: false)),
            ("GET", "/v1/agent/monitor?loglevel=DEBUG&logjson", .monitor(.debug, isJSON: true)),
            ("GET", "/v1/agent/host", .host), ("PUT", "/v1/agent/reload", .reload),
        ] {
            guard case .shell(let request, _) = route(method, target) else {
                Issue.record("\(target)")
                continue
            }
            #expect(request == wanted)
        }
        #expect(route("GET", "/").response?.text == "Consul Agent")
    }

    @Test("Lists of what there is not are empty, with the index of the datacenter")
    func emptyLists() throws {
        let answer = Response.dirEntries(IndexedDirEntries(meta: leaderMeta))
        for (target, text, status) in [
            ("/v1/connect/intentions?dc=dc2", "[]", 200), ("/v1/config/service-defaults", "[]", 200),
            ("/v1/catalog/gateway-services/x", "null", 200),
            ("/v1/config/service-defaults/x", "Config entry not found for \"service-defaults\" / \"x\"", 404),
        ] {
            let action = route("GET", target)
            let rendering = try #require(action.rendering)
            let response = router.render(rendering, .success(answer))
            #expect(response.status == status && response.text == text)
            #expect(response.header("X-Consul-Index") == "42" && response.header("X-Consul-Knownleader") == "true")
        }
        #expect(route("GET", "/v1/connect/intentions?dc=dc2").request?.datacenter == "dc2")
    }
}
