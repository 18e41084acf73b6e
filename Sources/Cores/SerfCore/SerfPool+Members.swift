import Determinism
import FederationModel
import GossipCore
import WireFormat

/// Members, intents, reaping and reconnecting (`wire/serf-gossip.md` 5.3, 5.11).
extension SerfPool {
    mutating func memberJoined(_ node: NodeRecord, at now: Instant, into effects: inout [PoolEffect]) {
        var entry = table[node.name] ?? Member(member: PoolMember(node, status: .none))
        let isNew = entry.member.status == .none
        entry.member = PoolMember(node, status: .alive)
        entry.goneSince = nil
        if isNew, let intent = intents.removeValue(forKey: node.name) {
            entry.statusTime = intent.time
            if intent.isLeave { entry.member.status = .leaving }
        }
        table[node.name] = entry
        snapshot?.alive(node.name, node.endpoint, at: now)
        effects.append(.event(.memberJoined(entry.member)))
    }

    mutating func memberUpdated(_ node: NodeRecord, at now: Instant, into effects: inout [PoolEffect]) {
        guard var entry = table[node.name] else { return }
        entry.member = PoolMember(node, status: entry.member.status)
        table[node.name] = entry
        effects.append(.event(.memberUpdated(entry.member)))
    }

    mutating func memberGone(_ node: NodeRecord, at now: Instant, into effects: inout [PoolEffect]) {
        guard var entry = table[node.name] else { return }
        switch entry.member.status {
        case .leaving:
            entry.member.status = .left
            entry.goneSince = now
            effects.append(.event(.memberLeft(entry.member)))
        case .alive where node.state == .left:
            // It said so itself; its intent was lost on the way.
            entry.member.status = .left
            entry.goneSince = now
            effects.append(.event(.memberLeft(entry.member)))
        case .alive:
            entry.member.status = .failed
            entry.goneSince = now
            effects.append(.event(.memberFailed(entry.member)))
        case .none, .left, .failed: return
        }
        table[node.name] = entry
        snapshot?.notAlive(node.name, at: now)
    }

    /// - Returns: true when the intent is new and worth passing on.
    mutating func apply(_ intent: JoinIntent, at now: Instant) -> Bool {
        clock.witness(intent.time)
        guard var entry = table[intent.node] else {
            return buffer(intent.node, intent.time, isLeave: false, at: now)
        }
        guard intent.time > entry.statusTime else { return false }
        entry.statusTime = intent.time
        if entry.member.status == .leaving { entry.member.status = .alive }
        table[intent.node] = entry
        return true
    }

    /// - Returns: true when the intent is new and worth passing on.
    mutating func apply(_ intent: LeaveIntent, at now: Instant, into effects: inout [PoolEffect]) -> Bool {
        clock.witness(intent.time)
        guard var entry = table[intent.node] else {
            let isNew = buffer(intent.node, intent.time, isLeave: true, at: now)
            if isNew && intent.prunes { effects.append(.event(.strangerErased(intent.node))) }
            return isNew
        }
        guard intent.time > entry.statusTime else { return false }
        if intent.node == configuration.name && phase == .running {
            // Somebody says we leave, and we do not.
            announce()
            return false
        }
        entry.statusTime = intent.time
        switch entry.member.status {
        case .alive:
            entry.member.status = .leaving
            table[intent.node] = entry
            if intent.prunes {
                // Erased when its farewell has had its time.
                let delay = configuration.broadcastTimeout + configuration.leavePropagateDelay
                prunings.add(intent.node, due: now + delay)
            }
        case .failed:
            entry.member.status = .left
            table[intent.node] = entry
            effects.append(.event(.memberLeft(entry.member)))
            if intent.prunes { prune(intent.node, into: &effects) }
        case .leaving, .left, .none:
            table[intent.node] = entry
            if intent.prunes { prune(intent.node, into: &effects) }
        }
        return true
    }

    private mutating func buffer(_ name: String, _ time: UInt64, isLeave: Bool, at now: Instant) -> Bool {
        if let known = intents[name], known.time >= time { return false }
        if memberlist.barredSuffixes.contains(where: { name.hasSuffix($0) }) { return false }
        guard intents[name] != nil || intents.count < Self.maxIntents else { return false }
        intents[name] = BufferedIntent(time: time, isLeave: isLeave, heardAt: now)
        return true
    }

    /// A join intent with the present clock: beats every older leave.
    mutating func announce() {
        let intent = JoinIntent(time: clock.tick(), node: configuration.name)
        table[configuration.name]?.statusTime = intent.time
        passOn([SerfKind.joinIntent.rawValue] + intent.encoded, on: .intents)
    }

    mutating func forceLeave(_ name: String, prunes: Bool, at now: Instant, into effects: inout [PoolEffect]) {
        guard phase == .running, name != configuration.name, table[name] != nil else { return }
        let intent = LeaveIntent(time: clock.tick(), node: name, prunes: prunes)
        _ = apply(intent, at: now, into: &effects)
        passOn([SerfKind.leaveIntent.rawValue] + intent.encoded, on: .intents)
    }

    /// Erases a member that is gone; the name can join again freely.
    mutating func prune(_ name: String, into effects: inout [PoolEffect]) {
        guard let entry = table[name], entry.member.status != .alive, name != configuration.name else { return }
        table[name] = nil
        forgetTraces(of: name)
        effects.append(.event(.memberReaped(entry.member)))
    }

    mutating func forgetTraces(of name: String) {
        peerCoordinates[name] = nil
        coordinates.forget(name)
    }

    mutating func takeCensus(at now: Instant) {
        guard isCensusStale else { return }
        isCensusStale = false
        let hadWork = (isReconnecting: hasFailedMembers, isReaping: hasGoneMembers)
        var missing: Set<Endpoint> = []
        hasGoneMembers = false
        for entry in table.values {
            if entry.goneSince != nil { hasGoneMembers = true }
            if entry.member.status == .failed { missing.insert(entry.member.endpoint) }
        }
        hasFailedMembers = !missing.isEmpty
        memberlist.missing = missing
        // Their ticks went by while there was nobody to look at: the next one falls where it would have fallen.
        if hasFailedMembers && !hadWork.isReconnecting && reconnectDue < now {
            reconnectDue = Memberlist.tick(after: reconnectDue, every: configuration.reconnectInterval, past: now)
        }
        if hasGoneMembers && !hadWork.isReaping && reapDue < now {
            reapDue = Memberlist.tick(after: reapDue, every: configuration.reapInterval, past: now)
        }
    }

    mutating func reap(at now: Instant, into effects: inout [PoolEffect]) {
        let expired = table.filter { name, entry in
            guard name != configuration.name, let since = entry.goneSince else { return false }
            switch entry.member.status {
            case .failed: return now - since > configuration.reconnectTimeout
            case .left: return now - since > configuration.tombstoneTimeout
            case .none, .alive, .leaving: return false
            }
        }
        for name in expired.keys.sorted() { prune(name, into: &effects) }
        intents = intents.filter { now - $0.value.heardAt <= configuration.intentTimeout }
    }

    /// Tries one failed member, the more often the more have failed, so that a healed partition finds together.
    mutating func reconnect(at now: Instant) {
        let failed = table.values.filter { $0.member.status == .failed }.map(\.member).sorted { $0.name < $1.name }
        guard !failed.isEmpty else { return }
        let goneCount = table.values.count { $0.member.status == .failed || $0.member.status == .left }
        let aliveCount = max(1, table.count - goneCount)
        guard random.chance(Double(failed.count) / Double(aliveCount)),
            let chosen = failed.randomElement(using: &random)
        else { return }
        let stream = memberlist.startPushPull(with: chosen.endpoint, isJoin: true, at: now, into: &outputs)
        streamUses[stream] = .reconnect
    }

    /// A failed member that can be heard is alive, and this node missed its refutation: gossip counts transmissions,
    /// not arrivals. To accuse it again, as suspects are, would not help, since it has outbid that accusation long ago.
    /// Both states are exchanged instead, which is Serf's reconnect at the moment at which it will succeed. Each member
    /// is met at most as often as Serf tries any: one that is heard and cannot be reached goes on being heard.
    mutating func meet(_ endpoint: Endpoint, at now: Instant, into effects: inout [PoolEffect]) {
        let interval = configuration.reconnectInterval
        guard phase == .running, meetings[endpoint].map({ now - $0 >= interval }) ?? true,
            let member = member(at: endpoint), member.status == .failed,
            streamUses.values.count(where: { $0 == .meeting }) < Self.maxMeetings
        else { return }
        meetings = meetings.filter { now - $0.value < interval }
        meetings[endpoint] = now
        let stream = memberlist.startPushPull(with: endpoint, isJoin: true, at: now, into: &outputs)
        streamUses[stream] = .meeting
        let values: KeyValuePairs = ["gossip.member": member.name, "gossip.self": configuration.name]
        effects.append(.log(LogLine(.info, "a failed member is heard: asking it", values)))
    }
}
