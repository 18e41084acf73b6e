import Configuration
import Testing
import YAMLReader

@testable import TopologyCore

struct TopologyScheduleTests {
    private func read(_ text: String) throws -> Topology { try TopologyReader.read(try YAMLText.read(text)) }

    private let head = """
        name: t
        timings: fast
        gossip_key: c2l4dGVlbiBieXRlcyBrIQ==
        duration: 2m
        datacenters: {dc1: {servers: 3, clients: 1}, dc2: {servers: 1}}

        """

    @Test("Times, conditions and periods of a schedule")
    func schedule() throws {
        let topology = try read(
            head + """
                schedule:
                  - {at: 12s, do: [{start: all}]}
                  - {when: {verdict: dc2, is: unreachable, from: dc1-s1}, do: [{heal: true}]}
                  - {every: 5s, from: 10s, until: 60s, do: [{cut: {from: dc1, to: dc2}}]}
                  - {every: 5s, do: [{heal: {from: dc1, to: dc2}}]}
                """)
        let triggers = topology.schedule.map(\.trigger)
        #expect(triggers[0] == .at(.seconds(12)))
        guard case .when(let condition) = triggers[1] else {
            Issue.record("\(triggers[1])")
            return
        }
        #expect(condition.kind == .verdict(of: "dc2", isOneOf: ["unreachable"], scope: .here, from: .named("dc1-s1")))
        #expect(triggers[2] == .every(.seconds(5), from: .seconds(10), until: .seconds(60)))
        #expect(triggers[3] == .every(.seconds(5), from: .zero, until: .seconds(120)))
        let direction = TopologyAction.Direction(from: .datacenter("dc1"), to: .datacenter("dc2"), isBothWays: false)
        #expect(topology.schedule[2].actions.map(\.kind) == [.cut(direction)])
        #expect(topology.schedule[3].actions.map(\.kind) == [.heal(direction)])
        #expect(topology.lastNamedTime == .seconds(120))
    }

    @Test("Expectations of the run")
    func expectations() throws {
        let topology = try read(
            head + """
                load: {w: {through: dc1, keys: 3}, r: {kind: kv-read, of: w, through: dc1, mode: consistent, rate: 5}}
                expect:
                  - {at: 30s, leader: all}
                  - {at: 30s, leader: dc1, within: 5s}
                  - {always: {leader: dc1}, from-time: 10s, until: 60s}
                  - {never: {leaders: 2, in: dc1}}
                  - {eventually-after-heal: {leader: all}, within: 40s}
                  - {linearizable: w}
                  - {error-rate: w, below: 0.5%, over: 10s}
                  - {latency: r, p99: 50ms}
                """)
        let times = topology.expectations.map(\.time)
        #expect(times[0] == .at(.seconds(30)))
        #expect(topology.expectations[0].expectation.within == .zero)
        #expect(topology.expectations[1].expectation.within == .seconds(5))
        #expect(times[2] == .always(from: .seconds(10), until: .seconds(60)))
        #expect(times[3] == .never(from: .zero, until: nil))
        #expect(times[4] == .eventuallyAfterHeal(within: .seconds(40)))
        #expect(times[5] == .atEnd)
        let kinds = topology.expectations.map(\.expectation.kind)
        #expect(kinds[6] == .errorRate(load: "w", below: 0.005, over: .seconds(10)))
        #expect(kinds[7] == .latency(load: "r", percentile: 99, atMost: .time(.milliseconds(50)), over: nil))
        #expect(topology.load(named: "r")?.keysOf == "w")
        #expect(topology.load(named: "w")?.keyCount == 3)
        #expect(topology.lastNamedTime == .seconds(60))
    }

    @Test("Timings and the gossip key are options, below the file's own")
    func options() throws {
        let own = head.replacing(
            "dc2: {servers: 1}", with: "dc2: {servers: 1, options: {gossip_lan: {suspicion_mult: 9}}}")
        let topology = try read(own)
        #expect(topology.datacenters[0].options["encrypt"] == .string("c2l4dGVlbiBieXRlcyBrIQ=="))
        #expect(topology.datacenters[0].options["gossip_wan"]?["probe_interval"] == .string("500ms"))
        #expect(topology.datacenters[0].options["gossip_lan"]?["suspicion_mult"] == .integer(3))
        #expect(topology.datacenters[1].options["gossip_lan"]?["suspicion_mult"] == .integer(9))
    }

    @Test("A server that is added has an address, no part in the bootstrap, and is not started before")
    func addedServers() throws {
        let topology = try read(head + "steps: [{name: a, do: [{start: all}, {add-server: dc1-s4, dc: dc1}]}]")
        #expect(topology.datacenters[0].addedServers == ["dc1-s4"])
        #expect(topology.agentNames == ["dc1-s1", "dc1-s2", "dc1-s3", "dc1-c1", "dc1-s4", "dc2-s1"])
        let plan = TopologyPlan(topology, network: "127.9.8", folder: "/run")
        let added = try #require(plan.agents.first { $0.name == "dc1-s4" })
        #expect(added.isServer)
        #expect(added.configuration["bootstrap_expect"] == nil)
        #expect(added.address == "127.9.8.5")
        #expect(plan.agents[0].configuration["bootstrap_expect"] == .integer(3))
    }

    @Test("A producer behaves as its age says")
    func behaviour() throws {
        let topology = try read(
            head + """
                producers:
                  w1:
                    service: web
                    at: dc1-c1
                    behaviour:
                      - {at: 5s, status: 500}
                      - {at: 8s, hang: true}
                      - {at: 9s, reset: true}
                      - {at: 10s, status: 200, delay: 50ms, body: ok}
                      - {from: 20s, flap: 2s}
                """)
        let producer = topology.producers[0]
        let cases: [(Int64, Topology.Behaviour.Conduct)] = [
            (0, .answer(status: 200, delay: .zero, body: nil)), (5, .answer(status: 500, delay: .zero, body: nil)),
            (8, .hang), (9, .reset), (10, .answer(status: 200, delay: .milliseconds(50), body: "ok")),
            (20, .answer(status: 503, delay: .zero, body: nil)), (22, .answer(status: 200, delay: .zero, body: nil)),
            (25, .answer(status: 503, delay: .zero, body: nil)),
        ]
        for (age, conduct) in cases { #expect(producer.conduct(at: .seconds(age)) == conduct, "at \(age)s") }
    }
}
