import FederationModel
import GossipCore
import ServerCore
import Simulation
import Testing
import WireFormat

@Suite("Gossip keys, consul-rpc.md 4.9")
struct KeyringTests {
    static let first = [UInt8](repeating: 1, count: 16)
    static let second = [UInt8](repeating: 2, count: 32)

    /// Two datacenters of three and one servers, the first with a client agent.
    private static func federation() -> (Scenario, [Int], client: Int) {
        let scenario = Scenario()
        scenario.gossipKey = first
        let servers = scenario.addServers(3)
        let remote = scenario.add(2, 1, bootstrap: .alone, federating: [1])
        scenario.world.start(remote)
        let client = scenario.add(1, 9, isServer: false, bootstrap: .never)
        scenario.world.start(client)
        _ = scenario.awaitLeader(among: servers)
        _ = scenario.run(atMost: .seconds(60)) {
            $0.stat("serf_wan", "members", at: servers[0]) == "4" && $0.get("x", in: "dc2", at: servers[0]) == nil
                && $0.stat("serf_lan", "members", at: servers[1]) == "4"
        }
        scenario.run(for: .seconds(10))
        return (scenario, servers + [remote], client)
    }

    private static func request(
        _ operation: String, _ key: [UInt8] = [], localOnly: Bool = false, relayFactor: UInt64 = 0
    ) -> Request {
        .internalKeyringOperation(
            KeyringRequest(
                operation: operation, key: Base64.encode(key), relayFactor: relayFactor, localOnly: localOnly))
    }

    private static func responses(_ answer: Result<Response, FederationError>?) -> [KeyringResponse] {
        guard case .success(.keyring(let body))? = answer else {
            Issue.record("\(String(describing: answer))")
            return []
        }
        return body.responses ?? []
    }

    private static func ring(_ channel: Channel, of host: Int, in scenario: Scenario) -> [[UInt8]]? {
        scenario.world.file(ServerCore.keyringName(channel), of: host).flatMap { KeyringFile.decode($0) }
    }

    @Test("A key is rotated in every pool of the federation, saved by each agent, and stronger than -encrypt")
    func rotation() {
        let (scenario, servers, client) = Self.federation()
        let one = Base64.encode(Self.first)
        let two = Base64.encode(Self.second)
        for host in servers + [client] { #expect(Self.ring(.lan, of: host, in: scenario) == [Self.first]) }
        let listed = Self.responses(scenario.ask(Self.request("list", relayFactor: 2), at: servers[0]))
        #expect(listed.map(\.wan) == [true, false, false])
        #expect(listed.map(\.datacenter) == ["dc1", "dc1", "dc2"])
        #expect(listed.map(\.numNodes) == [4, 4, 1])
        #expect(listed.map(\.keys) == [[one: 4], [one: 4], [one: 1]])
        #expect(listed.map(\.primaryKeys) == [[one: 4], [one: 4], [one: 1]])
        #expect(Self.responses(scenario.ask(Self.request("list", localOnly: true), at: servers[0])).count == 1)

        for (operation, key) in [("install", Self.second), ("use", Self.second), ("remove", Self.first)] {
            // Two others bring each answer, too: one in a hundred rotations loses one on its way.
            let answers = Self.responses(scenario.ask(Self.request(operation, key, relayFactor: 2), at: servers[0]))
            #expect(answers.count == 3 && answers.allSatisfy { $0.error.isEmpty }, "\(operation): \(answers)")
        }
        let rotated = Self.responses(scenario.ask(Self.request("list"), at: servers[3]))
        #expect(rotated.map(\.keys) == [[two: 4], [two: 1], [two: 4]])
        for host in servers { #expect(Self.ring(.wan, of: host, in: scenario) == [Self.second]) }
        #expect(Self.ring(.wan, of: client, in: scenario) == nil)

        // It is told the first key again, and comes back by the second.
        scenario.world.kill(servers[1])
        scenario.world.kill(client)
        scenario.run(for: .seconds(1))
        scenario.world.start(servers[1])
        scenario.world.start(client)
        scenario.run(for: .seconds(20))
        let restarted = Self.responses(scenario.ask(Self.request("list"), at: servers[1]))
        #expect(restarted.map(\.keys) == [[two: 4], [two: 4], [two: 1]])
        #expect(scenario.world.lines.contains { $0.contains("the saved keyring is used, not -encrypt") })
    }

    @Test("What cannot be done says who refused and why")
    func refusals() {
        let (scenario, servers, client) = Self.federation()
        let removed = Self.responses(scenario.ask(Self.request("remove", Self.first), at: servers[0]))
        #expect(removed.map(\.error) == [4, 4, 1].map { "\($0)/\($0) nodes reported failure" })
        #expect(removed.last?.messages == ["dc2-s1": "Removing the primary key is not allowed"])
        for (request, text) in [
            (Self.request("rotate"), "Invalid keyring operation \"rotate\""),
            (
                Self.request("install", Self.second, localOnly: true),
                "argument error: LocalOnly can only be used for List operations"
            ),
        ] { #expect(scenario.ask(request, at: servers[0]) == .failure(.badRequest(text))) }
        let noKey = Request.internalKeyringOperation(KeyringRequest(operation: "use", key: "YWJj*mRl"))
        let refused = Self.responses(scenario.ask(noKey, at: servers[0]))
        #expect(refused.map(\.error) == [String](repeating: "illegal base64 data at input byte 4", count: 3))
        #expect(
            scenario.ask(Self.request("list"), at: client)
                == .failure(.remote("keyring operations must run against a server node")))

        // A member that does not answer is counted, at the end of the query.
        scenario.world.freeze(client)
        let silent = Self.responses(scenario.ask(Self.request("list", localOnly: true), at: servers[0]))
        #expect(silent.map(\.error) == ["3/4 nodes reported success"])
        scenario.world.resume(client)

        // A datacenter that cannot be asked fails the whole call.
        scenario.world.freeze(servers[3])
        scenario.run(for: .seconds(10))
        guard case .failure(let error)? = scenario.ask(Self.request("list"), at: servers[0]) else {
            Issue.record("a list without dc2")
            return
        }
        #expect(error == .frozen(datacenter: "dc2"))
    }

    @Test("Without keys there is nothing to list")
    func plain() {
        let scenario = Scenario()
        let server = scenario.add(1, 1, bootstrap: .alone)
        scenario.world.start(server)
        let answers = Self.responses(scenario.ask(Self.request("list"), at: server))
        #expect(answers.map(\.error) == ["1/1 nodes reported failure", "1/1 nodes reported failure"])
        #expect(Self.ring(.lan, of: server, in: scenario) == nil)
    }
}
