package import Determinism
package import FederationModel
package import GossipCore
import WireFormat

/// One node's part in a Serf pool: membership with intents, user events, queries and coordinates on top of a
/// memberlist (`wire/serf-gossip.md` 5). Pure: inputs and the present in, effects out.
package struct SerfPool: Sendable {
    struct Member: Sendable {
        var member: PoolMember
        /// Lamport time of the newest intent about it; 0: none seen.
        var statusTime: UInt64 = 0
        /// When it failed or left.
        var goneSince: Instant?
    }

    /// The newest intent about a member not known yet.
    struct BufferedIntent: Sendable {
        var time: UInt64
        var isLeave: Bool
        var heardAt: Instant
    }

    enum Phase: Equatable, Sendable {
        case running
        /// The leave intent goes round.
        case announcing(token: UInt64, until: Instant)
        /// The farewell goes round.
        case departing(token: UInt64, until: Instant)
        case lingering(until: Instant)
        case left
    }

    enum StreamUse: Equatable, Sendable {
        case join(JoinID)
        case reconnect
        /// Serf's reconnect, begun by what came from a failed member.
        case meeting
        case rejoin
    }

    struct Join: Sendable {
        var waiting: [Endpoint]
        var inFlightCount = 0
        var successCount = 0
        var errors: [String] = []
        var ignoresOldEvents: Bool
    }

    /// Endpoints dialled at once for one join: a dead one costs its whole timeout, the others need not wait for it.
    static let maxDialsPerJoin = 8
    /// Failed members met at once: those that are heard and cannot be reached cost a whole timeout each, and must hold
    /// up neither others nor more streams than a join does.
    static let maxMeetings = maxDialsPerJoin
    /// Buffered intents: names nobody joined yet; a peer must not fill our memory with them.
    static let maxIntents = 4096

    package let configuration: SerfConfiguration
    package internal(set) var memberlist: Memberlist
    var outputs: [MemberlistOutput] = []
    var phase = Phase.running
    var table: [String: Member] = [:] {
        didSet {
            isCensusStale = true
            version += 1
        }
    }
    var isCensusStale = true
    /// Grows whenever anything about a member may have changed: what was made of `members` is good until then.
    package private(set) var version: UInt64 = 0
    /// Counted when the table changed, so that `nextDeadline` needs no pass over it.
    var hasFailedMembers = false
    var hasGoneMembers = false
    var intents: [String: BufferedIntent] = [:]
    var clock = LamportClock()
    var eventClock = LamportClock()
    var queryClock = LamportClock()
    var events = EventRing()
    var queries = QueryBook()
    var coordinates: CoordinateClient
    var peerCoordinates: [String: SerfCoordinate] = [:]
    var snapshot: SnapshotLog?
    var rejoinCandidates: [Endpoint] = []
    var isRejoining = false
    var joins: [JoinID: Join] = [:]
    var streamUses: [StreamID: StreamUse] = [:]
    var streamPeers: [StreamID: Endpoint] = [:]
    /// When failed members that were heard of were last met; those of the last reconnect interval.
    var meetings: [Endpoint: Instant] = [:]
    var prunings = DeadlineQueue<String>()
    var nextToken: UInt64 = 1
    var random: SeededRandom
    /// Of our own leaving, type byte first.
    var lastIntent: [UInt8] = []
    var reapDue: Instant
    var reconnectDue: Instant
    /// A peer has told of its whole state since the start.
    package internal(set) var hasMerged = false
    /// Others of the last run's pool, as the snapshot had them.
    package let lastMembers: [String]
    /// Last conflict told to the operator: the same one comes with every message.
    var toldConflict: (name: String, claimant: Endpoint)?

    package init(_ configuration: SerfConfiguration, now: Instant, random: SeededRandom) {
        var random = random
        self.configuration = configuration
        memberlist = Memberlist(configuration.memberlist, now: now, random: random.split())
        coordinates = CoordinateClient(random: random.split())
        reapDue = now + configuration.reapInterval
        reconnectDue = now + configuration.reconnectInterval
        var lastMembers: [String] = []
        if let bytes = configuration.snapshot {
            let replay = SnapshotReplay(bytes, rejoinsAfterLeave: configuration.rejoinsAfterLeave)
            clock.witness(replay.clock)
            eventClock.witness(replay.eventClock)
            queryClock.witness(replay.queryClock)
            events.minTime = replay.eventClock + (replay.eventClock < .max ? 1 : 0)
            queries.minTime = replay.queryClock + (replay.queryClock < .max ? 1 : 0)
            lastMembers = replay.alive.keys.filter { $0 != configuration.name }.sorted()
            rejoinCandidates = lastMembers.compactMap { replay.alive[$0] }.shuffled(using: &random)
            snapshot = SnapshotLog(
                replayed: replay, fileBytes: bytes.count, rejoinsAfterLeave: configuration.rejoinsAfterLeave)
        }
        self.lastMembers = lastMembers
        self.random = random
        table[configuration.name] = Member(member: PoolMember(memberlist.own, status: .alive))
        memberlist.ackPayload = AckPayload.encode(coordinates.coordinate)
        nextDeadline = findDeadline()
    }

    /// Sorted by name, this node included.
    package var members: [PoolMember] { table.values.map(\.member).sorted { $0.name < $1.name } }

    package func member(_ name: String) -> PoolMember? { table[name]?.member }

    /// O(n) in the members.
    package func member(at endpoint: Endpoint) -> PoolMember? {
        table.values.lazy.map(\.member).filter { $0.endpoint == endpoint }.min { $0.name < $1.name }
    }

    package var local: PoolMember {
        guard let own = table[configuration.name] else {
            preconditionFailure("\(configuration.name) is not in its own table")
        }
        return own.member
    }

    package var coordinate: SerfCoordinate { coordinates.coordinate }

    /// The last coordinate an ack of that member carried.
    package func cachedCoordinate(of name: String) -> SerfCoordinate? {
        name == configuration.name ? coordinates.coordinate : peerCoordinates[name]
    }

    /// Estimated from coordinates; nil before the member was probed.
    package func roundTrip(to name: String) -> Duration? {
        cachedCoordinate(of: name).flatMap { CoordinateClient.distance(coordinates.coordinate, $0) }
    }

    package var hasLeft: Bool { phase == .left }
    /// Lifeguard's health score of this node: 0 is well.
    package var healthScore: Int { memberlist.awareness }
    package var keyring: Keyring? { memberlist.security.keyring }
    package var clockTime: UInt64 { clock.time }

    /// The earliest instant at which `advance` has work. Found when something may have changed it: an agent asks in
    /// each of its turns, and most of them are not about its pools.
    package private(set) var nextDeadline = Instant.zero

    private func findDeadline() -> Instant {
        guard phase != .left else { return .distantFuture }
        var due = min(memberlist.nextDeadline, queries.nextDeadline, prunings.nextDeadline)
        if let snapshot { due = min(due, snapshot.flushDue) }
        if hasGoneMembers || !intents.isEmpty { due = min(due, reapDue) }
        if phase == .running && hasFailedMembers { due = min(due, reconnectDue) }
        if phase == .running && !isRejoining && !rejoinCandidates.isEmpty { return .zero }
        switch phase {
        case .announcing(_, let until), .departing(_, let until), .lingering(let until): due = min(due, until)
        case .running, .left: break
        }
        return due
    }

    /// Messages that still go round, and the most there can be. Mutating, so that the pool is asked where it stands.
    package mutating func findQueued() -> (count: Int, limit: Int) { memberlist.findQueued() }

    package mutating func handle(_ input: PoolInput, at now: Instant, into effects: inout [PoolEffect]) {
        guard phase != .left else { return }
        defer { nextDeadline = findDeadline() }
        memberlist.passIdleTicks(to: now)
        switch input {
        case .datagram(let source, let bytes):
            memberlist.handle(.datagram(from: source, bytes), at: now, into: &outputs)
        case .accepted(let stream, let source):
            memberlist.handle(.accepted(stream, from: source), at: now, into: &outputs)
        case .connected(let stream): memberlist.handle(.connected(stream), at: now, into: &outputs)
        case .connectFailed(let stream, let reason):
            memberlist.handle(.connectFailed(stream, reason), at: now, into: &outputs)
        case .received(let stream, let bytes):
            memberlist.handle(.received(stream, bytes), at: now, into: &outputs)
        case .closed(let stream): memberlist.handle(.closed(stream), at: now, into: &outputs)
        case .join(let id, let endpoints, let ignoreOldEvents):
            join(id, endpoints, ignoresOldEvents: ignoreOldEvents, at: now, into: &effects)
        case .leave: leave(at: now, into: &effects)
        case .forceLeave(let name, let prune): forceLeave(name, prunes: prune, at: now, into: &effects)
        case .bar(let suffix): bar(suffix, at: now, into: &effects)
        case .admit(let suffix): memberlist.admit(suffix: suffix)
        case .knock(let name):
            guard let endpoint = table[name]?.member.endpoint else { return }
            memberlist.knock(name, at: endpoint, into: &outputs)
        case .userEvent(let name, let payload, let coalesce):
            fire(name, payload, mayCoalesce: coalesce, into: &effects)
        case .query(let id, let query): ask(query, id: id, at: now, into: &effects)
        case .respond(let key, let payload): respond(to: key, payload, at: now, into: &effects)
        case .setTags(let tags): set(tags: tags, at: now, into: &effects)
        }
        drain(at: now, into: &effects)
    }

    /// Does nothing before `nextDeadline`.
    package mutating func advance(to now: Instant, into effects: inout [PoolEffect]) {
        guard nextDeadline <= now else { return }
        defer { nextDeadline = findDeadline() }
        memberlist.passIdleTicks(to: now)
        memberlist.advance(to: now, into: &outputs)
        drain(at: now, into: &effects)
        for id in queries.expire(at: now) { effects.append(.event(.queryEnded(id))) }
        while let name = prunings.popDue(at: now) { prune(name, into: &effects) }
        if reapDue <= now {
            reapDue = now + configuration.reapInterval
            reap(at: now, into: &effects)
        }
        if phase == .running {
            if reconnectDue <= now {
                reconnectDue = now + configuration.reconnectInterval
                reconnect(at: now)
            }
            if !isRejoining && !rejoinCandidates.isEmpty { rejoin(at: now) }
        }
        advanceLeaving(at: now, into: &effects)
        drain(at: now, into: &effects)
        switch snapshot?.flush(at: now) {
        case .append(let bytes): effects.append(.appendSnapshot(bytes))
        case .replace(let bytes): effects.append(.replaceSnapshot(bytes))
        case nil: break
        }
    }

    /// Performs what the memberlist put out, in order, until it is silent.
    mutating func drain(at now: Instant, into effects: inout [PoolEffect]) {
        var batch: [MemberlistOutput] = []
        while !outputs.isEmpty {
            swap(&outputs, &batch)
            for output in batch { perform(output, at: now, into: &effects) }
            batch.removeAll(keepingCapacity: true)
        }
        snapshot?.clocks(clock.time - 1, event: eventClock.time - 1, query: queryClock.time - 1, at: now)
        takeCensus(at: now)
    }

    private mutating func perform(_ output: MemberlistOutput, at now: Instant, into effects: inout [PoolEffect]) {
        switch output {
        case .datagram(let target, let bytes): effects.append(.datagram(to: target, bytes))
        case .connect(let stream, let target, let timeout):
            effects.append(.connect(stream, to: target, timeout: timeout))
        case .write(let stream, let bytes): effects.append(.write(stream, bytes))
        case .close(let stream): effects.append(.close(stream))
        case .log(let line): effects.append(.log(line))
        case .joined(let node): memberJoined(node, at: now, into: &effects)
        case .updated(let node): memberUpdated(node, at: now, into: &effects)
        case .left(let node): memberGone(node, at: now, into: &effects)
        case .conflict(let holder, let claimant): conflict(holder, claimant, into: &effects)
        case .nameTaken(let holder, let stream):
            guard case .join = streamUses[stream] else { return }
            effects.append(.event(.nameTaken(by: PoolMember(holder, status: .alive))))
        case .barred(let node):
            let member = PoolMember(node, status: .alive)
            effects.append(.event(.memberBarred(member, incarnation: UInt64(node.incarnation))))
        case .user(let bytes, _): receive(bytes, at: now, into: &effects)
        case .heard(let endpoint): meet(endpoint, at: now, into: &effects)
        case .wantsUserState(let stream, _):
            memberlist.provideUserState(userState, for: stream, at: now, into: &outputs)
        case .merged(let state, let isJoin, let stream):
            merge(state, isJoin: isJoin, stream: stream, at: now, into: &effects)
        case .pushPullEnded(let stream, let failure):
            pushPullEnded(stream, failure: failure, at: now, into: &effects)
        case .pinged(let name, let payload, let roundTrip): pinged(name, payload, roundTrip)
        case .broadcastFinished(let token): broadcastFinished(token, at: now, into: &effects)
        }
    }

    /// A Serf message from a datagram or a stream.
    mutating func receive(_ bytes: [UInt8], at now: Instant, into effects: inout [PoolEffect]) {
        guard let kind = bytes.first.flatMap({ SerfKind(rawValue: $0) }) else { return }
        let body = Array(bytes.dropFirst())
        switch kind {
        case .leaveIntent:
            guard let intent = try? LeaveIntent(decoding: body) else { return }
            if apply(intent, at: now, into: &effects) { passOn(bytes, on: .intents) }
        case .joinIntent:
            guard let intent = try? JoinIntent(decoding: body) else { return }
            if apply(intent, at: now) { passOn(bytes, on: .intents) }
        case .userEvent:
            guard let event = try? UserEventMessage(decoding: body) else { return }
            if apply(event, into: &effects) { passOn(bytes, on: .events) }
        case .query:
            guard let query = try? QueryMessage(decoding: body) else { return }
            if apply(query, at: now, into: &effects) { passOn(bytes, on: .queries) }
        case .queryResponse:
            guard let response = try? QueryResponse(decoding: body) else { return }
            apply(response, into: &effects)
        case .relay: passOn(relayed: body)
        case .pushPull, .conflictResponse, .keyRequest, .keyResponse: return
        }
    }

    /// As the received bytes, unchanged.
    mutating func passOn(_ bytes: [UInt8], on queue: Memberlist.Queue, token: UInt64? = nil) {
        memberlist.broadcast(.user(bytes), on: queue, token: token, into: &outputs)
    }

    mutating func newToken() -> UInt64 {
        defer { nextToken += 1 }
        return nextToken
    }

    private mutating func set(tags: [String: String], at now: Instant, into effects: inout [PoolEffect]) {
        let meta = Tags.encode(tags)
        guard meta.count <= NodeRecord.maxMetaBytes else {
            let values: KeyValuePairs = ["gossip.bytes": "\(meta.count)", "gossip.limit": "\(NodeRecord.maxMetaBytes)"]
            effects.append(.log(LogLine(.error, "tags are too long and were not changed", values)))
            return
        }
        guard local.tags != tags else { return }
        memberlist.update(meta: meta, at: now, into: &outputs)
        table[configuration.name]?.member.tags = tags
        effects.append(.event(.memberUpdated(local)))
    }

    private mutating func pinged(_ name: String, _ payload: [UInt8]?, _ roundTrip: Duration) {
        guard let coordinate = payload.flatMap(AckPayload.decode),
            coordinates.update(from: name, at: coordinate, roundTrip: roundTrip)
        else { return }
        if table[name] != nil { peerCoordinates[name] = coordinate }
        memberlist.ackPayload = AckPayload.encode(coordinates.coordinate)
    }

    private mutating func conflict(_ holder: NodeRecord, _ claimant: Endpoint, into effects: inout [PoolEffect]) {
        if let told = toldConflict, told.name == holder.name, told.claimant == claimant { return }
        toldConflict = (holder.name, claimant)
        let values: KeyValuePairs = [
            "gossip.member": holder.name, "gossip.holder": holder.endpoint.description,
            "gossip.claimant": claimant.description, "gossip.self": configuration.name,
        ]
        effects.append(.log(LogLine(.warning, "two nodes use the same name; the first one known keeps it", values)))
    }
}
