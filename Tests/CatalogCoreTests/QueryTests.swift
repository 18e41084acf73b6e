import CatalogCore
import FederationModel
import Testing

extension Bench {
    @discardableResult mutating func query(
        _ number: Int, _ query: PreparedQuery, _ op: String = "create"
    ) -> ApplyResult {
        var query = query
        query.id = Self.id(number)
        return apply(.preparedQuery(PreparedQueryRequest(op: op, query: query)))
    }

    func resolve(_ name: String) -> String {
        do throws(FederationError) {
            return try catalog.resolve(name, agentSegment: "", patterns: Self.words).service.service
        } catch {
            return "error: " + error.message
        }
    }

    /// Finds the words of a name: enough of a matcher for templates.
    static let words = PatternCompiler { text throws(PatternProblem) in
        if text == "(" { throw PatternProblem("missing )") }
        return Pattern({ _ in true }, groups: { [$0] + $0.split(separator: "-").map { String($0) } })
    }
}

@Suite struct QueryTests {
    private static func named(_ name: String, _ service: String, template: Bool = false) -> PreparedQuery {
        PreparedQuery(
            name: name, template: QueryTemplate(type: template ? "name_prefix_match" : "", regexp: template ? "w" : ""),
            service: ServiceQuery(service: service))
    }

    @Test func resolution() {
        var bench = Bench()
        bench.query(1, Self.named("web", "static"))
        bench.query(2, Self.named("geo-", "${name.suffix}", template: true))
        bench.query(3, Self.named("geo-x-", "${match(2)}/${name.prefix}/${match(9)}/$${a}", template: true))
        #expect(bench.resolve("WEB") == "static")
        #expect(bench.resolve(Bench.id(1)) == "static")
        #expect(bench.resolve("geo-db") == "db")
        #expect(bench.resolve("geo-x-y") == "x/geo-x-//${a}", "the longest prefix")
        #expect(bench.resolve("other") == "error: Query not found")
        #expect(bench.resolve("") == "error: Query not found")
        #expect(bench.resolve(Bench.id(2)).contains("can only be resolved up by name"))
        bench.query(4, Self.named("", "any-${name.full}", template: true))
        #expect(bench.resolve("other") == "any-other")
        bench.query(4, PreparedQuery(), "delete")
        #expect(bench.resolve("other") == "error: Query not found")
        bench.query(1, Self.named("web2", "moved"), "update")
        #expect(bench.resolve("web2") == "moved" && bench.resolve("web").hasPrefix("error"))
        #expect(bench.catalog.query(Bench.id(1))?.raftIndex.createIndex == 10)
    }

    @Test func namesAreUnique() {
        var bench = Bench()
        bench.query(1, Self.named("web", "s"))
        bench.query(2, Self.named("", "s", template: true))
        #expect(bench.query(3, Self.named("WEB", "s")).error == "name 'WEB' aliases an existing query name")
        #expect(
            bench.query(3, Self.named("", "s", template: true)).error
                == "a query template with an empty name already exists")
        let alias = Bench.id(1)
        #expect(bench.query(3, Self.named(alias, "s")).error == "name '\(alias)' aliases an existing query ID")
        var bound = Self.named("x", "s")
        bound.session = Bench.id(77)
        #expect(bench.query(3, bound).error == "invalid session \"\(bound.session)\"")
    }

    @Test("Which instances a query selects", arguments: [
        (ServiceQuery(service: "s"), ["a", "b"]), (ServiceQuery(service: "s", onlyPassing: true), ["a"]),
        (ServiceQuery(service: "s", ignoreCheckIDs: ["bad"]), ["a", "b", "c"]),
        (ServiceQuery(service: "s", tags: ["V1"]), ["a"]), (ServiceQuery(service: "s", tags: ["!v1"]), ["b"]),
        (ServiceQuery(service: "s", nodeMeta: ["rack": "2"]), ["b"]),
        (ServiceQuery(service: "s", serviceMeta: ["env": "prod"]), ["a"]), (ServiceQuery(service: "none"), []),
    ] as [(ServiceQuery, [String])])
    func selection(service: ServiceQuery, nodes: [String]) {
        var bench = Bench()
        let instance = { (tags: [String], meta: [String: String]) in
            NodeService(id: "s", service: "s", tags: tags, meta: meta)
        }
        bench.register("a", service: instance(["v1"], ["env": "prod"]))
        bench.register(
            "b", meta: ["rack": "2"], service: instance(["v2"], [:]),
            checks: [HealthCheck(checkID: "w", status: "warning")])
        bench.register(
            "c", service: instance(["v1"], [:]), checks: [HealthCheck(checkID: "bad", status: "critical")])
        let answer = bench.catalog.run(PreparedQuery(service: service), connect: false, datacenter: "dc1")
        let expected = service.tags == ["V1"] ? ["a"] : nodes
        #expect((answer.nodes ?? []).compactMap { $0.node?.node } == expected)
    }

    @Test("Refusals of the leader, in Consul's words", arguments: [
        (PreparedQuery(service: ServiceQuery(service: "s")), "Invalid prepared query: Must be bound to a session"),
        (PreparedQuery(name: "q"), "Invalid prepared query: Must provide a Service name to query"),
        (PreparedQuery(
            name: "q", service: ServiceQuery(service: "s", failover: QueryDatacenterOptions(nearestN: -1))),
            "Invalid prepared query: Bad NearestN '-1', must be >= 0"),
        (PreparedQuery(name: "q", service: ServiceQuery(service: "s"), dns: QueryDNSOptions(ttl: "x")),
            "Invalid prepared query: Bad DNS TTL 'x': time: invalid duration \"x\""),
        (PreparedQuery(id: "zz", name: "q", service: ServiceQuery(service: "s")),
            "ID must be empty when creating a new prepared query"),
        (PreparedQuery(name: "q", template: QueryTemplate(type: "x"), service: ServiceQuery(service: "s")),
            "failed compiling template: Bad Template.Type 'x'"),
        (PreparedQuery(
            name: "q", template: QueryTemplate(type: "name_prefix_match", regexp: "("),
            service: ServiceQuery(service: "s")), "failed compiling template: Bad Regexp: missing )"),
        (PreparedQuery(
            name: "q", template: QueryTemplate(type: "name_prefix_match"), service: ServiceQuery(service: "${bad")),
            "failed compiling template: Bad format '${bad' in Service.Service: parse error: syntax error"),
        (PreparedQuery(
            name: "q", template: QueryTemplate(type: "name_prefix_match"),
            service: ServiceQuery(service: "s", tags: ["${name.nope}"])),
            "failed compiling template: Bad evaluation for '${name.nope}' in Service.Tags[0]: 1:3: "
                + "unknown variable accessed: name.nope"),
    ] as [(PreparedQuery, String)])
    func refusals(query: PreparedQuery, text: String) {
        let request = Request.preparedQueryApply(PreparedQueryRequest(op: "create", query: query))
        let preparation = Preparation(identity: Bench.id(1), patterns: Bench.words)
        #expect(throws: FederationError.remote(text)) { try Command(preparing: request, preparation) }
    }
}
