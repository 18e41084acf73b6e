import Configuration
import Foundation
import Testing
import TopologyCore
import YAMLReader

struct TopologyFileTests {
    private func read(_ text: String) throws -> Topology { try TopologyReader.read(try YAMLText.read(text)) }

    private func problems(_ text: String) -> [String] {
        do throws(TopologyError) {
            _ = try TopologyReader.read(try YAMLText.read(text))
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test(
        "Every file of Topologies is in order, for its lowest and highest parameters too",
        arguments: Repository.topologies)
    func library(file: URL) throws {
        let root = try YAMLText.read(try String(contentsOf: file, encoding: .utf8))
        #expect(TopologyCheck.problems(in: root).map(\.description) == [])
    }

    @Test("The library has at least twenty files, and they are named as they call themselves")
    func names() throws {
        #expect(Repository.topologies.count >= 20)
        for file in Repository.topologies {
            let topology = try read(try String(contentsOf: file, encoding: .utf8))
            #expect(topology.name == file.deletingPathExtension().lastPathComponent)
            #expect(!topology.about.isEmpty, "\(topology.name)")
        }
    }

    @Test("The demo has nine servers, a client agent and its steps")
    func demo() throws {
        let file = try #require(Repository.topologies.first { $0.lastPathComponent == "three-datacenters.yaml" })
        let topology = try read(try String(contentsOf: file, encoding: .utf8))
        #expect(topology.agentNames.count == 10)
        #expect(topology.datacenters.map(\.servers.count) == [3, 3, 3])
        #expect(topology.steps.count == 10)
        let kills = topology.steps.flatMap(\.actions).filter { if case .kill = $0.kind { true } else { false } }
        #expect(kills.map(\.kind) == [.kill(.leaderOf("dc1"), alias: "fallen"), .kill(.datacenter("dc3"), alias: nil)])
    }

    /// A file whose `steps` or other parts are replaced.
    private func file(
        datacenters: String = "{dc1: {servers: 3, clients: 1}, dc2: {servers: 1}}",
        producers: String = "{w1: {service: web, at: dc1-s1}}", steps: String = "[]", more: String = ""
    ) -> String {
        "name: t\ndatacenters: \(datacenters)\nproducers: \(producers)\nsteps: \(steps)\n\(more)"
    }

    struct Wrong: Sendable, CustomTestStringConvertible {
        var datacenters: String?
        var producers: String?
        var steps: String?
        var more: String?
        var expected: String
        var testDescription: String { expected }

        init(dc: String? = nil, producers: String? = nil, steps: String? = nil, more: String? = nil, _ expected: String)
        {
            (datacenters, self.producers, self.steps, self.more) = (dc, producers, steps, more)
            self.expected = expected
        }
    }

    @Test(
        "Wrong files are refused with line, column and reason",
        arguments: [
            Wrong(more: "stepps: []", "5:1: unknown key \"stepps\" (did you mean \"steps\"?)"),
            Wrong(dc: "{}", "2:14: a federation needs a datacenter"),
            Wrong(dc: "{dc1: {servers: 0, clients: 1}, dc2: {servers: 1}}", "2:30: servers: 0 is not within 1...200"),
            Wrong(dc: "{dc1: {servers: [a, a]}}", "2:15: two agents are named \"a\""),
            Wrong(dc: "{DC: {servers: 1}}", "2:15: \"DC\": datacenters are named in lower case"),
            Wrong(dc: "{dc1: {server: 3}}", "2:21: unknown key \"server\" (did you mean \"servers\"?)"),
            Wrong(
                dc: "{dc1: {servers: 1, options: {log_levl: info}}}",
                "2:43: log_levl: unknown key (did you mean \"log_level\"?)"),
            Wrong(
                dc: "{dc1: {servers: 1, options: {performance: {raft_multiplier: 0}}}}",
                "2:57: performance.raft_multiplier: 0 is not within 1...10"),
            Wrong(
                dc: "{dc1: {servers: 1, options: {data_dir: /x}}}",
                "2:43: \"data_dir\" follows from the rest of the file and cannot be set"),
            Wrong(
                producers: "{w1: {service: web, at: dc1-x1}}",
                "3:36: no agent is named \"dc1-x1\" (did you mean \"dc1-s1\"?)"),
            Wrong(producers: "{dc1-s1: {service: web, at: dc1-s1}}", "3:13: \"dc1-s1\" already means something else"),
            Wrong(
                producers: "{w1: {service: web, at: dc1-s1, by: dns}}",
                "3:48: by: \"dns\" is none of http, config, catalog"),
            Wrong(
                producers: "{w1: {service: web, at: dc1-s1, check: {interval: 1}}}",
                "3:62: expected interval, such as 5s or 500ms, found \"1\""),
            Wrong(steps: "[{name: a, do: [{strat: all}]}]", "4:25: \"strat\" is no action (did you mean \"start\"?)"),
            Wrong(steps: "[{name: a}, {name: a}]", "4:20: two steps are named \"a\""),
            Wrong(steps: "[{name: a, do: [{start: dc3}]}]", "4:32: nothing is named \"dc3\" (did you mean \"dc1\"?)"),
            Wrong(steps: "[{name: a, do: [{start: []}]}]", "4:32: names nobody"),
            Wrong(
                steps: "[{name: a, do: [{kill: boss of dc1}]}]",
                "4:31: \"boss of\" is none of servers, clients, leader, followers of"),
            Wrong(
                steps: "[{name: a, do: [{restart: fallen}, {kill: dc1, as: fallen}]}]",
                "4:34: nothing is named \"fallen\""),
            Wrong(steps: "[{name: a, do: [{register: dc1-s1}]}]", "4:35: no producer is named \"dc1-s1\""),
            Wrong(steps: "[{name: a, do: [{put: k, at: dc1-s1}]}]", "4:24: \"value\" is missing"),
            Wrong(steps: "[{name: a, do: [{finish: x}]}]", "4:33: no load \"x\" was begun before"),
            Wrong(steps: "[{name: a, do: [{load: x, through: dc1}]}]", "4:8: load \"x\" is never finished"),
            Wrong(steps: "[{name: a, do: [{wait: 2h}]}]", "4:31: a wait: 2h is not within 1ms to 1h0m0s"),
            Wrong(
                steps: "[{name: a, expect: [{leader: dc1, withn: 1s}]}]",
                "4:42: unknown key \"withn\" (did you mean \"within\"?)"),
            Wrong(
                steps: "[{name: a, expect: [{verdict: dc2, is: dead, from: dc1}]}]",
                "4:47: is: \"dead\" is none of up, degraded, leaderless, frozen, unreachable, left"),
            Wrong(
                steps: "[{name: a, expect: [{instances: w1, service: wbe, from: dc1}]}]",
                "4:40: no producer is an instance of wbe"),
            Wrong(
                steps: "[{name: a, expect: [{instances: w1, service: web, dc: dc2, from: dc1}]}]",
                "4:40: \"w1\" is registered elsewhere than in dc2"),
            Wrong(
                steps: "[{name: a, expect: [{key: k, from: dc1}]}]", "4:34: give either a value or absent: true"),
            Wrong(
                steps: "[{name: a, do: [{load: x, through: dc1}], expect: [{nothing-lost: x, from: dc1}]}]",
                "4:74: load \"x\" still runs; finish it first"),
        ])
    func wrong(wrong: Wrong) {
        let text = file(
            datacenters: wrong.datacenters ?? "{dc1: {servers: 3, clients: 1}, dc2: {servers: 1}}",
            producers: wrong.producers ?? (wrong.datacenters == nil ? "{w1: {service: web, at: dc1-s1}}" : "{}"),
            steps: wrong.steps ?? "[]", more: wrong.more ?? "")
        let found = problems(text)
        #expect(found.contains(wrong.expected), "\(found)")
    }

    @Test("All problems come at once, in the order of the lines")
    func allAtOnce() {
        let found = problems(
            file(
                producers: "{w1: {service: web, at: nobody}}",
                steps: "[{name: a, do: [{start: ghost}], expect: [{leader: dc9}]}]"))
        #expect(found.count == 3)
        #expect(found.map { $0.prefix(2) } == ["3:", "4:", "4:"])
    }

    @Test("Text that is no YAML names its place; aliases cannot blow up")
    func syntax() {
        #expect(
            problems("name: [").first?.hasPrefix("2:1:") == true || problems("name: [").first?.hasPrefix("1:") == true)
        #expect(problems("") == ["1:1: the file is empty"])
        #expect(problems("a: 1\na: 2").first?.contains("given twice: a") == true)
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            let items = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            bomb += "a\(level): &a\(level) [\(items)]\n"
        }
        #expect(problems(bomb).first?.contains("more than") == true)
    }

    @Test("The plan gives everyone an address and configurations that the agent accepts")
    func plan() throws {
        let topology = try read(
            file(
                producers:
                    "{w1: {service: web, at: dc1-s1, by: config}, w2: {service: web, at: dc2-s1, check: {kind: tcp}}}"))
        let plan = TopologyPlan(topology, network: "127.9.8", folder: "/run")
        #expect(plan.agents.map(\.address) == (1...5).map { "127.9.8.\($0)" })
        #expect(plan.producers.map(\.address) == ["127.9.8.201", "127.9.8.202"])
        for agent in plan.agents {
            var builder = ConfigurationBuilder()
            builder.apply(agent.configuration, from: agent.name)
            let configuration = try builder.finished()
            #expect(configuration.nodeName == agent.name)
            #expect(configuration.isServer == agent.isServer)
            #expect(configuration.dataDirectory == "/run/\(agent.name)")
            #expect(!configuration.leavesOnTerminate)
        }
        var first = ConfigurationBuilder()
        first.apply(plan.agents[0].configuration, from: "")
        let configuration = try first.finished()
        #expect(configuration.bootstrapExpect == 3)
        #expect(configuration.retryJoin == ["127.9.8.2", "127.9.8.3"])
        #expect(configuration.retryJoinWAN == ["127.9.8.5"])
        #expect(configuration.services.count == 1)
        #expect(plan.producers[1].apiForm["Check"]?["TCP"] == .string("127.9.8.202:8080"))
    }
}
