import Determinism
package import FederationModel

/// Datagrams out, with what is queued riding along (`wire/serf-gossip.md` 1.1, 4.5, 4.6).
extension Memberlist {
    /// Type byte and count of a compound, and the length of one part.
    private static let compoundOverhead = 2
    private static let partOverhead = 2

    var hasBroadcasts: Bool {
        for queue in queues.indices where !queues[queue].isEmpty { return true }
        return false
    }

    /// Messages of one kind that still go round.
    package func count(in queue: Queue) -> Int { queues[queue.rawValue].count }

    /// Messages that still go round, and the most there can be. Mutating, so that it is asked where it stands.
    package mutating func findQueued() -> (count: Int, limit: Int) {
        var count = 0
        for queue in queues.indices { count += queues[queue].count }
        return (count, Self.maxNodes + (queues.count - 1) * Self.maxQueuedMessages)
    }

    /// Queues a message to be passed on. A message longer than a datagram has room for would never leave and is
    /// dropped.
    /// - Parameter weight: sent so many times as often as others.
    package mutating func broadcast(
        _ message: GossipMessage, name: String? = nil, on queue: Queue, token: UInt64? = nil, weight: Int = 1,
        into outputs: inout [MemberlistOutput]
    ) {
        let bytes = message.encoded
        guard bytes.count <= datagramRoom - Self.partOverhead else {
            outputs.append(
                .log(LogLine(.warning, "gossip message too long to send", ["gossip.bytes": "\(bytes.count)"])))
            if let token { outputs.append(.broadcastFinished(token)) }
            return
        }
        let finished = queues[queue.rawValue].add(.init(name: name, message: bytes, token: token, weight: weight))
        for token in finished { outputs.append(.broadcastFinished(token)) }
    }

    private var datagramRoom: Int { timings.maxDatagramBytes - Self.compoundOverhead - security.overhead }

    private mutating func takeBroadcasts(room: Int, into outputs: inout [MemberlistOutput]) -> [[UInt8]] {
        var room = room
        var messages: [[UInt8]] = []
        var finished: [UInt64] = []
        let limit = timings.transmitLimit(nodeCount: nodes.count)
        for queue in Queue.allCases {
            queues[queue.rawValue].take(
                room: &room, overhead: Self.partOverhead, transmitLimit: limit, into: &messages, finished: &finished)
        }
        for token in finished { outputs.append(.broadcastFinished(token)) }
        return messages
    }

    /// A message with what else fits.
    mutating func send(_ message: GossipMessage, to endpoint: Endpoint, into outputs: inout [MemberlistOutput]) {
        let bytes = message.encoded
        let riders = takeBroadcasts(room: datagramRoom - bytes.count, into: &outputs)
        emit([bytes] + riders, to: endpoint, checksummed: false, into: &outputs)
    }

    /// A Serf message straight to one node, alone in its datagram.
    package func sendUser(_ message: [UInt8], to endpoint: Endpoint, into outputs: inout [MemberlistOutput]) {
        emit([GossipMessage.user(message).encoded], to: endpoint, checksummed: false, into: &outputs)
    }

    /// As many as a pool of servers has. Larger pools have few dead among many, and gossip reaches them.
    private static let maxTold = 64

    /// Straight to each member that is not known to be dead, beside what goes round. Gossip counts transmissions, not
    /// arrivals: four of them are soon spent on members that died a moment ago.
    package mutating func tellLiving(_ messages: [GossipMessage], into outputs: inout [MemberlistOutput]) {
        let name = configuration.name
        let encoded = messages.map(\.encoded)
        for target in draw(Self.maxTold, where: { !$0.state.isGone && $0.name != name }) {
            emit(encoded, to: target.endpoint, checksummed: target.takesChecksums, into: &outputs)
        }
    }

    func emit(
        _ messages: [[UInt8]], to endpoint: Endpoint, checksummed: Bool, into outputs: inout [MemberlistOutput]
    ) {
        for packed in Datagram.pack(messages) {
            var bytes = packed
            if configuration.compressesDatagrams {
                let compressed = Compressed.wrap(packed)
                if compressed.count < packed.count { bytes = compressed }
            }
            if checksummed { bytes = Datagram.checksummed(bytes) }
            guard let sealed = security.sealDatagram(bytes) else { continue }
            outputs.append(.datagram(to: endpoint, sealed))
        }
    }

    mutating func gossip(at now: Instant, into outputs: inout [MemberlistOutput]) {
        guard hasOthers, hasBroadcasts else { return }
        let name = configuration.name
        let reach = timings.gossipToTheDeadTime
        let targets = draw(timings.gossipNodeCount) { node in
            guard node.name != name else { return false }
            switch node.state {
            case .alive, .suspect: return true
            case .dead: return now - node.stateChange <= reach
            case .left: return false
            }
        }
        for target in targets {
            let messages = takeBroadcasts(room: datagramRoom, into: &outputs)
            guard !messages.isEmpty else { return }
            emit(messages, to: target.endpoint, checksummed: target.takesChecksums, into: &outputs)
        }
    }

    mutating func receive(
        datagram: [UInt8], from source: Endpoint, at now: Instant, into outputs: inout [MemberlistOutput]
    ) {
        let contents: Datagram.Contents
        do throws(GossipSecurity.Refusal) {
            contents = Datagram.read(try security.openDatagram(datagram))
        } catch {
            return drop(error.text, from: source, into: &outputs)
        }
        for message in contents.messages {
            switch message {
            case .ping(let ping): answer(ping, from: source, into: &outputs)
            case .indirectPing(let ping): relay(ping, from: source, at: now, into: &outputs)
            case .ack(let ack): acked(ack, at: now, into: &outputs)
            case .nack(let nack): nacked(nack)
            case .suspect(let accusation): apply(suspect: accusation, at: now, into: &outputs)
            case .alive(let alive): apply(alive: alive, at: now, into: &outputs)
            case .dead(let accusation): apply(dead: accusation, at: now, into: &outputs)
            case .user(let bytes): outputs.append(.user(bytes, from: source))
            }
        }
        if let problem = contents.problems.first { drop(problem, from: source, into: &outputs) }
        // Last: what was read may be the very news that the sender is alive.
        guard !missing.isEmpty, !contents.messages.isEmpty else { return }
        if let sender = missingSender(of: contents.messages, from: source) { outputs.append(.heard(from: sender)) }
    }

    /// A ping says who sent it; of anything else only the source tells.
    private func missingSender(of messages: [GossipMessage], from source: Endpoint) -> Endpoint? {
        if missing.contains(source) { return source }
        for case .ping(let ping) in messages {
            guard let named = ping.source, missing.contains(named) else { continue }
            return named
        }
        return nil
    }

    /// Counts, and tells about the 1st, 2nd, 4th, 8th …: whoever floods us must not fill the log as well.
    private mutating func drop(_ reason: String, from source: Endpoint, into outputs: inout [MemberlistOutput]) {
        droppedDatagramCount += 1
        guard droppedDatagramCount.nonzeroBitCount == 1 else { return }
        let values: KeyValuePairs = [
            "gossip.reason": reason, "net.peer": source.description, "gossip.dropped": "\(droppedDatagramCount)",
        ]
        outputs.append(.log(LogLine(.warning, "gossip datagram dropped", values)))
    }
}
