import FederationModel
import HTTPCore
import Testing

struct AgentTests {
    @Test("Requests to the agent itself", arguments: [
        ("GET", "/v1/agent/self", AgentRequest.selfInfo), ("GET", "/v1/agent/members", .members(wan: false)),
        ("GET", "/v1/agent/members?wan=1", .members(wan: true)), ("GET", "/v1/agent/members?wan", .members(wan: false)),
        ("PUT", "/v1/agent/leave", .leave), ("GET", "/v1/agent/services", .services),
        ("GET", "/v1/agent/checks", .checks),
        ("GET", "/v1/agent/service/web-1", .service(id: "web-1", hash: "", wait: .zero)),
        ("GET", "/v1/agent/metrics", .metrics),
        ("PUT", "/v1/agent/force-leave/n?prune", .forceLeave(node: "n", prune: true, wan: false)),
        ("PUT", "/v1/agent/service/deregister/a/b", .deregisterService(id: "a/b")),
        ("PUT", "/v1/agent/check/deregister/c", .deregisterCheck(id: "c")),
        ("PUT", "/v1/agent/check/pass/c?note=good", .updateCheck(id: "c", .passing, output: "good")),
        ("PUT", "/v1/agent/check/warn/c", .updateCheck(id: "c", .warning, output: "")),
        ("PUT", "/v1/agent/check/fail/service:x", .updateCheck(id: "service:x", .critical, output: "")),
        ("GET", "/v1/federation/datacenters", .federation(datacenter: nil, unlessIndex: 0, wait: .zero)),
        ("PUT", "/v1/agent/join/10.0.0.1", .join([Endpoint(IPAddress(10, 0, 0, 1), 8301)], wan: false)),
        ("PUT", "/v1/agent/join/10.0.0.1?wan=1", .join([Endpoint(IPAddress(10, 0, 0, 1), 8302)], wan: true)),
        ("PUT", "/v1/agent/join/10.0.0.1:99", .join([Endpoint(IPAddress(10, 0, 0, 1), 99)], wan: false)),
    ])
    func requests(method: String, target: String, expected: AgentRequest) {
        #expect(route(method, target).agentRequest == expected)
    }

    @Test func namesToJoinAreResolvedByTheShell() {
        guard case .join(let host, let port, let wan, _) = route("PUT", "/v1/agent/join/a.example:77?wan=1") else {
            return #expect(Bool(false))
        }
        #expect(host == "a.example" && port == 77 && wan)
        #expect(route("PUT", "/v1/agent/join/").response?.status == 500)
        #expect(route("PUT", "/v1/agent/join/a:b").response?.status == 500)
    }

    @Test("A TTL check's report in JSON")
    func update() {
        #expect(route("PUT", "/v1/agent/check/update/c", #"{"Status":"passing","Output":"out"}"#).agentRequest
            == .updateCheck(id: "c", .passing, output: "out"))
        #expect(route("PUT", "/v1/agent/check/update/c", #"{"Status":"bogus"}"#).response?.text
            == "Invalid check status: 'bogus'")
        #expect(route("PUT", "/v1/agent/check/update/c", #"{"Output":"x"}"#).response?.text
            == "Invalid check status: ''")
    }

    @Test("The agent's lists are filtered; a bad expression is refused before the agent is asked")
    func filters() {
        let services = [NodeService(id: "a", service: "web", port: 1), NodeService(id: "b", service: "web", port: 2)]
        guard case .agent(.services, let rendering) = route("GET", "/v1/agent/services?filter=Port==2") else {
            return #expect(Bool(false))
        }
        let text = router.render(rendering, .services(services)).text
        #expect(text.contains("\"b\"") && !text.contains("\"a\""))
        let refused = route("GET", "/v1/agent/checks?filter=Port==2").response
        #expect(refused?.status == 500)
        #expect(refused?.text == "Failed to create boolean expression evaluator: Selector \"Port\" is not valid")
    }

    @Test("A service as registered: defaults of ids and names, both spellings")
    func service() throws {
        let body = #"{"name":"web","Tags":["a"],"tagged_addresses":{"wan":{"address":"1.2.3.4","port":9}},"#
            + #""EnableTagOverride":true,"Weights":{"Passing":3,"Warning":2},"Meta":{"a":"b"},"Kind":"strange","#
            + #""Check":{"CheckID":"u","TTL":"10s","deregister_critical_service_after":"90m"},"#
            + #""Checks":[{"HTTP":"http://x/","Interval":"10s","Timeout":5000000000,"Header":{"X":["y"]}},"#
            + #"{"AliasService":"db","Name":"N","FailuresBeforeCritical":4}]}"#
        let action = route("PUT", "/v1/agent/service/register?replace-existing-checks=true", body)
        guard case .registerService(let service, replaceExistingChecks: true) = action.agentRequest else {
            return #expect(Bool(false))
        }
        #expect(service.id == "web" && service.name == "web" && service.enableTagOverride)
        #expect(service.taggedAddresses == ["wan": ServiceAddress(address: "1.2.3.4", port: 9)])
        #expect(service.weights == Weights(passing: 3, warning: 2))
        #expect(service.checks.map(\.id) == ["u", "service:web:2", "service:web:3"])
        #expect(service.checks.map(\.name) == ["Service 'web' check", "Service 'web' check", "N"])
        #expect(service.checks.allSatisfy { $0.serviceID == "web" && $0.outputMaxSize == 4096 })
        let ttl = try #require(service.checks.first)
        #expect(ttl.ttl == .seconds(10) && ttl.deregisterCriticalServiceAfter == .seconds(5400))
        #expect(service.checks[1].timeout == .seconds(5) && service.checks[1].header == ["X": ["y"]])
        #expect(service.checks[2].aliasService == "db" && service.checks[2].failuresBeforeCritical == 4)
    }

    @Test func anEmptyCheckIsNone() {
        guard case .registerService(let service, _) = route(
            "PUT", "/v1/agent/service/register", #"{"Name":"x","Check":{}}"#).agentRequest
        else { return #expect(Bool(false)) }
        #expect(service.checks.isEmpty)
    }

    @Test func check() {
        let body = #"{"Name":"x","TTL":5,"ServiceID":"s","Notes":"n","Status":"passing","OutputMaxSize":20}"#
        guard case .registerCheck(let check) = route("PUT", "/v1/agent/check/register", body).agentRequest else {
            return #expect(Bool(false))
        }
        #expect(check.id == "x" && check.ttl == .nanoseconds(5) && check.serviceID == "s" && check.outputMaxSize == 20)
        #expect(check.initialStatus == "passing" && check.notes == "n")
    }

    private static let interval = "Invalid check: Interval must be > 0 for Script, HTTP, or TCP checks"
    private static let scripts = "Scripts are disabled on this agent from remote calls; "
        + "to enable, configure 'enable_script_checks' to true"
    private static let longKey = String(repeating: "a", count: 129)

    @Test("Definitions are refused in Consul's words", arguments: [
        ("service", "{}", 400, "Missing service name"), ("service", #"{"ID":"x"}"#, 400, "Missing service name"),
        ("service", "null", 400, "Missing service name"), ("check", "{}", 400, "Missing check name"),
        ("service", #"{"Name":"x","Check":{"HTTP":"http://a"}}"#, 400, interval),
        ("service", #"{"Name":"x","Check":{"TTL":"-1s"}}"#, 400, "Invalid check: TTL must be > 0 for TTL checks"),
        ("service", #"{"Name":"x","Check":{"Interval":"1s"}}"#, 400, "Invalid check: TTL must be > 0 for TTL checks"),
        ("service", #"{"Name":"x","Check":{"Interval":"1s","TTL":"1s"}}"#, 400,
            "Invalid check: Interval and TTL cannot both be specified"),
        ("service", #"{"Name":"x","Check":{"HTTP":"http://a","Interval":"1s","AliasService":"b"}}"#, 400,
            "Invalid check: Interval cannot be set for Alias checks"),
        ("service", #"{"Name":"x","Check":{"AliasService":"b","TTL":"1s"}}"#, 400,
            "Invalid check: TTL must be not be set for Alias checks"),
        ("service", #"{"Name":"x","Check":{"TTL":"1s","OutputMaxSize":-1}}"#, 400,
            "Invalid check: MaxOutputMaxSize must be positive"),
        ("service", #"{"Name":"x","Check":{"TTL":"1s","Status":"bad"}}"#, 400,
            "Status for checks must 'passing', 'warning', 'critical'"),
        ("service", #"{"Name":"x","Check":{"TTL":"abc"}}"#, 400,
            "Request decode failed: time: invalid duration \"abc\""),
        ("service", #"{"Name":"x","Check":{"Args":["/bin/x"],"Interval":"1s"}}"#, 500,
            scripts),
        ("service", #"{"Name":"x","Address":"0.0.0.0"}"#, 400, "Invalid service address"),
        ("service", #"{"Name":"x","Weights":{"Passing":-1,"Warning":1}}"#, 400,
            "Invalid Weights: Passing must be greater than 0"),
        ("service", #"{"Name":"x","Weights":{"Passing":1,"Warning":-1}}"#, 400,
            "Invalid Weights: Warning must be greater or equal than 0"),
        ("service", #"{"Name":"x","Weights":{"Passing":100000,"Warning":1}}"#, 400,
            "Invalid Weights: DNS Weight must be between 0 and 65535"),
        ("service", #"{"Name":"x","Meta":{"bad key!":"x"}}"#, 400,
            "Invalid Service Meta: Couldn't load metadata pair ('bad key!', 'x'): Key contains invalid characters"),
        ("service", #"{"Name":"x","Meta":{"":"x"}}"#, 400,
            "Invalid Service Meta: Couldn't load metadata pair ('', 'x'): Key cannot be blank"),
        ("service", #"{"Name":"x","Meta":{"consul-x":"x"}}"#, 400, "Invalid Service Meta: Couldn't load metadata pair "
            + "('consul-x', 'x'): Key prefix 'consul-' is reserved for internal use"),
        ("service", #"{"Name":"x","Meta":{"\#(longKey)":"x"}}"#, 400,
            "Invalid Service Meta: Couldn't load metadata pair "
            + "('\(longKey)', 'x'): Key is too long (limit: 128 characters)"),
        ("service", #"{"Name":"x","Unknown":"field"}"#, 400, "Request decode failed: json: unknown field \"Unknown\""),
        ("service", #"{"Name":"x","Kind":"connect-proxy"}"#, 400, "services of kind connect-proxy are not supported"),
        ("check", #"{"Name":"x"}"#, 400, "Invalid check: TTL must be > 0 for TTL checks"),
        ("check", #"{"Name":"x","TCP":"a:1"}"#, 400, interval),
        ("check", #"{"Name":"x","TTL":"1s","Status":"bad"}"#, 400, "Bad check status"),
        ("check", #"{"Name":"x","TTL":true}"#, 400, "Invalid check: TTL must be > 0 for TTL checks"),
        ("check", #"{"Name":"x","Args":["true"],"Interval":"1s"}"#, 500,
            scripts),
    ])
    func refused(kind: String, body: String, status: Int, text: String) {
        let response = route("PUT", "/v1/agent/\(kind)/register", body).response
        #expect(response?.status == status && response?.text == text)
    }
}
