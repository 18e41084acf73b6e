import Determinism
import FederationModel
import GossipCore
import SerfCore

/// Pools joined by a network of values: everything follows from the seed.
struct TestNetwork {
    private enum Arrival {
        case input(Int, PoolInput)
        /// The connection attempt reaches the other end.
        case attempt(Int, StreamID, to: Endpoint)
    }

    private struct Side: Hashable {
        var node: Int
        var stream: StreamID
    }

    var pools: [SerfPool] = []
    var events: [[PoolEvent]] = []
    var joined: [[(count: Int, errors: [String])]] = []
    var logs: [[LogLine]] = []
    var snapshots: [[UInt8]] = []
    var keyrings: [[[UInt8]]] = []
    var hasLeft: [Bool] = []
    /// Neither sends nor receives nor thinks.
    var stopped: Set<Int> = []
    /// Pairs that do not hear each other.
    var cut: Set<[Int]> = []
    /// Whose datagrams are lost while streams work.
    var withoutDatagrams: Set<Int> = []
    var loss = 0.0
    var now = Instant.zero
    var datagramCount = 0
    /// Streams that each node has dialled.
    var dialCounts: [Int: Int] = [:]
    private var arrivals = DeadlineQueue<Arrival>()
    private var partners: [Side: Side] = [:]
    private var nextAccepted: UInt64 = 1
    private var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    static func endpoint(_ index: Int) -> Endpoint { Endpoint(IPAddress(127, 0, 1, UInt8(index + 1)), 8301) }

    /// - Returns: the node's index.
    @discardableResult
    mutating func add(
        _ name: String, tags: [String: String] = [:], _ change: (inout SerfConfiguration) -> Void = { _ in }
    ) -> Int {
        var configuration = SerfConfiguration.lan(name: name, endpoint: Self.endpoint(pools.count), tags: tags)
        configuration.snapshot = []
        change(&configuration)
        pools.append(SerfPool(configuration, now: now, random: random.split()))
        events.append([])
        joined.append([])
        logs.append([])
        snapshots.append([])
        keyrings.append([])
        hasLeft.append(false)
        return pools.count - 1
    }

    /// The same node again, with what its snapshot holds.
    mutating func restart(_ index: Int) {
        var configuration = pools[index].configuration
        configuration.snapshot = snapshots[index]
        pools[index] = SerfPool(configuration, now: now, random: random.split())
        events[index] = []
        hasLeft[index] = false
        stopped.remove(index)
        partners = partners.filter { $0.key.node != index && $0.value.node != index }
    }

    mutating func give(_ input: PoolInput, to index: Int) {
        var effects: [PoolEffect] = []
        pools[index].handle(input, at: now, into: &effects)
        perform(effects, of: index)
    }

    mutating func join(_ index: Int, _ others: [Int], ignoreOldEvents: Bool = false) {
        let id = JoinID(UInt64(joined[index].count) + 1000 * UInt64(index + 1) + UInt64(now.nanoseconds))
        give(.join(id, others.map(Self.endpoint), ignoreOldEvents: ignoreOldEvents), to: index)
    }

    mutating func run(for duration: Duration) { run(until: now + duration) }

    mutating func run(until end: Instant) {
        while true {
            var due = arrivals.nextDeadline
            for index in pools.indices where !stopped.contains(index) { due = min(due, pools[index].nextDeadline) }
            guard due <= end else { break }
            now = max(now, due)
            while let arrival = arrivals.popDue(at: now) { deliver(arrival) }
            for index in pools.indices where !stopped.contains(index) && pools[index].nextDeadline <= now {
                var effects: [PoolEffect] = []
                pools[index].advance(to: now, into: &effects)
                perform(effects, of: index)
            }
        }
        now = end
    }

    private func hears(_ one: Int, _ other: Int) -> Bool {
        !stopped.contains(one) && !stopped.contains(other) && !cut.contains([min(one, other), max(one, other)])
    }

    private func index(of endpoint: Endpoint) -> Int? {
        pools.indices.last { pools[$0].configuration.endpoint == endpoint }
    }

    private mutating func deliver(_ arrival: Arrival) {
        switch arrival {
        case .input(let index, let input):
            guard !stopped.contains(index) else { return }
            give(input, to: index)
        case .attempt(let dialler, let stream, let endpoint):
            dialCounts[dialler, default: 0] += 1
            guard let target = index(of: endpoint), hears(dialler, target), !hasLeft[target] else { return }
            let accepted = StreamID(stream.channel, nextAccepted)
            nextAccepted += 2
            partners[Side(node: dialler, stream: stream)] = Side(node: target, stream: accepted)
            partners[Side(node: target, stream: accepted)] = Side(node: dialler, stream: stream)
            give(.accepted(accepted, from: Self.endpoint(dialler)), to: target)
            give(.connected(stream), to: dialler)
        }
    }

    private mutating func perform(_ effects: [PoolEffect], of index: Int) {
        let hop = Duration.milliseconds(1)
        for effect in effects {
            switch effect {
            case .datagram(let endpoint, let bytes):
                datagramCount += 1
                guard let target = self.index(of: endpoint), hears(index, target), !random.chance(loss),
                    !withoutDatagrams.contains(index), !withoutDatagrams.contains(target)
                else { continue }
                let delay = random.duration(in: .microseconds(200)..<hop)
                arrivals.add(
                    .input(target, .datagram(from: pools[index].configuration.endpoint, bytes)), due: now + delay)
            case .connect(let stream, let endpoint, let timeout):
                arrivals.add(.attempt(index, stream, to: endpoint), due: now + hop)
                arrivals.add(.input(index, .connectFailed(stream, "no route")), due: now + timeout)
                if self.index(of: endpoint) == nil {
                    arrivals.add(.input(index, .connectFailed(stream, "connection refused")), due: now + hop)
                }
            case .write(let stream, let bytes):
                guard let partner = partners[Side(node: index, stream: stream)], hears(index, partner.node) else {
                    continue
                }
                // In two pieces, so that readers have to wait.
                let middle = bytes.count / 2
                for piece in [Array(bytes[..<middle]), Array(bytes[middle...])] {
                    arrivals.add(.input(partner.node, .received(partner.stream, piece)), due: now + hop)
                }
            case .close(let stream):
                guard let partner = partners.removeValue(forKey: Side(node: index, stream: stream)) else { continue }
                partners[partner] = nil
                arrivals.add(.input(partner.node, .closed(partner.stream)), due: now + hop)
            case .event(let event): events[index].append(event)
            case .joined(_, let count, let errors): joined[index].append((count, errors))
            case .left: hasLeft[index] = true
            case .appendSnapshot(let bytes): snapshots[index] += bytes
            case .replaceSnapshot(let bytes): snapshots[index] = bytes
            case .saveKeyring(let keys): keyrings[index] = keys
            case .log(let line): logs[index].append(line)
            }
        }
    }

    /// `name:status` of every member `index` knows.
    func view(_ index: Int) -> [String] { pools[index].members.map { "\($0.name):\($0.status.label)" } }

    func status(of name: String, at index: Int) -> PoolMember.Status? { pools[index].member(name)?.status }
}

enum StreamIDs {
    static func odd(_ number: Int) -> StreamID { StreamID(.lan, UInt64(2_000_001 + 2 * number)) }
}
