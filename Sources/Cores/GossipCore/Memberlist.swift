package import Determinism
package import FederationModel

/// What reaches a memberlist from outside.
package enum MemberlistInput: Equatable, Sendable {
    case datagram(from: Endpoint, [UInt8])
    case accepted(StreamID, from: Endpoint)
    case connected(StreamID)
    case connectFailed(StreamID, String)
    case received(StreamID, [UInt8])
    case closed(StreamID)
}

/// What a memberlist wants done, and what it tells the layer above, in order.
package enum MemberlistOutput: Equatable, Sendable {
    case datagram(to: Endpoint, [UInt8])
    case connect(StreamID, to: Endpoint, timeout: Duration)
    case write(StreamID, [UInt8])
    /// After what was written has left.
    case close(StreamID)
    case joined(NodeRecord)
    case updated(NodeRecord)
    /// Dead or left: see the record's state.
    case left(NodeRecord)
    /// The name is held by a node at another address, which keeps it.
    case conflict(holder: NodeRecord, claimant: Endpoint)
    /// Said to be alive, and not let in.
    case barred(NodeRecord)
    /// While joining: a living node of another identity has our name, so the pool is not joined.
    case nameTaken(by: NodeRecord, on: StreamID)
    case user([UInt8], from: Endpoint?)
    /// A datagram that could be read came from, or named as its sender, one of `missing`.
    case heard(from: Endpoint)
    /// Wants `provideUserState`.
    case wantsUserState(StreamID, isJoin: Bool)
    case merged(userState: [UInt8], isJoin: Bool, stream: StreamID)
    case pushPullEnded(StreamID, failure: String?)
    /// A direct ack in time.
    case pinged(String, payload: [UInt8]?, roundTrip: Duration)
    case broadcastFinished(UInt64)
    case log(LogLine)
}

/// SWIM with Lifeguard as memberlist speaks it (`wire/serf-gossip.md` 3 and 4): one node's view of a pool. Pure: bytes
/// and the present in, outputs out.
package struct Memberlist: Sendable {
    /// A node's part in a probe of the pool: at most one runs at a time.
    struct Probe: Sendable {
        var name: String
        var sequence: UInt32
        var sentAt: Instant
        /// When the verdict falls: `sentAt + ProbeInterval × (health + 1)`.
        var deadline: Instant
        var isDirect = true
        var expectedNackCount = 0
        var nackCount = 0
        var stream: StreamID?
        var isStreamAcked = false
    }

    /// An indirect ping on somebody's behalf.
    struct Relay: Sendable {
        var requesterSequence: UInt32
        var requester: Endpoint
        var wantsNack: Bool
    }

    enum Timer: Sendable {
        case probeTimeout(UInt32)
        case probeDeadline(UInt32)
        case relay(UInt32)
        case suspicion(String, Instant)
        case stream(StreamID)
    }

    /// The queues in the order they are emptied.
    package enum Queue: Int, CaseIterable, Sendable {
        case state, intents, queries, events
    }

    /// A pool of Consul's is known to work to some ten thousand nodes; a peer must not fill our memory with names.
    package static let maxNodes = 65536
    /// Indirect pings in flight for others: each costs an entry for one probe timeout.
    static let maxRelays = 1024
    /// Serf's bound of its queues.
    static let maxQueuedMessages = 4096

    package let configuration: MemberlistConfiguration
    package var security: GossipSecurity
    /// Payload of acks to direct pings: Serf's coordinate.
    package var ackPayload: [UInt8]?
    package internal(set) var nodes: [String: NodeRecord] = [:]
    /// Health score: 0 is well, `awarenessMaxMultiplier − 1` is worst.
    package internal(set) var awareness = 0
    package internal(set) var isLeaving = false
    package internal(set) var droppedDatagramCount: UInt64 = 0
    /// Endings of names that are not let in.
    package internal(set) var barredSuffixes: [String] = []
    /// Whom the owner holds for failed: what comes from there is `heard`. For lookup alone.
    package var missing: Set<Endpoint> = []

    /// Names of nodes by what only one living node may have (`AdmissionRule.identity`).
    var holders: [String: String] = [:]
    /// Every known name in the order of probing.
    var probeList: [String] = []
    var probeIndex = 0
    var probe: Probe?
    /// Who answered the last probe that was answered directly.
    var lastAnswering: String?
    var isProbeTickMissed = false
    var sequence: UInt32 = 0
    var relays: [UInt32: Relay] = [:]
    var suspicions: [String: Suspicion] = [:]
    var timers = DeadlineQueue<Timer>()
    var queues = [
        BroadcastQueue(maxCount: Memberlist.maxNodes), BroadcastQueue(maxCount: Memberlist.maxQueuedMessages),
        BroadcastQueue(maxCount: Memberlist.maxQueuedMessages), BroadcastQueue(maxCount: Memberlist.maxQueuedMessages),
    ]
    var streams: [StreamID: GossipStream] = [:]
    var nextStreamNumber: UInt64 = 2
    var acceptedStreamCount = 0
    var random: SeededRandom
    var probeDue: Instant
    var gossipDue: Instant
    var pushPullDue: Instant

    package init(_ configuration: MemberlistConfiguration, now: Instant, random: SeededRandom) {
        self.configuration = configuration
        self.random = random
        security = configuration.security
        let timings = configuration.timings
        probeDue = now + self.random.duration(in: .zero..<timings.probeInterval)
        gossipDue = now + self.random.duration(in: .zero..<timings.gossipInterval)
        pushPullDue = now + self.random.duration(in: .zero..<timings.pushPullInterval)
        let own = NodeRecord(
            name: configuration.name, endpoint: configuration.endpoint, meta: configuration.meta, incarnation: 1,
            state: .alive, versions: configuration.versions, stateChange: now)
        nodes[own.name] = own
        probeList = [own.name]
    }

    var timings: GossipTimings { configuration.timings }

    package var own: NodeRecord {
        guard let record = nodes[configuration.name] else {
            preconditionFailure("\(configuration.name) is not in its own table")
        }
        return record
    }

    /// All known nodes by name. O(n log n).
    package var sortedNodes: [NodeRecord] { nodes.values.sorted { $0.name < $1.name } }

    var hasOthers: Bool { nodes.count > 1 }

    package var nextDeadline: Instant {
        var due = timers.nextDeadline
        guard hasOthers else { return due }
        if !isLeaving { due = min(due, probeDue, pushPullDue) }
        if hasBroadcasts { due = min(due, gossipDue) }
        return due
    }

    /// Ticks without work need no timer: nobody was woken for those that have passed. They pass here, before work may
    /// come up, so that the next one falls where it would have fallen.
    package mutating func passIdleTicks(to now: Instant) {
        if gossipDue <= now && !(hasOthers && hasBroadcasts) {
            gossipDue = Self.tick(after: gossipDue, every: timings.gossipInterval, past: now)
        }
        guard !hasOthers || isLeaving else { return }
        if probeDue <= now { probeDue = Self.tick(after: probeDue, every: timings.probeInterval, past: now) }
        if pushPullDue <= now {
            let interval = timings.pushPullInterval(nodeCount: nodes.count)
            pushPullDue = Self.tick(after: pushPullDue, every: interval, past: now)
        }
    }

    /// Whoever answered has ended its timer.
    private mutating func dropOverTimers() {
        guard timers.nextDeadline != .distantFuture else { return }
        let (probing, relays, suspicions, streams) = (probe?.sequence, relays, suspicions, streams)
        timers.dropEarliest { timer in
            switch timer {
            case .probeTimeout(let sequence), .probeDeadline(let sequence): sequence != probing
            case .relay(let sequence): relays[sequence] == nil
            case .suspicion(let name, let deadline): suspicions[name]?.deadline != deadline
            case .stream(let stream): streams[stream] == nil
            }
        }
    }

    package mutating func handle(_ input: MemberlistInput, at now: Instant, into outputs: inout [MemberlistOutput]) {
        defer { dropOverTimers() }
        switch input {
        case .datagram(let source, let bytes): receive(datagram: bytes, from: source, at: now, into: &outputs)
        case .accepted(let stream, let source): accepted(stream, from: source, at: now, into: &outputs)
        case .connected(let stream): connected(stream, at: now, into: &outputs)
        case .connectFailed(let stream, let reason): ended(stream, reason, at: now, into: &outputs)
        case .received(let stream, let bytes): received(bytes, on: stream, at: now, into: &outputs)
        case .closed(let stream): ended(stream, "closed by the peer", at: now, into: &outputs)
        }
    }

    package mutating func advance(to now: Instant, into outputs: inout [MemberlistOutput]) {
        defer { dropOverTimers() }
        while let timer = timers.popDue(at: now) {
            switch timer {
            case .probeTimeout(let sequence): probeTimedOut(sequence, at: now, into: &outputs)
            case .probeDeadline(let sequence): probeEnded(sequence, at: now, into: &outputs)
            case .relay(let sequence): relayTimedOut(sequence, into: &outputs)
            case .suspicion(let name, let deadline): suspicionFired(name, deadline, at: now, into: &outputs)
            case .stream(let stream): failed(stream, "i/o timeout", at: now, into: &outputs)
            }
        }
        if probeDue <= now {
            probeDue = Self.tick(after: probeDue, every: timings.probeInterval, past: now)
            probeTick(at: now, into: &outputs)
        }
        if pushPullDue <= now {
            let interval = timings.pushPullInterval(nodeCount: nodes.count)
            pushPullDue = Self.tick(after: pushPullDue, every: interval, past: now)
            pushPullTick(at: now, into: &outputs)
        }
        if gossipDue <= now {
            gossipDue = Self.tick(after: gossipDue, every: timings.gossipInterval, past: now)
            gossip(at: now, into: &outputs)
        }
    }

    /// The first of `due`, `due + interval`, … after `now`.
    package static func tick(after due: Instant, every interval: Duration, past now: Instant) -> Instant {
        let step = max(1, interval.wholeNanoseconds)
        let behind = max(0, (now - due).wholeNanoseconds)
        return due + .nanoseconds((behind / step + 1) * step)
    }

    /// Up to `count` names, drawn without repetition from those for which `isEligible` holds.
    package mutating func draw(_ count: Int, where isEligible: (NodeRecord) -> Bool) -> [NodeRecord] {
        var drawn: [NodeRecord] = []
        guard count > 0 else { return drawn }
        // Small pools: exactly. Large ones: a few draws find enough without a pass over all.
        if probeList.count <= 64 {
            var names = probeList
            var position = 0
            while position < names.count && drawn.count < count {
                names.swapAt(position, Int.random(in: position..<names.count, using: &random))
                if let record = nodes[names[position]], isEligible(record) { drawn.append(record) }
                position += 1
            }
            return drawn
        }
        for _ in 0..<3 * probeList.count where drawn.count < count {
            let name = probeList[Int.random(in: 0..<probeList.count, using: &random)]
            guard let record = nodes[name], isEligible(record), !drawn.contains(where: { $0.name == name }) else {
                continue
            }
            drawn.append(record)
        }
        return drawn
    }

    mutating func nextSequence() -> UInt32 {
        sequence &+= 1
        return sequence
    }

    mutating func changeAwareness(by delta: Int) {
        awareness = min(max(0, awareness + delta), max(0, timings.awarenessMaxMultiplier - 1))
    }
}
