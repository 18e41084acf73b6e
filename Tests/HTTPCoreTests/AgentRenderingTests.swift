import FederationModel
import HTTPCore
import Testing

struct AgentRenderingTests {
    private func render(_ target: String, _ response: AgentResponse, method: String = "GET") -> HTTPResponse {
        guard let rendering = route(method, target).rendering else { return HTTPResponse(status: 0) }
        return router.render(rendering, response)
    }

    @Test("Done: 200 without a body; failures by kind", arguments: [
        (AgentResponse.done, 200, ""), (.joined(3), 200, ""), (.failed(.invalid("no")), 400, "no"),
        (.failed(.notFound("none")), 404, "none"),
        (.failed(.failed("CheckID \"none\" does not have associated TTL")), 500,
            "CheckID \"none\" does not have associated TTL"),
    ])
    func outcomes(answer: AgentResponse, status: Int, text: String) {
        let response = render("/v1/agent/check/pass/none", answer, method: "PUT")
        #expect(response.status == status && response.text == text)
        #expect((response.header("X-Isthmus-Error") == nil) == (status == 200))
        #expect(response.header("Content-Type") == (status == 200 ? nil : "text/plain; charset=utf-8"))
    }

    private let member = PoolMember(
        name: "s1", endpoint: Endpoint(IPAddress(127, 0, 0, 1), 8301),
        tags: ["role": "consul", "dc": "dc1", "cid": "0a", "ft_isthmus": "1"])
    private let memberText = #"{"Name":"s1","Addr":"127.0.0.1","Port":8301,"#
        + #""Tags":{"dc":"dc1","role":"consul"},"Status":1,"#
        + #""ProtocolMin":1,"ProtocolMax":5,"ProtocolCur":2,"DelegateMin":2,"DelegateMax":5,"DelegateCur":4}"#

    @Test func members() {
        #expect(render("/v1/agent/members", .members([member])).text == "[\(memberText)]")
    }

    @Test func ownServices() {
        let service = NodeService(id: "w1", service: "web", tags: ["a"], port: 80)
        let text = #"{"ID":"w1","Service":"web","Tags":["a"],"Meta":{},"Port":80,"Address":"","#
            + #""Weights":{"Passing":1,"Warning":1},"EnableTagOverride":false"#
        #expect(render("/v1/agent/services", .services([service])).text == #"{"w1":\#(text)}}"#)
        let one = render("/v1/agent/service/w1", .service(service, hash: "0f"))
        #expect(one.header("X-Consul-Contenthash") == "0f" && one.text == text + #","ContentHash":"0f"}"#)
        let native = NodeService(id: "w1", service: "web", tags: ["a"], port: 80, connect: ServiceConnect(native: true))
        #expect(
            render("/v1/agent/service/w1", .service(native, hash: "0f")).text
                == text + #","ContentHash":"0f","Connect":{"Native":true}}"#)
    }

    @Test func ownChecks() {
        let check = HealthCheck(node: "s1", checkID: "c", name: "c", status: "critical", type: "ttl")
        #expect(render("/v1/agent/checks", .checks([check])).text
            == #"{"c":{"Node":"s1","CheckID":"c","Name":"c","Status":"critical","Notes":"","Output":"","ServiceID":"","#
            + #""ServiceName":"","ServiceTags":[],"Type":"ttl","Definition":{},"CreateIndex":0,"ModifyIndex":0}}"#)
    }

    @Test func selfInfo() {
        let info = SelfInfo(
            datacenter: "dc1", node: "s1", nodeID: "id", isServer: true, version: "0.1.0", member: member,
            coordinate: nil, stats: ["raft": ["term": "2", "state": "Leader"], "agent": [:]], meta: ["a": "b"])
        #expect(render("/v1/agent/self", .selfInfo(info)).text
            == #"{"Config":{"Datacenter":"dc1","NodeName":"s1","NodeID":"id","Revision":"","Server":true,"#
            + #""Version":"0.1.0"},"DebugConfig":{},"Coord":null,"Member":\#(memberText),"#
            + #""Stats":{"agent":{},"raft":{"state":"Leader","term":"2"},"runtime":{}},"Meta":{"a":"b"}}"#)
    }

    private let metrics = MetricsSnapshot(
        gauges: [(name: "consul.raft.term", value: 2)],
        counters: [MetricsSnapshot.Sample(name: "consul.rpc.request", count: 2, sum: 3, min: 1, max: 2)])

    @Test func metricsInJSON() {
        let rendering = Rendering(.agentMetrics(prometheus: false))
        let text = router.render(rendering, .metrics(metrics), wallClock: "2026-01-01 00:00:00 +0000 UTC").text
        #expect(text == #"{"Timestamp":"2026-01-01 00:00:00 +0000 UTC","#
            + #""Gauges":[{"Name":"consul.raft.term","Value":2,"Labels":{}}],"Points":[],"#
            + #""Counters":[{"Name":"consul.rpc.request","Count":2,"Rate":0,"Sum":3,"Min":1,"Max":2,"#
            + #""Mean":1.5,"Stddev":0,"Labels":{}}],"Samples":[]}"#)
    }

    @Test func metricsForPrometheus() {
        let response = render("/v1/agent/metrics?format=prometheus", .metrics(metrics))
        #expect(response.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
        #expect(response.text.contains("# TYPE consul_raft_term gauge\nconsul_raft_term 2\n"))
        #expect(response.text.contains("# TYPE consul_rpc_request counter\nconsul_rpc_request 3\n"))
    }

    @Test func federation() {
        let server = DatacenterReport.Server(
            name: "s1.dc2", endpoint: Endpoint(IPAddress(10, 0, 0, 1), 8300), gossip: .alive, answers: false,
            roundTrip: .microseconds(1500), lastAnswerAge: nil, leader: nil, lastError: "no answer")
        var report = DatacenterReport(
            datacenter: "dc2", verdict: .frozen, since: .milliseconds(12_500), reason: "why", servers: [server])
        report.federation = .up
        report.votes = [
            DatacenterReport.Vote(
                datacenter: "dc3", verdict: .up, reaches: true, roundTrip: .milliseconds(20), age: .seconds(1))
        ]
        report.signs = ["pings"]
        report.quorumMargin = -1
        report.cuts = [ReachabilityMatrix.Cut(from: "dc1", to: "dc2")]
        #expect(render("/v1/federation/datacenters", .federation([report], index: 7)).text
            == #"[{"Datacenter":"dc2","Verdict":"frozen","Since":"12.5s","Reason":"why","Federation":"up","#
            + #""Signs":["pings"],"QuorumMargin":-1,"Hears":false,"Cuts":[{"From":"dc1","To":"dc2"}],"#
            + #""Others":[{"Datacenter":"dc3","Verdict":"up","Reaches":true,"RoundTrip":"20ms","Age":"1s"}],"#
            + #""Servers":[{"Name":"s1.dc2","Address":"10.0.0.1:8300","Isthmus":true,"Gossip":"alive","#
            + #""Answers":false,"Misses":0,"RoundTrip":"1.5ms","LastAnswerAge":null,"#
            + #""Leader":null,"LastError":"no answer"}]}]"#)
    }
}
