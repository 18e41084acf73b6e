import Determinism
import FederationModel
import GossipCore
import GossipVectors
import SerfCore
import Testing
import WireFormat

@Suite("Who may be in a pool")
struct PoolRuleTests {
    static func server(_ datacenter: String, id: String = "") -> [String: String] {
        var tags = ServerTags()
        tags.datacenter = datacenter
        tags.id = id
        tags.isthmusProtocol = 1
        tags.clusterPrefix = "0123abcd"
        return tags.tags
    }

    static func lan(_ datacenter: String = "dc1", id: String) -> (inout SerfConfiguration) -> Void {
        { $0.mergeRule = .lan(datacenter: datacenter, segment: "", nodeID: id, refusesForeignServers: true) }
    }

    /// A pool of two good servers, and a third node that tries to join it.
    static func third(_ name: String, tags: [String: String], rule: MergeRule? = nil) -> TestNetwork {
        var network = TestNetwork(seed: 3)
        network.add("s1", tags: server("dc1", id: "id-1"), lan(id: "id-1"))
        network.add("s2", tags: server("dc1", id: "id-2"), lan(id: "id-2"))
        network.add(name, tags: tags) { $0.mergeRule = rule }
        network.join(1, [0])
        network.run(for: .seconds(2))
        network.join(2, [0])
        network.run(for: .seconds(10))
        return network
    }

    static let refused: [(String, [String: String], String)] = [
        (
            "s3", server("dc2", id: "id-3"),
            "Member 's3' (127.0.1.3:8301) part of wrong datacenter 'dc2'; 's1' (127.0.1.1:8301) is in 'dc1'"
        ),
        (
            "s3", server("dc1", id: "id-1"),
            "Member 's3' (127.0.1.3:8301) has conflicting node ID 'id-1' with this agent 's1' (127.0.1.1:8301)"
        ),
        (
            "s3", ["role": "consul", "dc": "dc1", "port": "1", "vsn": "2", "build": "1.8.7:"],
            "Member 's3' (127.0.1.3:8301) is a server without ft_isthmus and cannot be in the peer set of 's1'"
        ),
        ("s3", ["role": "node", "dc": "dc1", "segment": "a"], "Member 's3' part of wrong segment 'a'; 's1' is in ''"),
    ]

    @Test("LAN: refused, with both sides named", arguments: refused)
    func lanRefusal(name: String, tags: [String: String], reason: String) {
        let network = Self.third(name, tags: tags)
        #expect(network.view(0) == ["s1:alive", "s2:alive"])
        #expect(network.view(1) == ["s1:alive", "s2:alive"])
        let told = network.logs[0].flatMap { $0.values.filter { $0.key == "gossip.reason" }.map(\.value) }
        #expect(told.contains(reason))
    }

    @Test("LAN: a real client agent is welcome")
    func client() {
        let network = Self.third("c1", tags: ServerTags.client(datacenter: "dc1", segment: "", id: "id-9"))
        for index in 0..<3 { #expect(network.view(index) == ["c1:alive", "s1:alive", "s2:alive"]) }
    }

    @Test("the joiner too refuses a pool that is not its own")
    func joiner() {
        let network = Self.third(
            "s3", tags: Self.server("dc2", id: "id-3"), rule: .lan(datacenter: "dc2", segment: "", nodeID: "id-3"))
        #expect(network.view(2) == ["s3:alive"])
        #expect(network.joined[2].first?.count == 0)
        #expect(network.joined[2].first?.errors.first?.contains("part of wrong datacenter 'dc1'") == true)
    }

    @Test("the holder of a name keeps it, and both are named")
    func name() {
        let network = Self.third("s2", tags: Self.server("dc1", id: "id-7"))
        #expect(network.pools[0].member("s2")?.endpoint == TestNetwork.endpoint(1))
        #expect(
            network.logs[0].contains { line in
                line.level == .warning && line.values.contains { $0.value == "127.0.1.2:8301" }
                    && line.values.contains { $0.value == "127.0.1.3:8301" }
            })
    }

    @Test("the joiner learns that its name is taken, and by whom")
    func takenName() {
        let network = Self.third("s2", tags: Self.server("dc1", id: "id-7"), rule: .lan(
            datacenter: "dc1", segment: "", nodeID: "id-7"))
        let holders = network.events[2].compactMap { event -> PoolMember? in
            if case .nameTaken(let holder) = event { holder } else { nil }
        }
        #expect(holders.map(\.endpoint) == [TestNetwork.endpoint(1)] && holders.first?.tags["id"] == "id-2")
        #expect(network.joined[2].first?.count == 0)
        #expect(network.view(2) == ["s2:alive"])
    }

    @Test("the same node at another address is not taken for another one")
    func movedNode() {
        let network = Self.third("s2", tags: Self.server("dc1", id: "id-2"), rule: .lan(
            datacenter: "dc1", segment: "", nodeID: "id-2"))
        #expect(!network.events[2].contains { if case .nameTaken = $0 { true } else { false } })
    }

    @Test("WAN: servers only")
    func wan() {
        var network = TestNetwork(seed: 3)
        network.add("s1.dc1", tags: Self.server("dc1")) { $0.mergeRule = .wan }
        network.add("s1.dc2", tags: Self.server("dc2")) { $0.mergeRule = .wan }
        network.add("c1.dc3", tags: ["role": "node", "dc": "dc3"])
        network.join(1, [0])
        network.run(for: .seconds(1))
        network.join(2, [0])
        network.run(for: .seconds(5))
        #expect(network.view(0) == ["s1.dc1:alive", "s1.dc2:alive"])
        #expect(network.logs[0].contains { $0.values.contains { $0.value == "Member 'c1.dc3' is not a server" } })
    }

    @Test("6.2: server tags")
    func serverTags() throws {
        var member = PoolMember(
            name: "s1.dc1", endpoint: TestNetwork.endpoint(0),
            tags: [
                "acls": "0", "bootstrap": "1", "build": "1.8.7:", "dc": "dc1", "ft_fs": "1",
                "id": "0ed62c1f-6fe5-e1a1-9899-aaf94433f1aa", "port": "8300", "raft_vsn": "3", "role": "consul",
                "segment": "", "vsn": "2", "vsn_max": "3", "vsn_min": "2",
            ])
        let tags = try #require(ServerTags(member: member))
        #expect(tags.tags == member.tags)
        #expect(tags.nodeName == "s1" && tags.endpoint?.description == "127.0.1.1:8300")
        #expect(tags.isBootstrap && tags.isthmusProtocol == nil && tags.features == ["fs": 1])
        for (key, value) in [
            ("role", "node"), ("port", "x"), ("port", "70000"), ("vsn", ""), ("build", "dev"), ("expect", "many"),
            ("ft_x", "y"), ("wan_join_port", "-1"), ("raft_vsn", "q"), ("sl_a", "nowhere"),
        ] {
            member.tags[key] = value
            #expect(ServerTags(member: member) == nil)
            member.tags = tags.tags
        }
        let ours = Self.server("dc1", id: "x")
        member.tags = ours
        #expect(ServerTags(member: member)?.tags == ours)
        #expect(ServerTags(member: member)?.isthmusProtocol == 1)
    }
}

@Suite("Encrypted pools, with a stand-in for the cipher")
struct EncryptedPoolTests {
    static let key = [UInt8](repeating: 3, count: 16)
    static let other = [UInt8](repeating: 4, count: 16)

    static func keyed(_ keys: [[UInt8]]) -> (inout SerfConfiguration) -> Void {
        {
            $0.keyring = try? Keyring(keys)
            $0.cipher = ToyCipher()
        }
    }

    @Test("members with the key meet, others stay out")
    func keys() {
        var network = PoolTests.pool(3, seed: 1, Self.keyed([Self.key]))
        #expect(network.view(2) == PoolTests.alive(3))
        network.add("plain")
        network.add("wrong", tags: [:], Self.keyed([Self.other]))
        network.join(3, [0])
        network.join(4, [0])
        network.run(for: .seconds(5))
        #expect(network.view(0) == PoolTests.alive(3))
        // The keyless cannot even read the refusal; the wrongly keyed cannot either.
        #expect(network.joined[3].map(\.count) == [0] && network.joined[4].map(\.count) == [0])
        network.stopped.insert(2)
        network.run(for: .seconds(20))
        #expect(network.status(of: "n2", at: 0) == .failed)
    }

    @Test("a key is rotated: install, use, remove, list")
    func rotation() throws {
        var network = PoolTests.pool(3, seed: 1, Self.keyed([Self.key]))
        var answers: [[KeyResponse]] = []
        for (name, key) in [("install", Self.other), ("use", Self.other), ("remove", Self.key), ("list", [])]
            as [(String, [UInt8])]
        {
            var request = KeyQuery()
            request.key = key
            let verb = name == "list" ? "_serf_list-keys" : "_serf_\(name)-key"
            network.give(.query(QueryID(1), PoolQuery(name: verb, payload: [7] + request.encoded)), to: 0)
            let before = network.events[0].count
            network.run(for: .seconds(4))
            answers.append(
                try network.events[0][max(0, before - 1)...].compactMap { event -> KeyResponse? in
                    guard case .queryAnswered(_, _, let payload) = event else { return nil }
                    return try KeyResponse(decoding: Array(payload.dropFirst()))
                })
            network.events[0] = []
        }
        for answer in answers { #expect(answer.count == 3 && answer.allSatisfy(\.isDone)) }
        #expect(answers.last?.allSatisfy { $0.keys == [Base64.encode(Self.other)] } == true)
        for index in 0..<3 { #expect(network.keyrings[index] == [Self.other]) }
        #expect(network.view(1) == PoolTests.alive(3))
    }

    @Test("a pool without keys says so")
    func noKeys() throws {
        var network = PoolTests.pool(1, seed: 1)
        network.give(.query(QueryID(1), PoolQuery(name: "_serf_list-keys")), to: 0)
        guard case .queryAnswered(_, "n0", let payload) = network.events[0].last else {
            Issue.record("no answer")
            return
        }
        #expect(try KeyResponse(decoding: Array(payload.dropFirst())).isDone == false)
    }
}

@Suite("Snapshots, serf-gossip.md 5.12")
struct SnapshotTests {
    @Test("replay")
    func replay() {
        let text = """
            alive: a b 127.0.0.1:1
            alive: c 127.0.0.2:2
            alive: v6 [::1]:3
            not-alive: c
            clock: 7
            event-clock: 8
            query-clock: x
            # comment
            coordinate: old
            alive: torn 127.0.
            """
        let replay = SnapshotReplay(Array(text.utf8), rejoinsAfterLeave: false)
        #expect(replay.alive.mapValues(\.description) == ["a b": "127.0.0.1:1", "v6": "[::1]:3"])
        #expect(replay.clock == 7 && replay.eventClock == 8 && replay.queryClock == 0)
        let left = Array((text + "\nleave\nclock: 9\n").utf8)
        #expect(SnapshotReplay(left, rejoinsAfterLeave: false).alive.isEmpty)
        #expect(SnapshotReplay(left, rejoinsAfterLeave: false).clock == 9)
        #expect(SnapshotReplay(left, rejoinsAfterLeave: true).alive.count == 2)
    }

    @Test("clocks and events survive a restart; events are not delivered again")
    func restart() {
        var network = PoolTests.pool(3, seed: 4)
        for number in 0..<5 as Range<UInt8> { network.give(.userEvent("e", payload: [number], coalesce: false), to: 0) }
        network.run(for: .seconds(3))
        let text = String(decoding: network.snapshots[2], as: UTF8.self)
        #expect(text.contains("alive: n0 127.0.1.1:8301\n") && text.contains("event-clock: 5\n"))
        network.restart(2)
        #expect(network.pools[2].clockTime > 1)
        network.run(for: .seconds(40))
        #expect(!network.events[2].contains { if case .userEvent = $0 { true } else { false } })
        #expect(network.view(2) == PoolTests.alive(3))
    }
}
