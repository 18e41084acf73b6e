import Determinism
import FederationModel
import GossipCore
import SerfCore
import Testing

@Suite("Failed members that are heard")
struct MeetingTests {
    /// What a pool hears after `n1` has failed.
    enum Heard: String, CaseIterable {
        case ping, pingThroughAnotherAddress, gossipAboutOthers, ownRefutation, pingOfStranger, pingToAnotherNode
        case unreadable, pingAfterItLeft, pingAfterLeaving

        var asks: Bool {
            switch self {
            case .ping, .pingThroughAnotherAddress, .gossipAboutOthers, .pingToAnotherNode: true
            case .ownRefutation, .pingOfStranger, .unreadable, .pingAfterItLeft, .pingAfterLeaving: false
            }
        }
    }

    /// `n0`, and members that it was told of.
    struct Listener {
        var pool: SerfPool
        var now = Instant.zero + .seconds(1)
        var dialled: [Endpoint] = []

        init(members: Int) {
            let configuration = SerfConfiguration.lan(name: "n0", endpoint: TestNetwork.endpoint(0))
            pool = SerfPool(configuration, now: .zero, random: SeededRandom(seed: 1))
            for index in 1...members {
                hear(.alive(Self.alive(index, incarnation: 3)), from: TestNetwork.endpoint(200))
            }
        }

        static func alive(_ index: Int, incarnation: UInt32) -> Alive {
            var alive = Alive()
            alive.node = "n\(index)"
            alive.incarnation = incarnation
            alive.address = TestNetwork.endpoint(index).address.bytes
            alive.port = TestNetwork.endpoint(index).port
            alive.versions = [1, 5, 2, 2, 5, 4]
            return alive
        }

        static func ping(from index: Int, to name: String = "n0") -> GossipMessage {
            var ping = GossipPing()
            ping.sequence = 7
            ping.node = name
            ping.sourceNode = "n\(index)"
            ping.sourceAddress = TestNetwork.endpoint(index).address.bytes
            ping.sourcePort = TestNetwork.endpoint(index).port
            return .ping(ping)
        }

        mutating func give(_ input: PoolInput) {
            var effects: [PoolEffect] = []
            pool.handle(input, at: now, into: &effects)
            for case .connect(_, let endpoint, _) in effects { dialled.append(endpoint) }
        }

        mutating func hear(_ message: GossipMessage, from source: Endpoint) {
            for bytes in Datagram.pack([message.encoded]) { give(.datagram(from: source, bytes)) }
        }

        mutating func fail(_ index: Int) {
            let accusation = Accusation(incarnation: 3, node: "n\(index)", from: "n99")
            hear(.dead(accusation), from: TestNetwork.endpoint(200))
        }
    }

    @Test("what a failed member sends begins an exchange of states with it", arguments: Heard.allCases)
    func meeting(heard: Heard) {
        var listener = Listener(members: 2)
        let (endpoint, stranger) = (TestNetwork.endpoint(1), TestNetwork.endpoint(201))
        listener.fail(1)
        #expect(listener.pool.member("n1")?.status == .failed && listener.dialled.isEmpty)
        switch heard {
        case .ping: listener.hear(Listener.ping(from: 1), from: endpoint)
        case .pingThroughAnotherAddress: listener.hear(Listener.ping(from: 1), from: stranger)
        case .gossipAboutOthers:
            listener.hear(.suspect(Accusation(incarnation: 3, node: "n2", from: "n1")), from: endpoint)
        case .ownRefutation:
            listener.hear(.alive(Listener.alive(1, incarnation: 4)), from: endpoint)
            #expect(listener.pool.member("n1")?.status == .alive)
        case .pingOfStranger: listener.hear(Listener.ping(from: 201), from: stranger)
        case .pingToAnotherNode: listener.hear(Listener.ping(from: 1, to: "n2"), from: endpoint)
        case .unreadable: listener.give(.datagram(from: endpoint, [0xFF, 1, 2]))
        case .pingAfterItLeft:
            listener.give(.forceLeave("n1", prune: false))
            #expect(listener.pool.member("n1")?.status == .left)
            listener.hear(Listener.ping(from: 1), from: endpoint)
        case .pingAfterLeaving:
            listener.give(.leave)
            listener.hear(Listener.ping(from: 1), from: endpoint)
        }
        #expect(listener.dialled == (heard.asks ? [endpoint] : []))
    }

    @Test("a member is met once in a reconnect interval, however much it says")
    func often() {
        var listener = Listener(members: 1)
        listener.fail(1)
        for minute in 1...3 {
            for _ in 0..<50 {
                listener.hear(Listener.ping(from: 1), from: TestNetwork.endpoint(1))
                listener.now += .milliseconds(500)
            }
            #expect(listener.dialled.count == minute)
            listener.now += .seconds(5)
        }
    }

    @Test("few are met at once")
    func many() {
        var listener = Listener(members: 20)
        for index in 1...20 { listener.fail(index) }
        for index in 1...20 { listener.hear(Listener.ping(from: index), from: TestNetwork.endpoint(index)) }
        #expect(listener.dialled == (1...8).map(TestNetwork.endpoint))
    }

    @Test("who missed a refutation learns of it from the member itself", arguments: [1, 2, 3] as [UInt64])
    func refutationMissed(seed: UInt64) {
        // Serf's own reconnect is an hour away, and so is the push/pull with others.
        var network = PoolTests.pool(5, seed: seed) {
            $0.reconnectInterval = .seconds(3600)
            $0.timings.pushPullInterval = .seconds(3600)
        }
        // The fourth hears of its death at once and refutes, again and again, and this one misses all of it.
        for _ in 0..<3 {
            for accused in [1, 3] {
                let incarnation = network.pools[3].memberlist.nodes["n3"]?.incarnation ?? 0
                let accusation = GossipMessage.dead(Accusation(incarnation: incarnation, node: "n3", from: "n9"))
                for bytes in Datagram.pack([accusation.encoded]) {
                    network.give(.datagram(from: TestNetwork.endpoint(1), bytes), to: accused)
                }
            }
            network.stopped = [0]
            network.run(for: .seconds(3))
            network.stopped = []
        }
        let incarnation = network.pools[0].memberlist.nodes["n3"]?.incarnation ?? 0
        let accusation = GossipMessage.dead(Accusation(incarnation: incarnation, node: "n3", from: "n9"))
        for bytes in Datagram.pack([accusation.encoded]) {
            network.give(.datagram(from: TestNetwork.endpoint(1), bytes), to: 0)
        }
        #expect(network.status(of: "n3", at: 0) == .failed)
        #expect((network.pools[3].memberlist.nodes["n3"]?.incarnation ?? 0) > incarnation)
        // Each member is probed once in five rounds.
        network.run(for: .seconds(6))
        for index in 0..<5 { #expect(network.view(index) == PoolTests.alive(5), "seed \(seed), n\(index)") }
    }
}
