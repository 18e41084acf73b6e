import CatalogCore
import Configuration
import ConfigurationFiles
import DNSCore
import Determinism
import FederationModel
import HTTPCore
import TopologyCore
import WireFormat
import YAMLReader

/// What people and their programs write: HTTP, DNS, JSON, YAML, addresses.
extension FuzzTarget {
    private static let definitions = [
        #"{"Name":"web","ID":"web-1","Tags":["a"],"Port":80,"Meta":{"k":"v"},"Check":{"HTTP":"http://a/","#
            + #""Interval":"10s","Timeout":"1s","Header":{"A":["b"]}}}"#,
        #"{"id":"x","name":"db","address":"10.0.0.1","weights":{"passing":1,"warning":2},"checks":[{"ttl":"30s"},"#
            + #"{"tcp":"a:1","interval":"5s"},{"alias_node":"n1"}]}"#,
        #"{"Name":"c","TTL":"10s","Status":"passing","DeregisterCriticalServiceAfter":"90m","SuccessBeforePassing":3}"#,
    ]

    private static let http = [
        "GET /v1/kv/a/b?dc=dc2&recurse&separator=%2f&index=7&wait=10s&stale\nX-Consul-Token: abc\n\n",
        "PUT /v1/kv/a%20b?cas=3&flags=18446744073709551615&dc=dc3\n\nvalue", "DELETE /v1/kv/a?recurse\n\n",
        "GET /v1/health/service/web?passing&tag=a&near=_agent&node-meta=k:v&consistent\n\n",
        "GET /v1/catalog/service/web?pretty&timeout=3s\nCache-Control: max-age=3, stale-if-error=9\n\n",
        "PUT /v1/agent/service/register?replace-existing-checks=1\n\n" + definitions[0],
        "PUT /v1/agent/check/register\n\n" + definitions[2],
        "PUT /v1/agent/check/update/service:web\n\n{\"Status\":\"warning\",\"Output\":\"x\"}",
        "PUT /v1/agent/join/127.0.0.1:8301?wan=1\n\n", "GET /v1/agent/members?wan=1\n\n",
        "PUT /v1/catalog/register\n\n" + #"{"Node":"n","Address":"1.2.3.4","Service":{"Service":"web","Port":1},"#
            + #""Checks":[{"CheckID":"c","Status":"passing","Definition":{"Interval":"1s"}}]}"#,
        "PUT /v1/catalog/deregister\n\n" + #"{"Node":"n","ServiceID":"web"}"#,
        "GET /v1/agent/metrics?format=prometheus\n\n",
        "PUT /v1/event/fire/deploy?node=a&service=b&tag=c\n\npayload", "GET /v1/status/leader?dc=dc2\n\n",
        "PUT /v1/coordinate/update\n\n" + #"{"Node":"n","Coord":{"Vec":[0,0,0,0,0,0,0,0],"Error":1.5,"Height":1e-5}}"#,
    ]

    private static let topology = """
        name: two
        datacenters:
          dc1: {servers: 3, clients: 1}
          dc2: {servers: 3, options: {performance: {raft_multiplier: 1}}}
        producers:
          web: {service: web, on: dc1-c1, register: http, check: {type: http, path: /health, interval: 1s}}
        steps:
          - step: start
            do: [start: all]
            expect:
              - leader: {in: dc1, within: 20s}
              - members: {count: 6, wan: true, on: servers of dc1}
          - step: kill
            do:
              - kill: leader of dc1
            expect: [writes: {in: dc1, within: 2s}]
        """

    private static let configuration = """
        {"server": true, "datacenter": "dc1", "bootstrap_expect": 3, "retry_join": ["10.0.0.1", "a.example:8301"],
         "ports": {"http": 8500, "dns": -1}, "node_meta": {"rack": "7"}, "performance": {"raft_multiplier": 3},
         "gossip_lan": {"probe_interval": "1s", "suspicion_mult": 4}, "limits": {"kv_max_value_size": 524288},
         "dns_config": {"node_ttl": "1m", "service_ttl": {"*": "5s"}}, "encrypt": "cHJlc3NlZCBpbnRvIHNlcnY=",
         "services": [{"name": "web", "port": 80}], "checks": [{"name": "c", "ttl": "10s"}], "leave_on_terminate": true}
        """

    static func textTargets() -> [FuzzTarget] {
        var targets = [
            FuzzTarget("json", texts: definitions + [configuration, #"[1e5,-0.1,"\ud83d\ude00",null,true]"#]) {
                input, _ in
                guard let value = try? JSONReader.read(input) else { return }
                _ = ServiceDefinition.decode(config: value)
                _ = CheckDefinition.decode(config: value)
            },
            FuzzTarget("configuration", texts: [configuration, "{}"]) { input, _ in
                guard let value = try? JSONReader.read(input) else { return }
                let flags = AgentFlags(["-server", "-data-dir=/x", "-hcl={}"])
                let builder = flags.builder(files: [("c.json", ConfigurationValue(value))], texts: [])
                guard let found = try? builder.finished() else { return }
                for service in found.services { _ = try? JSONReader.read(Array(service.jsonText.utf8)) }
            },
            FuzzTarget("flags", texts: ["-server -node=a --datacenter dc1 -retry-join 1.2.3.4 -node-meta=a:b -dev"]) {
                input, _ in
                let words = String(decoding: input, as: UTF8.self).split(separator: " ").map(String.init)
                _ = try? AgentFlags(words).builder(files: [], texts: []).finished()
            },
            FuzzTarget("topology", texts: [topology, "a: &b [1, *b]\n", "- {x: 'y', z: \"\\u0041\"}\n"]) { input, _ in
                guard let root = try? YAMLText.read(String(decoding: input, as: UTF8.self)) else { return }
                _ = try? TopologyReader.read(root)
            },
            FuzzTarget("words", texts: ["127.0.0.1:8300", "[fe80::1]:80", "1h30m", "1.5ms", "a.example:1"]) {
                input, _ in
                let text = String(decoding: input, as: UTF8.self)
                if let endpoint = Endpoint(text, defaultPort: 1), Endpoint(endpoint.description) != endpoint {
                    throw Finding("\(text) is \(endpoint), which cannot be read")
                }
                _ = (IPAddress(text), NodeID(text), DurationText.parse(text))
            },
            httpTarget(),
        ]
        if let dns = dnsTarget() { targets.append(dns) }
        return targets
    }

    /// Routed, answered from a small catalog or refused, and rendered.
    private static func httpTarget() -> FuzzTarget {
        let router = HTTPRouter(context: HTTPContext(datacenter: "dc1", node: "n1", isServer: true))
        return FuzzTarget("http", texts: http) { input, random in
            guard let request = request(input) else { return }
            switch router.route(request, random: &random) {
            case .respond: return
            case .request(let typed, let rendering):
                var reader = MessagePackReader(SampleRequests.body(typed))
                guard (try? Request.decode(method: typed.method, from: &reader)) != nil else {
                    throw Finding("\(typed.method): its own bytes cannot be read")
                }
                _ = router.render(rendering, .failure(.noLeader(datacenter: "dc1")))
                guard let answer = SampleRequests.catalog.answer(typed, datacenter: "dc1") else { return }
                _ = router.render(rendering, .success(answer.response))
            case .agent(_, let rendering), .join(_, _, _, let rendering), .shell(_, let rendering):
                _ = router.render(rendering, AgentResponse.failed(.failed("no")))
            }
        }
    }

    /// The first line, header lines, an empty line, the body: what the listener makes of bytes.
    private static func request(_ input: [UInt8]) -> HTTPRequest? {
        var lines = input.split(separator: 10, maxSplits: 12, omittingEmptySubsequences: false)[...]
        guard let first = lines.popFirst() else { return nil }
        let words = first.split(separator: 32, maxSplits: 1).map { String(decoding: $0, as: UTF8.self) }
        guard words.count == 2 else { return nil }
        var request = HTTPRequest(method: words[0], target: words[1])
        while let line = lines.popFirst(), !line.isEmpty {
            let parts = line.split(separator: 58, maxSplits: 1).map { String(decoding: $0, as: UTF8.self) }
            if parts.count == 2 { request.headers.append((name: parts[0], value: String(parts[1].drop { $0 == " " }))) }
        }
        request.body = Array(lines.joined(separator: [10]))
        return request
    }

    private static func dnsTarget() -> FuzzTarget? {
        guard let front = DNSFrontEnd(context: DNSContext(datacenter: "dc1")) else { return nil }
        let names = [
            "web.service.consul", "a.web.service.dc2.consul", "_web._tcp.service.consul", "n1.node.dc1.consul",
            "consul", "1.0.0.10.in-addr.arpa", "0a000001.addr.dc1.consul", "x.query.consul",
        ]
        let packets = names.flatMap { name in
            [1, 28, 33, 255, 6, 12].map { type -> [UInt8] in
                var bytes: [UInt8] = [0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1]
                for label in name.split(separator: ".") { bytes += [UInt8(label.utf8.count)] + label.utf8 }
                return bytes + [0, 0, UInt8(type), 0, 1] + [0, 0, 41, 16, 0, 0, 0, 0, 0, 0, 0]
            }
        }
        return FuzzTarget("dns", packets) { input, random in
            let transport: DNSTransport = Bool.random(using: &random) ? .udp : .tcp
            guard case .query(let requests, let rendering) = front.plan(input, transport) else { return }
            let answers = requests.map { request -> Result<Response, FederationError> in
                guard let answer = SampleRequests.catalog.answer(request, datacenter: "dc1") else {
                    return .failure(.noLeader(datacenter: "dc1"))
                }
                return .success(answer.response)
            }
            let bytes = front.render(rendering, answers, random: &random)
            guard bytes.count <= 65_535 else { throw Finding("an answer of \(bytes.count) bytes") }
        }
    }
}
