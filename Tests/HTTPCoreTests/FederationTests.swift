import Determinism
import FederationModel
import Testing

@testable import HTTPCore

@Suite("/v1/federation") struct FederationTests {
    private let router = HTTPRouter(context: HTTPContext(datacenter: "dc1", node: "n1", isServer: true))

    private func action(_ method: String, _ target: String) -> HTTPAction {
        var random = SeededRandom(seed: 1)
        return router.route(HTTPRequest(method: method, target: target), random: &random)
    }

    @Test(
        "Requests",
        arguments: [
            (
                "GET", "/v1/federation/datacenters?index=7&wait=3s",
                .federation(datacenter: nil, unlessIndex: 7, wait: .seconds(3))
            ),
            (
                "GET", "/v1/federation/datacenters/dc2",
                .federation(datacenter: "dc2", unlessIndex: 0, wait: .zero)
            ),
            ("GET", "/v1/federation/matrix", .reachability), ("GET", "/v1/federation/history", .verdictHistory),
            ("PUT", "/v1/federation/forget/dc3", .forget(datacenter: "dc3", isForced: false)),
            ("PUT", "/v1/federation/forget/dc3?force", .forget(datacenter: "dc3", isForced: true)),
            ("GET", "/v1/federation/forgotten", .forgotten),
        ] as [(String, String, AgentRequest)])
    func requests(method: String, target: String, expected: AgentRequest) {
        guard case .agent(let request, _) = action(method, target) else {
            Issue.record("\(target) is not asked of the agent")
            return
        }
        #expect(request == expected)
    }

    @Test("?watch is the shell's")
    func watch() {
        guard case .shell(let request, _) = action("GET", "/v1/federation/datacenters/dc2?watch") else {
            Issue.record("not the shell's")
            return
        }
        #expect(request == .watchFederation(datacenter: "dc2"))
    }

    private func text(_ endpoint: Rendering.Endpoint, _ response: AgentResponse) -> String {
        router.render(Rendering(endpoint), response).text
    }

    @Test("One datacenter is no list; the index is in the header")
    func one() {
        let report = DatacenterReport(datacenter: "dc2", verdict: .up, since: .seconds(1), reason: "", servers: [])
        let response = router.render(Rendering(.federation(isOne: true)), .federation([report], index: 9))
        #expect(response.text.hasPrefix(#"{"Datacenter":"dc2""#) && response.header("X-Consul-Index") == "9")
        #expect(text(.federation(isOne: false), .federation([report], index: 9)).hasPrefix("[{"))
        let refused = router.render(Rendering(.done), .failed(.refused("dc3 answers")))
        #expect(refused.status == 409 && refused.header("X-Isthmus-Error") == "refused")
    }

    @Test("The matrix")
    func matrix() {
        let entry = ReachabilityMatrix.Entry(
            datacenter: "dc2", verdict: .unreachable, reaches: false, hears: true, roundTrip: nil, since: .seconds(4))
        let matrix = ReachabilityMatrix(
            own: "dc1",
            rows: [.init(datacenter: "dc1", servers: ["s1"], age: .milliseconds(5), entries: [entry])],
            silent: ["dc2"], cuts: [.init(from: "dc1", to: "dc2")])
        #expect(
            text(.federation(isOne: false), .reachability(matrix))
                == #"{"Datacenter":"dc1","Rows":[{"Datacenter":"dc1","Servers":["s1"],"Age":"5ms","To":[{"#
                + #""Datacenter":"dc2","Verdict":"unreachable","Reaches":false,"Hears":true,"RoundTrip":null,"#
                + #""Since":"4s"}]}],"Silent":["dc2"],"Cuts":[{"From":"dc1","To":"dc2"}]}"#)
    }

    @Test("The history")
    func history() {
        let change = VerdictChange(
            index: 3, stamp: 1_700_000_000_000, datacenter: "dc2", scope: .federation, from: .up, to: .frozen,
            reason: "2 of 3 datacenters say so")
        #expect(
            text(.federation(isOne: false), .verdictHistory([change]))
                == #"[{"Index":3,"Time":"2023-11-14T22:13:20Z","Milliseconds":1700000000000,"Datacenter":"dc2","#
                + #""Scope":"federation","From":"up","To":"frozen","Reason":"2 of 3 datacenters say so"}]"#)
    }

    @Test("Metrics of pairs have labels, and a name from outside ends none of them")
    func metrics() {
        var snapshot = MetricsSnapshot()
        snapshot.pairs = [
            .init(name: "isthmus.federation.verdict", from: "dc1", to: "dc2", value: .gauge(4)),
            .init(name: "isthmus.federation.verdict", from: "dc1", to: "a\"}", value: .gauge(0)),
            .init(
                name: "isthmus.federation.ping.seconds", from: "dc1", to: "dc2",
                value: .histogram(
                    buckets: [.init(bound: 0.001, count: 2), .init(bound: 5, count: 3)], count: 4, sum: 9.5)),
        ]
        let shown = text(.agentMetrics(prometheus: true), .metrics(snapshot))
        #expect(
            shown
                == """
                # HELP isthmus_federation_verdict isthmus_federation_verdict
                # TYPE isthmus_federation_verdict gauge
                isthmus_federation_verdict{from="dc1",to="dc2"} 4
                isthmus_federation_verdict{from="dc1",to="a_}"} 0
                # HELP isthmus_federation_ping_seconds isthmus_federation_ping_seconds
                # TYPE isthmus_federation_ping_seconds histogram
                isthmus_federation_ping_seconds_bucket{from="dc1",to="dc2",le="0.001"} 2
                isthmus_federation_ping_seconds_bucket{from="dc1",to="dc2",le="5"} 3
                isthmus_federation_ping_seconds_bucket{from="dc1",to="dc2",le="+Inf"} 4
                isthmus_federation_ping_seconds_sum{from="dc1",to="dc2"} 9.5
                isthmus_federation_ping_seconds_count{from="dc1",to="dc2"} 4

                """)
    }
}
