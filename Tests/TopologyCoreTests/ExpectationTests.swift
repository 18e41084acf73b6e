import Testing
import TopologyCore
import YAMLReader

/// Answers from a table; what is not in it is a refused connection.
struct ScriptedAsker: FederationAsker {
    /// `<agent> <target>` → status and body, after `error label|` when there is one.
    var answers: [String: (Int, String)]

    mutating func ask(_ question: FederationQuestion) throws(FederationReason) -> FederationAnswer {
        guard case .http(let target) = question.kind, let answer = answers["\(question.agent) \(target)"] else {
            throw FederationReason("\(question.agent): refused")
        }
        let parts = answer.1.split(separator: "|", maxSplits: 1, omittingEmptySubsequences: false)
        let label = parts.count == 2 ? [(name: "X-Isthmus-Error", value: String(parts[0]))] : []
        let body = Array((parts.last ?? "").utf8)
        return .http(HTTPReply(status: answer.0, headers: label, body: body, time: .milliseconds(1)))
    }
}

/// A view and who answers for it.
struct ScriptedView {
    var view: FederationView
    var asker: ScriptedAsker

    func names(_ selector: TopologySelector) throws -> [String] {
        var asker = asker
        return try view.names(selector, asking: &asker)
    }
}

struct ExpectationTests {
    /// dc1 has .1 and .2, dc2 has .3; the producer w1 is .201.
    private func view(_ answers: [String: (Int, String)], running: Set<String> = ["dc1-s1", "dc1-s2", "dc2-s1"]) throws
        -> ScriptedView
    {
        let text = """
            name: t
            datacenters: {dc1: {servers: 2}, dc2: {servers: 1}}
            producers: {w1: {service: web, at: dc1-s1}}
            """
        let topology = try TopologyReader.read(try YAMLText.read(text))
        let plan = TopologyPlan(topology, network: "127.1.2", folder: "/f")
        var view = FederationView(topology, plan)
        view.running = running
        return ScriptedView(view: view, asker: ScriptedAsker(answers: answers))
    }

    /// Nil when the expectation holds.
    private func reason(_ kind: TopologyExpectation.Kind, _ scripted: ScriptedView) -> String? {
        var asker = scripted.asker
        do throws(FederationReason) {
            _ = try scripted.view.check(kind, since: .zero, asking: &asker)
            return nil
        } catch {
            return error.description
        }
    }

    @Test("A leader is one running server that all name")
    func leader() throws {
        let kind = TopologyExpectation.Kind.leader(datacenters: ["dc1"])
        let path = "/v1/status/leader"
        var answers = ["dc1-s1 \(path)": (200, "\"127.1.2.2:8300\""), "dc1-s2 \(path)": (200, "\"127.1.2.2:8300\"")]
        #expect(reason(kind, try view(answers)) == nil)
        #expect(try view(answers).names(.followersOf("dc1")) == ["dc1-s1"])
        #expect(
            reason(kind, try view(answers, running: ["dc1-s1"]))
                == "dc1-s1: the leader is 127.1.2.2:8300, which does not run")
        answers["dc1-s1 \(path)"] = (200, "\"127.1.2.1:8300\"")
        #expect(reason(kind, try view(answers)) == "dc1-s1 names dc1-s1, dc1-s2 names dc1-s2")
        answers["dc1-s1 \(path)"] = (200, "\"\"")
        #expect(reason(kind, try view(answers)) == "dc1-s1: no leader")
        answers["dc1-s1 \(path)"] = nil
        #expect(reason(kind, try view(answers)) == "dc1-s1: refused")
    }

    @Test("A percentile is held to a time, or to another load's: the slowest of a hundred is left out, failures too")
    func latency() throws {
        var scripted = try view([:])
        let text = """
            name: t
            datacenters: {dc1: {servers: 1}}
            load:
              a: {kind: kv-read, through: dc1, rate: 5}
              b: {kind: kv-read, through: dc1, rate: 5}
            """
        let topology = try TopologyReader.read(try YAMLText.read(text))
        func record(_ name: String, _ times: [Int]) throws {
            var record = LoadRecord(try #require(topology.load(named: name)))
            for time in times {
                record.requests.append(
                    LoadRecord.Request(
                        isWrite: false, key: "k", value: nil, begun: .zero, ended: .milliseconds(time),
                        outcome: time < 1000 ? .succeeded : .refused))
            }
            scripted.view.loads[name] = record
        }
        func reason(_ percentile: Int, _ limit: TopologyExpectation.LatencyLimit) -> String? {
            self.reason(.latency(load: "b", percentile: percentile, atMost: limit, over: nil), scripted)
        }
        #expect(reason(99, .time(.milliseconds(1))) == "the load b does not run")
        try record("b", Array(1...100) + [5000])
        #expect(reason(50, .time(.milliseconds(51))) == nil)
        #expect(reason(50, .time(.milliseconds(50))) == "p50 51.0 ms of 100")
        #expect(reason(99, .times(2, of: "a")) == "the load a does not run")
        try record("a", [2000])
        #expect(reason(99, .times(2, of: "a")) == "no request of a has succeeded")
        try record("a", [50, 10])
        #expect(reason(99, .times(2, of: "a")) == nil)
        #expect(reason(99, .times(1.99, of: "a")) == "p99 100.0 ms of 100, a: 50.0 ms of 2")
    }

    @Test("Members are counted by status, the others are named")
    func members() throws {
        let kind = TopologyExpectation.Kind.members(count: 2, isWAN: true, status: "alive", from: .named("dc1-s1"))
        let body = #"[{"Name":"a.dc1","Status":1},{"Name":"b.dc1","Status":4},{"Name":"c.dc2","Status":1}]"#
        #expect(reason(kind, try view(["dc1-s1 /v1/agent/members?wan=1": (200, body)])) == nil)
        let three = TopologyExpectation.Kind.members(count: 3, isWAN: true, status: "alive", from: .named("dc1-s1"))
        #expect(
            reason(three, try view(["dc1-s1 /v1/agent/members?wan=1": (200, body)]))
                == "dc1-s1: 2 members are alive; b.dc1 failed")
    }

    @Test("Passing instances are exactly those")
    func instances() throws {
        let kind = TopologyExpectation.Kind.instances(
            ["w1"], service: "web", datacenter: "dc1", from: .named("dc2-s1"), by: [.http])
        let target = "dc2-s1 /v1/health/service/web?dc=dc1&passing"
        #expect(reason(kind, try view([target: (200, #"[{"Service":{"ID":"w1"}}]"#)])) == nil)
        #expect(reason(kind, try view([target: (200, "[]")])) == "dc2-s1 by http: none instead of w1")
        #expect(reason(kind, try view([target: (500, "No path")]))?.contains("answers 500 No path") == true)
    }

    @Test("Keys are there with their value, or absent")
    func keys() throws {
        let there = TopologyExpectation.Kind.key(
            "a/b", value: "hi", from: .named("dc1-s1"), datacenter: "", mode: .stale)
        let absent = TopologyExpectation.Kind.key(
            "a/b", value: nil, from: .named("dc1-s1"), datacenter: "", mode: .stale)
        let found = try view(["dc1-s1 /v1/kv/a/b?stale": (200, #"[{"Key":"a/b","Value":"aGk="}]"#)])
        let missing = try view(["dc1-s1 /v1/kv/a/b?stale": (404, "")])
        #expect(reason(there, found) == nil)
        #expect(reason(absent, missing) == nil)
        #expect(reason(there, missing) == "dc1-s1: /v1/kv/a/b?stale does not exist")
        #expect(reason(absent, found) == "dc1-s1: /v1/kv/a/b?stale is \"hi\"")
    }

    @Test("A verdict is one of the words, with its evidence")
    func verdicts() throws {
        let kind = TopologyExpectation.Kind.verdict(
            of: "dc2", isOneOf: ["unreachable", "left"], scope: .here, from: .named("dc1-s1"))
        let body = { (word: String) in #"[{"Datacenter":"dc2","Verdict":"\#(word)","Reason":"why"}]"# }
        let target = "dc1-s1 /v1/federation/datacenters"
        #expect(reason(kind, try view([target: (200, body("unreachable"))])) == nil)
        #expect(reason(kind, try view([target: (200, body("up"))])) == "dc1-s1: dc2 is up (why)")
        #expect(reason(kind, try view([target: (200, "[]")])) == "dc1-s1 does not know dc2")
    }

    @Test("A refusal is an error whose text or label says it")
    func refusals() throws {
        let kind = TopologyExpectation.Kind.refused(
            path: "/x?dc=dc2", from: .named("dc1-s1"), fasterThan: .seconds(1), says: "unreachable")
        #expect(reason(kind, try view(["dc1-s1 /x?dc=dc2": (500, "unreachable|Remote DC has no server")])) == nil)
        #expect(reason(kind, try view(["dc1-s1 /x?dc=dc2": (500, "dc2 is unreachable")])) == nil)
        let other = reason(kind, try view(["dc1-s1 /x?dc=dc2": (500, "No path")]))
        #expect(other?.hasSuffix("without \"unreachable\"") == true)
        #expect(reason(kind, try view(["dc1-s1 /x?dc=dc2": (200, "[]")])) == "dc1-s1: /x?dc=dc2 answers 200")
        #expect(reason(kind, try view([:])) == "dc1-s1: refused")
    }

    @Test("Caught up is the same keys as the leader's")
    func caughtUp() throws {
        let leader = (200, "\"127.1.2.2:8300\"")
        var answers = [
            "dc1-s1 /v1/status/leader": leader, "dc1-s2 /v1/status/leader": leader,
            "dc1-s2 /v1/kv/?recurse&consistent": (200, #"[{"Key":"a"}]"#), "dc1-s1 /v1/kv/?recurse&stale": (404, ""),
        ]
        let kind = TopologyExpectation.Kind.caughtUp(.named("dc1-s1"))
        #expect(reason(kind, try view(answers)) == "dc1-s1 holds 0 keys, the leader dc1-s2 1, or other values")
        answers["dc1-s1 /v1/kv/?recurse&stale"] = (200, #"[{"Key":"a"}]"#)
        #expect(reason(kind, try view(answers)) == nil)
    }

    @Test("Nobody who does not run is asked")
    func stopped() throws {
        let kind = TopologyExpectation.Kind.members(count: 0, isWAN: false, status: "alive", from: .datacenter("dc2"))
        #expect(reason(kind, try view([:], running: ["dc1-s1"])) == "none of dc2 runs")
        #expect(reason(.stopped(.everything), try view([:])) == nil)
        #expect(reason(.writes(load: "l"), try view([:])) == "the load l does not run")
    }
}
