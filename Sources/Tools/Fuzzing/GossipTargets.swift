import Determinism
import FederationModel
import GossipCore
import SerfCore

/// Datagrams and streams of the gossip pools.
extension FuzzTarget {
    private static let other = Endpoint(IPAddress(127, 0, 9, 2), 8301)

    static func gossipTargets(_ random: inout SeededRandom, _ vectors: VectorFolder?) -> [FuzzTarget] {
        let meeting = GossipMeeting.record(random: random.split())
        let datagrams = meeting.datagrams + (vectors?.gossipDatagrams ?? [])
        let streams = meeting.streams + (vectors?.gossipStreams ?? [])
        return [
            datagramTarget(datagrams, random.split()), acceptedTarget(streams, random.split()),
            dialledTarget(streams, random.split()),
        ]
    }

    private static func datagramTarget(_ samples: [[UInt8]], _ seed: SeededRandom) -> FuzzTarget {
        var host = GossipHost(seed)
        return FuzzTarget("gossip-datagram", samples) { input, random in
            host.handle(.datagram(from: other, input))
            host.pass(&random)
        }
    }

    private static func acceptedTarget(_ samples: [[UInt8]], _ seed: SeededRandom) -> FuzzTarget {
        var host = GossipHost(seed)
        var number: UInt64 = 1
        return FuzzTarget("gossip-accepted", samples) { input, random in
            let stream = StreamID(.lan, number)
            number += 2
            host.handle(.accepted(stream, from: other))
            for piece in pieces(of: input, &random) { host.handle(.received(stream, piece)) }
            host.handle(.closed(stream))
            host.pass(&random)
        }
    }

    private static func dialledTarget(_ samples: [[UInt8]], _ seed: SeededRandom) -> FuzzTarget {
        var host = GossipHost(seed)
        var number: UInt64 = 0
        return FuzzTarget("gossip-dialled", samples) { input, random in
            number += 1
            host.dialled = nil
            host.handle(.join(JoinID(number), [other], ignoreOldEvents: Bool.random(using: &random)))
            guard let stream = host.dialled else { throw Finding("a join dials nobody") }
            host.handle(.connected(stream))
            for piece in pieces(of: input, &random) { host.handle(.received(stream, piece)) }
            host.handle(.closed(stream))
            guard host.joinedCount == number else { throw Finding("a join does not end") }
            host.pass(&random)
        }
    }
}

/// One pool whose other members are made up. Begun anew after some hundred inputs, since a pool of thousands of members
/// that never answer only takes time.
private struct GossipHost {
    private var pool: SerfPool
    private var random: SeededRandom
    private var now = Instant.zero
    private var inputCount = 0
    var dialled: StreamID?
    private(set) var joinedCount: UInt64 = 0

    init(_ random: SeededRandom) {
        var random = random
        pool = Self.pool(at: now, random.split())
        self.random = random
    }

    static func pool(at now: Instant, _ random: SeededRandom) -> SerfPool {
        var tags = ServerTags()
        tags.datacenter = "dc1"
        tags.id = "285a758a-80bf-44f8-884e-adea5faf3e75"
        tags.isthmusProtocol = 1
        var configuration = SerfConfiguration.lan(
            name: "a", endpoint: Endpoint(IPAddress(127, 0, 9, 1), 8301), tags: tags.tags)
        configuration.mergeRule = .lan(datacenter: "dc1", segment: "", nodeID: tags.id)
        configuration.snapshot = []
        return SerfPool(configuration, now: now, random: random)
    }

    mutating func handle(_ input: PoolInput) {
        var effects: [PoolEffect] = []
        pool.handle(input, at: now, into: &effects)
        take(effects)
    }

    /// A moment later. Streams that the pool dials by itself reach nobody.
    mutating func pass(_ draw: inout SeededRandom) {
        now += .milliseconds(Int.random(in: 0..<300, using: &draw))
        var effects: [PoolEffect] = []
        pool.advance(to: now, into: &effects)
        for effect in effects {
            if case .connect(let stream, _, _) = effect {
                pool.handle(.connectFailed(stream, "refused"), at: now, into: &effects)
            }
        }
        take(effects)
        inputCount += 1
        guard inputCount.isMultiple(of: 256) else { return }
        pool = Self.pool(at: now, random.split())
    }

    private mutating func take(_ effects: [PoolEffect]) {
        for effect in effects {
            switch effect {
            case .connect(let stream, _, _): dialled = stream
            case .joined: joinedCount += 1
            default: break
            }
        }
    }
}

/// Two pools that meet, talk for a while and part; everything they sent.
private enum GossipMeeting {
    static func record(random: SeededRandom) -> (datagrams: [[UInt8]], streams: [[UInt8]]) {
        var random = random
        let endpoints = [1, 2].map { Endpoint(IPAddress(127, 0, 9, $0), 8301) }
        var pools = zip(["a", "b"], endpoints).map { name, endpoint in
            var tags = ServerTags()
            tags.datacenter = "dc1"
            tags.isthmusProtocol = 1
            return SerfPool(.lan(name: name, endpoint: endpoint, tags: tags.tags), now: .zero, random: random.split())
        }
        var datagrams: [[UInt8]] = []
        var streams: [[UInt8]] = []
        var now = Instant.zero
        let accepted = StreamID(.lan, 1)
        var dialled: StreamID?
        let script: [(at: Int, PoolInput)] = [
            (0, .join(JoinID(1), [endpoints[1]], ignoreOldEvents: false)),
            (20, .userEvent("deploy", payload: Array("now".utf8), coalesce: true)),
            (30, .query(QueryID(1), PoolQuery(name: "uptime", payload: [1, 2]))), (50, .setTags(["role": "x"])),
            (80, .leave),
        ]
        for step in 0..<150 {
            now += .milliseconds(100)
            var waiting = script.filter { $0.at == step }.map { (0, $0.1) }
            for side in [0, 1] {
                var effects: [PoolEffect] = []
                pools[side].advance(to: now, into: &effects)
                waiting += inputs(effects, of: side)
            }
            while !waiting.isEmpty {
                let (side, input) = waiting.removeFirst()
                var effects: [PoolEffect] = []
                pools[side].handle(input, at: now, into: &effects)
                waiting += inputs(effects, of: side)
            }
        }
        return (datagrams, streams)

        func inputs(_ effects: [PoolEffect], of side: Int) -> [(Int, PoolInput)] {
            effects.flatMap { effect -> [(Int, PoolInput)] in
                switch effect {
                case .datagram(_, let bytes):
                    datagrams.append(bytes)
                    return [(1 - side, .datagram(from: endpoints[side], bytes))]
                case .connect(let stream, _, _):
                    guard side == 0, dialled == nil else { return [(side, .connectFailed(stream, "refused"))] }
                    dialled = stream
                    return [(1, .accepted(accepted, from: endpoints[0])), (0, .connected(stream))]
                case .write(_, let bytes):
                    streams.append(bytes)
                    guard let dialled else { return [] }
                    return [(1 - side, .received(side == 0 ? accepted : dialled, bytes))]
                default: return []
                }
            }
        }
    }
}
