import Determinism
import FederationModel
import HTTPCore
import Testing
import WireFormat

@Suite("The form of errors")
struct ErrorFormTests {
    private func response(
        _ headers: [(String, String)], _ target: String = "/v1/kv/a?dc=dc9",
        _ error: FederationError = .unknownDatacenter("dc9"), _ details: ErrorDetails = ErrorDetails()
    ) throws -> HTTPResponse {
        let rendering = try #require(route("GET", target, headers: headers.map { (name: $0, value: $1) }).rendering)
        return router.render(rendering, .failure(error), details)
    }

    @Test("The kind goes to whoever says anything of itself; a bare request gets Consul's answer alone", arguments: [
        ([], "", false), ([("Host", "a"), ("Content-Length", "0")], "", false), ([("X-Consul-Token", "t")], "", false),
        ([("User-Agent", "curl/7.88.1")], "", true), ([("user-agent", "")], "", true), ([("Accept", "*/*")], "", true),
        ([("Accept-Encoding", "identity")], "", true), ([("X-Isthmus-Error", "1")], "", true),
        ([], "&explain", true), ([], "&envelope", true),
    ])
    func kinds(headers: [(String, String)], query: String, isShown: Bool) throws {
        let response = try response(headers, "/v1/kv/a?dc=dc9" + query)
        #expect(response.header("X-Isthmus-Error") == (isShown ? "unknown-datacenter" : nil))
        #expect(response.status == 500 && response.text == "No path to datacenter")
        #expect(response.header("Content-Type") == "text/plain; charset=utf-8")
        // Problems found before the request is understood have the same rule.
        let early = self.response(early: headers)
        #expect((early?.header("X-Isthmus-Error") != nil) == (isShown && query.isEmpty))
    }

    private func response(early headers: [(String, String)]) -> HTTPResponse? {
        route("PATCH", "/v1/kv/a", headers: headers.map { (name: $0, value: $1) }).response
    }

    @Test("JSON is for who prefers it by name (RFC 9110 §12.5.1)", arguments: [
        ("application/json", true), ("Application/JSON; charset=utf-8", true), ("application/json, */*", true),
        ("application/json;q=0.9, text/plain;q=0.8", true), ("text/html, application/json;q=0.1", true),
        ("*/*", false), ("application/*", false), ("text/plain", false), ("", false), ("application/json;q=0", false),
        ("application/json, text/plain, */*", false), ("text/*;q=0.9, application/json;q=0.9", false),
        ("application/json;q=2", false), ("application/json;q=x, application/jsonp", false),
    ])
    func json(accept: String, isJSON: Bool) throws {
        let response = try response([("Accept", accept)])
        #expect((response.header("Content-Type") == "application/json") == isJSON)
        #expect(response.status == 500 && response.header("X-Isthmus-Error") == "unknown-datacenter")
        if !isJSON { #expect(response.text == "No path to datacenter") }
    }

    @Test("The JSON form: kind, Consul's text, datacenter, server, time, whether a retry is safe, near names")
    func members() throws {
        let details = ErrorDetails(
            datacenter: "dc9", server: "s2.dc2", elapsed: .milliseconds(1203), nearNames: ["dc1", "dc2"])
        let unknown = try response([("Accept", "application/json")], "/v1/kv/a", .unknownDatacenter("dc9"), details)
        #expect(
            unknown.text == #"{"Error":"unknown-datacenter","Message":"No path to datacenter","Datacenter":"dc9","#
                + #""Server":"s2.dc2","Elapsed":"1.203s","RetrySafe":true,"NearNames":["dc1","dc2"]}"#)
        let lost = try response([("Accept", "application/json")], "/v1/kv/a", .outcomeUnknown(reason: "EOF"))
        #expect(lost.text.contains(#""Error":"outcome-unknown","Message":"outcome unknown: EOF""#))
        #expect(lost.text.contains(#""RetrySafe":false,"NearNames":[]"#))
        // Consul's body of a rate limit is empty; a program is told more.
        let busy = try response([("Accept", "application/json")], "/v1/kv/a", .overloaded(what: "calls"))
        #expect(busy.status == 429 && busy.text.contains(#""Message":"RPC rate limit exceeded""#))
        _ = try JSONReader.read(lost.body)
    }

    @Test("No instance: Consul's empty list with the kind beside it", arguments: [
        ("/v1/health/service/none", Response.checkServiceNodes(IndexedCheckServiceNodes(meta: leaderMeta))),
        ("/v1/catalog/service/none", .serviceNodes(IndexedServiceNodes(meta: leaderMeta))),
    ])
    func noInstance(target: String, answer: Response) throws {
        let rendering = try #require(route("GET", target).rendering)
        let response = router.render(rendering, .success(answer))
        #expect(response.status == 200 && response.text == "[]")
        #expect(response.header("X-Isthmus-Error") == "no-instance")
        let bare = try #require(route("GET", target, headers: []).rendering)
        #expect(router.render(bare, .success(answer)).header("X-Isthmus-Error") == nil)
    }

    @Test("Kinds are a bounded set of short words")
    func bounded() {
        #expect(ErrorKind.allCases.count == 20)
        for kind in ErrorKind.allCases {
            #expect(kind.rawValue.utf8.allSatisfy { $0 >= 97 && $0 <= 122 || $0 == 45 } && kind.rawValue.count < 20)
        }
    }
}
