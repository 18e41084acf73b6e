import Determinism
import FederationModel
import GossipCore
import WireFormat

/// Joining, push/pull state and leaving (`wire/serf-gossip.md` 5.4, 5.5).
extension SerfPool {
    mutating func join(
        _ id: JoinID, _ endpoints: [Endpoint], ignoresOldEvents: Bool, at now: Instant,
        into effects: inout [PoolEffect]
    ) {
        guard phase == .running, joins[id] == nil, !endpoints.isEmpty else {
            effects.append(.joined(id, count: 0, errors: endpoints.map { "\($0): not joining" }))
            return
        }
        joins[id] = Join(waiting: endpoints, ignoresOldEvents: ignoresOldEvents)
        dial(id, at: now)
    }

    /// Once one member has answered, those it told of are in the pool and need not be asked: forty datacenters that
    /// know each other's addresses would else exchange all states with all.
    private mutating func dial(_ id: JoinID, at now: Instant) {
        guard var join = joins[id] else { return }
        let present = join.successCount > 0 && !join.waiting.isEmpty ? presentEndpoints : []
        while join.inFlightCount < Self.maxDialsPerJoin, !join.waiting.isEmpty {
            let endpoint = join.waiting.removeFirst()
            guard !present.contains(endpoint) else {
                join.successCount += 1
                continue
            }
            join.inFlightCount += 1
            let stream = memberlist.startPushPull(with: endpoint, isJoin: true, at: now, into: &outputs)
            streamUses[stream] = .join(id)
            streamPeers[stream] = endpoint
        }
        joins[id] = join
    }

    /// Of living members, without this one.
    private var presentEndpoints: Set<Endpoint> {
        var present: Set<Endpoint> = []
        for entry in table.values where entry.member.status == .alive && entry.member.name != configuration.name {
            present.insert(entry.member.endpoint)
        }
        return present
    }

    mutating func pushPullEnded(
        _ stream: StreamID, failure: String?, at now: Instant, into effects: inout [PoolEffect]
    ) {
        let peer = streamPeers.removeValue(forKey: stream)
        switch streamUses.removeValue(forKey: stream) {
        case .join(let id):
            guard var join = joins[id] else { return }
            join.inFlightCount -= 1
            if let failure {
                join.errors.append("\(peer?.description ?? "?"): \(failure)")
            } else {
                join.successCount += 1
                if join.successCount == 1 && phase == .running { announce() }
            }
            joins[id] = join
            dial(id, at: now)
            guard let join = joins[id], join.inFlightCount == 0, join.waiting.isEmpty else { return }
            joins[id] = nil
            effects.append(.joined(id, count: join.successCount, errors: join.errors))
        case .rejoin:
            isRejoining = false
            guard failure == nil else { return }
            let present = configuration.rejoinsEachMember ? presentEndpoints : nil
            rejoinCandidates.removeAll { present?.contains($0) ?? true }
            if phase == .running { announce() }
            let values: KeyValuePairs = ["net.peer": peer?.description ?? "?", "gossip.self": configuration.name]
            effects.append(.log(LogLine(.info, "rejoined the pool of the last run", values)))
        case .reconnect, .meeting, nil: return
        }
    }

    mutating func rejoin(at now: Instant) {
        let endpoint = rejoinCandidates.removeFirst()
        isRejoining = true
        let stream = memberlist.startPushPull(with: endpoint, isJoin: true, at: now, into: &outputs)
        streamUses[stream] = .rejoin
        streamPeers[stream] = endpoint
    }

    /// Serf's part of a push/pull, type byte first.
    var userState: [UInt8] {
        var state = SerfState()
        state.time = clock.time
        state.eventTime = eventClock.time
        state.queryTime = queryClock.time
        state.statusTimes = table.mapValues(\.statusTime)
        state.leftMembers = table.values.filter { $0.member.status == .left }.map(\.member.name).sorted()
        state.events = events.slots
        return [SerfKind.pushPull.rawValue] + state.encoded
    }

    mutating func merge(
        _ bytes: [UInt8], isJoin: Bool, stream: StreamID, at now: Instant, into effects: inout [PoolEffect]
    ) {
        guard bytes.first == SerfKind.pushPull.rawValue,
            let state = try? SerfState(decoding: Array(bytes.dropFirst()))
        else {
            return effects.append(.log(LogLine(.warning, "push/pull state of Serf cannot be read")))
        }
        if state.time > 0 { clock.witness(state.time - 1) }
        if state.eventTime > 0 { eventClock.witness(state.eventTime - 1) }
        if state.queryTime > 0 { queryClock.witness(state.queryTime - 1) }
        hasMerged = true
        let left = Set(state.leftMembers ?? [])
        nameStrangers(state, left, into: &effects)
        for (name, time) in state.statusTimes.sorted(by: { $0.key < $1.key }) {
            if left.contains(name) {
                _ = apply(LeaveIntent(time: time < .max ? time + 1 : time, node: name), at: now, into: &effects)
            } else {
                _ = apply(JoinIntent(time: time, node: name), at: now)
            }
        }
        if isJoin, case .join(let id) = streamUses[stream], joins[id]?.ignoresOldEvents == true {
            events.minTime = max(events.minTime, state.eventTime)
        }
        for slot in state.events.prefix(EventRing.slotCount) {
            guard let slot else { continue }
            for remembered in (slot.events ?? []).prefix(EventRing.maxEventsPerSlot) {
                var event = UserEventMessage()
                event.time = slot.time
                event.name = remembered.name
                event.payload = remembered.payload
                _ = apply(event, into: &effects)
            }
        }
    }

    /// What SWIM says of the living comes first in a push/pull: who is listed and not known by now is dead.
    private func nameStrangers(_ state: SerfState, _ left: Set<String>, into effects: inout [PoolEffect]) {
        let strangers = state.statusTimes.keys.filter { name in
            table[name] == nil && !memberlist.barredSuffixes.contains { name.hasSuffix($0) }
        }
        guard !strangers.isEmpty else { return }
        let sorted = strangers.sorted().prefix(Self.maxIntents)
        let present = sorted.filter { !left.contains($0) }
        effects.append(.event(.strangersNamed(present: present, left: sorted.filter(left.contains))))
    }

    private var hasAliveOthers: Bool {
        table.values.contains { $0.member.status == .alive && $0.member.name != configuration.name }
    }

    mutating func leave(at now: Instant, into effects: inout [PoolEffect]) {
        guard phase == .running else { return }
        snapshot?.leave(at: now)
        let token = newToken()
        phase = .announcing(token: token, until: now + configuration.broadcastTimeout)
        let intent = LeaveIntent(time: clock.tick(), node: configuration.name)
        _ = apply(intent, at: now, into: &effects)
        lastIntent = [SerfKind.leaveIntent.rawValue] + intent.encoded
        guard hasAliveOthers else { return depart(at: now) }
        passOn(lastIntent, on: .intents, token: token)
        memberlist.tellLiving([.user(lastIntent)], into: &outputs)
    }

    private mutating func depart(at now: Instant) {
        let token = newToken()
        let isAlone = !hasAliveOthers
        phase = .departing(token: token, until: isAlone ? now : now + configuration.broadcastTimeout)
        memberlist.leave(token: token, intent: lastIntent, at: now, into: &outputs)
    }

    mutating func broadcastFinished(_ token: UInt64, at now: Instant, into effects: inout [PoolEffect]) {
        switch phase {
        case .announcing(token, _): depart(at: now)
        case .departing(token, _): phase = .lingering(until: now + configuration.leavePropagateDelay)
        case .running, .announcing, .departing, .lingering, .left: return
        }
    }

    mutating func advanceLeaving(at now: Instant, into effects: inout [PoolEffect]) {
        if case .announcing(_, let until) = phase, until <= now { depart(at: now) }
        if case .departing(_, let until) = phase, until <= now {
            phase = .lingering(until: hasAliveOthers ? now + configuration.leavePropagateDelay : now)
        }
        if case .lingering(let until) = phase, until <= now {
            drain(at: now, into: &effects)
            phase = .left
            effects.append(.left)
        }
    }
}
