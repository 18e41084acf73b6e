import FederationModel
import FilterCore
import Patterns
import Testing

struct FilterTests {
    static let services = [
        NodeService(
            id: "web-1", service: "web", tags: ["v1", "primary"], meta: ["version": "1.0", "env": "prod"], port: 8080,
            weights: Weights(passing: 10, warning: 1)),
        NodeService(id: "web-2", service: "web", tags: ["v2"], meta: ["env": "stage"], port: 8081),
        NodeService(id: "web-3", service: "web", port: 8082),
        NodeService(
            id: "db-1", service: "db", address: "127.0.0.9",
            taggedAddresses: ["wan": ServiceAddress(address: "1.2.3.4", port: 99)], port: 5432,
            enableTagOverride: true),
    ]

    @Test(
        "Operators, selectors and precedence as Consul 1.8 answers them",
        arguments: [
            ("Port == 8080", "web-1"), ("Port != 8080", "web-2 web-3 db-1"), ("Port == -5", ""),
            ("Port == \"0x1f90\"", "web-1"), ("Port == \"8_080\"", "web-1"),
            ("Service == web and Port != 8080", "web-2 web-3"), ("ID == `web-1` or ID == \"db-1\"", "web-1 db-1"),
            ("ID==\"web-1\" or ID==\"web-2\" and Port==8081", "web-1 web-2"),
            ("(ID==\"web-1\" or ID==\"web-2\") and Port==8081", "web-2"),
            ("not Service==web and Service==db", "db-1"), ("not not ID==\"web-1\"", "web-1"),
            ("not ( ID==\"web-1\" )", "web-2 web-3 db-1"), ("((Service==db))", "db-1"),
            ("primary in Tags", "web-1"), ("primary not in Tags", "web-2 web-3 db-1"), ("Tags contains v2", "web-2"),
            ("Tags not contains v2", "web-1 web-3 db-1"), ("Tags is empty", "web-3 db-1"),
            ("Tags is not empty", "web-1 web-2"), ("Meta is empty", "web-3 db-1"), ("Meta is not empty", "web-1 web-2"),
            ("version in Meta", "web-1"), ("Meta contains \"env\"", "web-1 web-2"), ("Meta.env == prod", "web-1"),
            ("Meta[\"env\"] == stage", "web-2"), ("Meta[ `env` ] == stage", "web-2"), ("Meta.absent == x", ""),
            ("Meta.absent != x", "web-1 web-2 web-3 db-1"), ("x in Meta.absent", ""),
            ("x not in Meta.absent", "web-1 web-2 web-3 db-1"),
            ("Meta.absent matches `^x`", "web-1 web-2 web-3 db-1"),
            ("Service matches \"^w.b$\"", "web-1 web-2 web-3"), ("Service not matches `^w`", "db-1"),
            ("eb in Service", "web-1 web-2 web-3"), ("Service contains \"\"", "web-1 web-2 web-3 db-1"),
            ("Weights.Passing == 10", "web-1"), ("EnableTagOverride == T", "db-1"),
            ("TaggedAddresses.wan.Port == 99", "db-1"), ("TaggedAddresses.wan.Port != 99", "web-1 web-2 web-3"),
            ("wan in TaggedAddresses", "db-1"), ("TaggedAddresses is empty", "web-1 web-2 web-3"),
            ("Proxy.Upstreams is empty", "web-1 web-2 web-3 db-1"), ("Proxy.Upstreams.Datacenter != x", ""),
            ("Connect.Native == false", "web-1 web-2 web-3 db-1"), ("Proxy.Expose.Paths.ListenerPort == 1", ""),
            ("Service\n==\tweb and ID matches \"1$\"", "web-1"), ("Service != a[\"b\"].c and Port==5432", "db-1"),
            ("Service in Tags", ""), ("Service == \"\\x77\\145\\u0062\" and Port == 8082", "web-3"),
        ])
    func services(expression: String, expected: String) throws {
        let filter = try Filter<NodeService>(expression, patterns: .re2)
        let found = Self.services.filter { filter.matches($0) }.map(\.id).joined(separator: " ")
        #expect(found == expected)
    }

    @Test(
        "A list inside a row matches by any of its elements",
        arguments: [
            ("Checks.Status != passing", true), ("Checks.Status == critical", false), ("Checks is not empty", true),
            ("Checks.ServiceTags contains v1", true), ("Node.Meta.os == linux", true), ("Service.Port == 80", true),
        ])
    func instances(expression: String, isMatch: Bool) throws {
        let row = CheckServiceNode(
            node: Node(node: "a", meta: ["os": "linux"]), service: NodeService(id: "web", port: 80),
            checks: [HealthCheck(status: "passing"), HealthCheck(status: "warning", serviceTags: ["v1"])])
        #expect(try Filter<CheckServiceNode>(expression, patterns: .re2).matches(row) == isMatch)
    }

    private static let start =
        "no match found, expected: \"(\", \"-\", \"0\", \"\\\"\", \"`\", \"not\", [ \\t\\r\\n], "
    private static let afterName =
        "no match found, expected: \"!=\", \".\", \"==\", \"[\", [ \\t\\r\\n] or [a-zA-Z0-9_]"
    private static let operators =
        "no match found, expected: \"!=\", \"==\", \"contains\", \"in\", \"is\", \"matches\", \"not\" or [ \\t\\r\\n]"

    @Test(
        "Mistakes are told as Consul 1.8 tells them",
        arguments: [
            ("Service", "1:8 (7): " + afterName), ("not", "1:4 (3): " + afterName),
            ("not(Service==web)", "1:4 (3): " + afterName), ("Sérvice == x", "1:2 (1): " + afterName),
            ("Service = web", "1:9 (8): " + operators), ("Meta [\"env\"] == prod", "1:6 (5): " + operators),
            (
                "Service ==",
                "1:11 (10): no match found, expected: \"-\", \"0\", \"\\\"\", \"`\", [ \\t\\r\\n], [1-9] or [a-zA-Z]"
            ),
            ("   ", "1:4 (3): " + start + "[1-9] or [a-zA-Z]"), ("()", "1:2 (1): " + start + "[1-9] or [a-zA-Z]"),
            (")", "1:1 (0): " + start + "[1-9] or [a-zA-Z]"),
            ("Service==web and", "1:17 (16): no match found, expected: [ \\t\\r\\n]"),
            (
                "Service not web",
                "1:13 (12): no match found, expected: \"contains\", \"in\", \"matches\" or [ \\t\\r\\n]"
            ),
            (
                "Service is empty x",
                "1:18 (17): no match found, expected: \"and\", \"or\", [ \\t\\r\\n] or EOF"
            ),
            ("Service == web é", "1:16 (15): no match found, expected: \"and\", \"or\", [ \\t\\r\\n] or EOF"),
            ("(Service==web))", "1:15 (14): no match found, expected: [ \\t\\r\\n] or EOF"),
            ("Port == 5)", "1:10 (9): no match found, expected: \".\", [ \\t\\r\\n], [0-9] or EOF"),
            ("Tags.0 == v1", "1:6 (5): no match found, expected: [a-zA-Z]"),
            ("Service == -", "1:13 (12): no match found, expected: \"0\" or [1-9]"),
            ("(Service==web", "1:14 (13): rule \"grouping\": Unmatched parentheses"),
            ("((Service==web)", "1:16 (15): rule \"grouping\": Unmatched parentheses"),
            ("Service == \"abc", "1:16 (15): rule \"string\": Unterminated string literal"),
            ("Service == \"a\\qb\"", "1:12 (11): rule \"string\": invalid syntax"),
            ("Port == 01", "1:10 (9): rule \"number\": Invalid number literal"),
            ("Port == 1.5x", "1:12 (11): rule \"number\": Invalid number literal"),
            ("Meta[env] == x", "1:6 (5): rule \"index\": Invalid index"),
            ("Meta[\"x\" == x", "1:10 (9): rule \"index\": Unclosed index expression"),
            ("\"x\" in \"y\"", "1:8 (7): rule \"match\": Invalid selector"),
            ("Unknown.a == x and Port == y", "Selector \"Unknown\" is not valid"),
            ("Tags.v1 == x", "Selector \"Tags.v1\" is not valid"),
            ("Service.x == 1", "Selector \"Service.x\" is not valid"),
            ("Meta.env.x == prod", "Selector \"Meta.env.x\" is not valid"),
            ("Meta[\"a b\"].c == x", "Selector \"Meta.a b.c\" is not valid"),
            ("Proxy.Upstreams.Config is empty", "Selector \"Proxy.Upstreams.Config\" is not valid"),
            ("Tags == v1", "Invalid match operator \"Equal\" for selector \"Tags\""),
            ("Weights is empty", "Invalid match operator \"Is Empty\" for selector \"Weights\""),
            ("TaggedAddresses.wan == 99", "Invalid match operator \"Equal\" for selector \"TaggedAddresses.wan\""),
            ("1 in Port", "Invalid match operator \"In\" for selector \"Port\""),
            ("EnableTagOverride matches x", "Invalid match operator \"Matches\" for selector \"EnableTagOverride\""),
            (
                "Port == abc",
                "Failed to coerce value \"abc\" for selector \"Port\": strconv.ParseInt: "
                    + "parsing \"abc\": invalid syntax"
            ),
            (
                "Port == 99999999999999999999",
                "Failed to coerce value \"99999999999999999999\" for selector \"Port\": strconv.ParseInt: "
                    + "parsing \"99999999999999999999\": value out of range"
            ),
            (
                "EnableTagOverride == yes",
                "Failed to coerce value \"yes\" for selector \"EnableTagOverride\": strconv.ParseBool: "
                    + "parsing \"yes\": invalid syntax"
            ),
            (
                "Service matches `\\`",
                "Failed to compile regular expression \"\\\\\": error parsing regexp: "
                    + "trailing backslash at end of expression: ``"
            ),
        ])
    func mistakes(expression: String, problem: String) {
        do throws(FilterProblem) {
            _ = try Filter<NodeService>(expression, patterns: .re2)
            Issue.record("\(expression) was taken")
        } catch {
            #expect(error.message == "Failed to create boolean expression evaluator: " + problem)
        }
    }

    @Test("What could exhaust the agent is refused: depth, length, patterns")
    func bounds() {
        let deep = String(repeating: "(", count: 5000) + "Port==1" + String(repeating: ")", count: 5000)
        let nots = String(repeating: "not ", count: 4000) + "Port==1"
        let long = Array(repeating: "Port==1", count: 2000).joined(separator: " or ")
        let patterns = Array(repeating: "Service matches `a`", count: 17).joined(separator: " or ")
        for expression in [deep, nots, long, patterns] {
            #expect(throws: FilterProblem.self) { try Filter<NodeService>(expression, patterns: .re2) }
        }
        #expect(throws: FilterProblem.self) { try Filter<NodeService>("Service matches `a`", patterns: .none) }
    }
}
