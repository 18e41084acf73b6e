import Testing
import TopologyCore
import YAMLReader

/// Verdicts by scope, named cuts, forgotten datacenters, answers: from answers in a table.
struct FederationExpectationTests {
    private func outcome(_ expectation: String, _ answers: [String: (Int, String)]) throws -> String? {
        let text = """
            name: t
            datacenters: {dc1: {servers: 1}, dc2: {servers: 1}, dc3: {servers: 1}}
            expect:
              - \(expectation)
            """
        let topology = try TopologyReader.read(try YAMLText.read(text))
        var view = FederationView(topology, TopologyPlan(topology, network: "127.1.2", folder: "/f"))
        view.running = ["dc1-s1", "dc2-s1", "dc3-s1"]
        var asker = ScriptedAsker(answers: answers)
        do throws(FederationReason) {
            _ = try view.check(topology.expectations[0].expectation.kind, since: .zero, asking: &asker)
            return nil
        } catch {
            return error.description
        }
    }

    private static let reports = """
        [{"Datacenter":"dc2","Verdict":"unreachable","Federation":"up","Reason":"connect timed out"}]
        """

    @Test("A verdict is the asked server's, or the federation's", arguments: [
        ("{verdict: dc2, is: unreachable, from: dc1}", nil as String?),
        ("{verdict: dc2, is: unreachable, scope: federation, from: dc1}", "dc1-s1: dc2 is up (connect timed out)"),
        ("{verdict: dc2, is: up, scope: federation, from: dc1}", nil),
        ("{verdict: dc3, is: up, from: dc1}", "dc1-s1 does not know dc3"),
    ])
    func scope(expectation: String, reason: String?) throws {
        #expect(try outcome(expectation, ["dc1-s1 /v1/federation/datacenters": (200, Self.reports)]) == reason)
    }

    @Test("A cut is named by its direction", arguments: [
        (#"[{"From":"dc1","To":"dc2"}]"#, nil as String?, "dc3-s1 names the cut dc1 to dc2" as String?),
        ("[]", "dc3-s1 names the cuts: none", nil),
        (#"[{"From":"dc2","To":"dc1"}]"#, "dc3-s1 names the cuts: dc2 to dc1", nil),
        (
            #"[{"From":"dc1","To":"dc2"},{"From":"dc2","To":"dc1"}]"#,
            "dc3-s1 names the cuts: dc1 to dc2, dc2 to dc1", "dc3-s1 names the cut dc1 to dc2"
        ),
    ])
    func cuts(cuts: String, named: String?, absent: String?) throws {
        let answers = ["dc3-s1 /v1/federation/matrix": (200, "{\"Cuts\":\(cuts)}")]
        #expect(try outcome("{cut-named: {from: dc1, to: dc2}, from: dc3}", answers) == named)
        #expect(try outcome("{cut-named: {from: dc1, to: dc2}, absent: true, from: dc3}", answers) == absent)
    }

    @Test("Forgotten is what no pool and no verdict knows", arguments: [
        (#"[{"Name":"dc1-s1.dc1"}]"#, "[]", nil as String?),
        (#"[{"Name":"dc1-s1.dc1"}]"#, #"[{"Datacenter":"dc3","Verdict":"left"}]"#, nil),
        (#"[{"Name":"dc1-s1.dc1"}]"#, #"[{"Datacenter":"dc3","Verdict":"unreachable"}]"#, "dc1-s1: dc3 is unreachable"),
        (#"[{"Name":"dc3-s1.dc3"}]"#, "[]", "dc1-s1 still knows dc3-s1.dc3"),
    ])
    func forgotten(members: String, reports: String, reason: String?) throws {
        let answers = [
            "dc1-s1 /v1/agent/members?wan": (200, members), "dc1-s1 /v1/federation/datacenters": (200, reports),
        ]
        #expect(try outcome("{forgotten: dc3, from: dc1}", answers) == reason)
    }

    @Test("An answer has its status, its header and its texts", arguments: [
        ("says: b", nil as String?), ("says: [a, b], lacks: c", nil),
        ("says: [a, abel]", nil),
        ("says: c", "/a answers X-Isthmus-Error: label | a b without \"c\""),
        ("lacks: c", nil), ("lacks: a b", "/a answers X-Isthmus-Error: label | a b with \"a b\""),
        ("header: X-Isthmus-Error, says: label", nil),
        ("header: x-isthmus-error, says: z", "/a answers label without \"z\""),
        ("header: X-Other", "/a answers without X-Other"), ("status: 404", "/a answers 200 a b"),
    ])
    func answers(keys: String, reason: String?) throws {
        let found = try outcome("{answers: /a, from: dc1, \(keys)}", ["dc1-s1 /a": (200, "label|a b")])
        #expect(found == reason.map { "dc1-s1: \($0)" })
    }
}
