package import Determinism
import FederationModel

/// What messages do to the table (`wire/serf-gossip.md` 4.4, 4.7, 4.8).
extension Memberlist {
    mutating func apply(alive: Alive, at now: Instant, into outputs: inout [MemberlistOutput]) {
        let isOwn = alive.node == configuration.name
        if isOwn && isLeaving { return }
        guard let claimed = record(of: alive, at: now) else { return }
        if isBarred(claimed.name) { return outputs.append(.barred(claimed)) }
        // What a push/pull brings is mostly known: it changes nothing, and was admitted when it was new.
        if !isOwn, let known = nodes[alive.node], claimed.incarnation <= known.incarnation,
            claimed.endpoint == known.endpoint, claimed.meta == known.meta, claimed.versions == known.versions
        {
            return
        }
        if !isOwn, let refusal = configuration.admission?.refusal(of: claimed, by: own) {
            return refuse(claimed, refusal, into: &outputs)
        }
        if !isOwn, let refusal = identityConflict(of: claimed) { return refuse(claimed, refusal, into: &outputs) }
        guard let known = nodes[alive.node] else {
            guard nodes.count < Self.maxNodes else { return }
            enlist(claimed.name)
            return accept(claimed, replacing: nil, at: now, into: &outputs)
        }
        var takesOverAddress = false
        if known.endpoint != claimed.endpoint {
            let reclaim = timings.deadNodeReclaimTime
            let isReclaimable = known.state == .dead && reclaim > .zero && now - known.stateChange > reclaim
            guard !isOwn, known.state == .left || isReclaimable else {
                outputs.append(.conflict(holder: known, claimant: claimed.endpoint))
                return
            }
            takesOverAddress = true
        }
        if isOwn {
            let isSame = claimed.meta == known.meta && claimed.versions == known.versions
            if claimed.incarnation < known.incarnation || (claimed.incarnation == known.incarnation && isSame) {
                return
            }
            return refute(claimed.incarnation, at: now, into: &outputs)
        }
        guard claimed.incarnation > known.incarnation || takesOverAddress else { return }
        accept(claimed, replacing: known, at: now, into: &outputs)
    }

    /// Nil when the message makes no sense.
    private func record(of alive: Alive, at now: Instant) -> NodeRecord? {
        let nameCount = alive.node.utf8.count
        guard nameCount > 0, nameCount <= NodeRecord.maxNameBytes, let address = IPAddress(bytes: alive.address),
            (alive.meta?.count ?? 0) <= NodeRecord.maxMetaBytes, alive.versions.count <= 16
        else { return nil }
        let record = NodeRecord(
            name: alive.node, endpoint: Endpoint(address, alive.port == 0 ? configuration.endpoint.port : alive.port),
            meta: alive.meta ?? [], incarnation: alive.incarnation, state: .alive, versions: alive.versions,
            stateChange: now)
        if alive.versions.count < 6 { return configuration.admission == nil ? record : nil }
        let isSane = record.protocolMin > 0 && record.protocolMin <= record.protocolMax
        return isSane ? record : nil
    }

    /// A living node of another name has the same identity. One that died or left has lost it.
    private func identityConflict(of claimed: NodeRecord) -> String? {
        guard let identity = configuration.admission?.identity(of: claimed), let name = holders[identity],
            name != claimed.name, let holder = nodes[name], !holder.state.isGone,
            configuration.admission?.identity(of: holder) == identity
        else { return nil }
        return "Member '\(claimed.name)' (\(claimed.endpoint)) has conflicting node ID '\(identity)' with member "
            + "'\(name)' (\(holder.endpoint))"
    }

    private mutating func enlist(_ name: String) {
        if !hasOthers {
            // The first peer: ticks that passed while alone are not made up for.
            isProbeTickMissed = false
        }
        probeList.append(name)
        probeList.swapAt(Int.random(in: 0..<probeList.count, using: &random), probeList.count - 1)
    }

    private mutating func accept(
        _ claimed: NodeRecord, replacing known: NodeRecord?, at now: Instant, into outputs: inout [MemberlistOutput]
    ) {
        var record = claimed
        if let known, known.state == .alive { record.stateChange = known.stateChange }
        suspicions[record.name] = nil
        nodes[record.name] = record
        if let identity = configuration.admission?.identity(of: record) { holders[identity] = record.name }
        broadcast(.alive(record.alive), name: record.name, on: .state, into: &outputs)
        guard let known, !known.state.isGone else {
            outputs.append(.joined(record))
            return
        }
        if known.meta != record.meta || known.versions != record.versions { outputs.append(.updated(record)) }
    }

    private func refuse(_ node: NodeRecord, _ refusal: String, into outputs: inout [MemberlistOutput]) {
        let values: KeyValuePairs = [
            "gossip.member": node.name, "net.peer": node.endpoint.description, "gossip.self": configuration.name,
            "gossip.reason": refusal,
        ]
        outputs.append(.log(LogLine(.warning, "member refused", values)))
    }

    mutating func apply(suspect accusation: Accusation, at now: Instant, into outputs: inout [MemberlistOutput]) {
        guard var node = nodes[accusation.node], accusation.incarnation >= node.incarnation else { return }
        if var suspicion = suspicions[node.name] {
            guard suspicion.confirm(from: accusation.from) else { return }
            suspicions[node.name] = suspicion
            broadcast(.suspect(accusation), name: node.name, on: .state, into: &outputs)
            timers.add(.suspicion(node.name, suspicion.deadline), due: suspicion.deadline)
            return
        }
        guard node.state == .alive else { return }
        if node.name == configuration.name {
            if !isLeaving { refute(accusation.incarnation, at: now, into: &outputs) }
            return
        }
        broadcast(.suspect(accusation), name: node.name, on: .state, into: &outputs)
        node.incarnation = accusation.incarnation
        node.state = .suspect
        node.stateChange = now
        nodes[node.name] = node
        let suspicion = Suspicion(from: accusation.from, nodeCount: nodes.count, timings: timings, at: now)
        suspicions[node.name] = suspicion
        timers.add(.suspicion(node.name, suspicion.deadline), due: suspicion.deadline)
    }

    /// Said when a suspicion has run out, with the member as the first value.
    package static let condemnation = "suspect member declared dead"

    mutating func suspicionFired(
        _ name: String, _ deadline: Instant, at now: Instant, into outputs: inout [MemberlistOutput]
    ) {
        guard let suspicion = suspicions[name], suspicion.deadline == deadline, let node = nodes[name],
            node.state == .suspect, node.stateChange == suspicion.start
        else { return }
        let values: KeyValuePairs = [
            "gossip.member": name, "gossip.confirmations": "\(suspicion.confirmationCount)",
        ]
        outputs.append(.log(LogLine(.info, Self.condemnation, values)))
        let accusation = Accusation(incarnation: node.incarnation, node: name, from: configuration.name)
        apply(dead: accusation, at: now, into: &outputs)
    }

    mutating func apply(
        dead accusation: Accusation, token: UInt64? = nil, at now: Instant, into outputs: inout [MemberlistOutput]
    ) {
        guard var node = nodes[accusation.node], accusation.incarnation >= node.incarnation else { return }
        guard !node.state.isGone else { return }
        if node.name == configuration.name && !isLeaving {
            return refute(accusation.incarnation, at: now, into: &outputs)
        }
        suspicions[node.name] = nil
        broadcast(.dead(accusation), name: node.name, on: .state, token: token, into: &outputs)
        node.incarnation = accusation.incarnation
        node.state = accusation.from == node.name ? .left : .dead
        node.stateChange = now
        nodes[node.name] = node
        outputs.append(.left(node))
    }

    /// A refutation is known to its node alone until one of its transmissions arrives. Where a cut hides six of
    /// fourteen members, all eight were lost now and then, and the pool called a living member dead.
    private static let refutationWeight = 2

    /// Outbids whatever was said about this node. An accusation with the highest number there is cannot be outbid.
    private mutating func refute(_ accused: UInt32, at now: Instant, into outputs: inout [MemberlistOutput]) {
        var node = own
        let highest = max(node.incarnation, accused)
        node.incarnation = highest == .max || Mutant.refutedWithoutIncarnation.isOn ? highest : highest + 1
        nodes[node.name] = node
        changeAwareness(by: 1)
        broadcast(
            .alive(node.alive), name: node.name, on: .state, weight: Self.refutationWeight, into: &outputs)
        let values: KeyValuePairs = ["gossip.incarnation": "\(node.incarnation)", "gossip.self": node.name]
        outputs.append(.log(LogLine(.warning, "refuting what is said about this node", values)))
    }

    /// Own metadata changed: a higher incarnation carries it. The same bytes change nothing.
    package mutating func update(meta: [UInt8], at now: Instant, into outputs: inout [MemberlistOutput]) {
        var node = own
        guard node.meta != meta, meta.count <= NodeRecord.maxMetaBytes, node.incarnation < .max else { return }
        node.meta = meta
        node.incarnation += 1
        nodes[node.name] = node
        broadcast(.alive(node.alive), name: node.name, on: .state, into: &outputs)
    }

    /// Says farewell: no refuting from now on. `token` comes back when the message had its transmissions.
    /// - Parameter intent: goes with the farewell to each living member.
    package mutating func leave(
        token: UInt64, intent: [UInt8], at now: Instant, into outputs: inout [MemberlistOutput]
    ) {
        guard !isLeaving else { return }
        isLeaving = true
        let name = configuration.name
        let farewell = Accusation(incarnation: own.incarnation, node: name, from: name)
        apply(dead: farewell, token: token, at: now, into: &outputs)
        tellLiving([.user(intent), .dead(farewell)], into: &outputs)
    }

    /// What the table has of a node that is said to be where it is and what it is there, whatever its state.
    private func standing(_ node: PushPullNode) -> NodeRecord? {
        guard let known = nodes[node.name], known.endpoint.port == node.port, known.meta == node.meta ?? [],
            known.versions == node.versions, IPAddress(bytes: node.address) == known.endpoint.address
        else { return nil }
        return known
    }

    /// Versions that all living nodes of a pool understand, theirs and ours.
    private struct VersionRanges {
        var protocols: (UInt8, UInt8) = (0, .max)
        var delegates: (UInt8, UInt8) = (0, .max)

        /// Fewer than six: the others are 0.
        static func version(_ position: Int, of versions: [UInt8]) -> UInt8 {
            position < versions.count ? versions[position] : 0
        }

        mutating func narrow(by versions: [UInt8]) {
            protocols.0 = max(protocols.0, Self.version(0, of: versions))
            protocols.1 = min(protocols.1, Self.version(1, of: versions))
            delegates.0 = max(delegates.0, Self.version(3, of: versions))
            delegates.1 = min(delegates.1, Self.version(4, of: versions))
        }

        func problem(of name: String, _ versions: [UInt8]) -> String? {
            let (spoken, delegate) = (Self.version(2, of: versions), Self.version(5, of: versions))
            if spoken < protocols.0 || spoken > protocols.1 {
                return "node '\(name)' speaks protocol \(spoken), outside \(protocols)"
            }
            if delegate < delegates.0 || delegate > delegates.1 {
                return "node '\(name)' speaks delegate protocol \(delegate), outside \(delegates)"
            }
            return nil
        }
    }

    /// Why the peers' versions do not fit; nil when they do (`wire/serf-gossip.md` 3.7).
    private func versionProblem(_ remote: [PushPullNode]) -> String? {
        var ranges = VersionRanges()
        for node in remote where node.state == NodeState.alive.rawValue { ranges.narrow(by: node.versions) }
        for node in nodes.values where node.state == .alive { ranges.narrow(by: node.versions) }
        for node in remote {
            if let problem = ranges.problem(of: node.name, node.versions) { return problem }
        }
        // The order of the table is another one in each process: it must not decide which is named.
        guard nodes.values.contains(where: { ranges.problem(of: $0.name, $0.versions) != nil }) else { return nil }
        return sortedNodes.lazy.compactMap { ranges.problem(of: $0.name, $0.versions) }.first
    }

    /// The living node that a peer knows under our name and that is not us: another address, another identity.
    func nameHolder(in remote: PushPull, at now: Instant) -> NodeRecord? {
        guard let admission = configuration.admission, let ours = admission.identity(of: own) else { return nil }
        for node in remote.nodes where node.name == own.name && node.state == NodeState.alive.rawValue {
            guard let holder = record(of: Alive(node), at: now), holder.endpoint != own.endpoint,
                let theirs = admission.identity(of: holder), theirs != ours
            else { continue }
            return holder
        }
        return nil
    }

    /// - Returns: why nothing was merged; nil after merging.
    mutating func merge(_ remote: PushPull, at now: Instant, into outputs: inout [MemberlistOutput]) -> String? {
        if let problem = versionProblem(remote.nodes) { return problem }
        if remote.isJoin, let admission = configuration.admission {
            let listed = remote.nodes.compactMap { node -> (node: NodeRecord, isAdmitted: Bool)? in
                let known = standing(node)
                guard var listed = known ?? record(of: Alive(node), at: now) else { return nil }
                listed.state = NodeState(rawValue: node.state) ?? .dead
                return (node: listed, isAdmitted: known != nil)
            }
            if let refusal = admission.refusal(ofMerging: listed, by: own) { return refusal }
        }
        for node in remote.nodes {
            switch NodeState(rawValue: node.state) {
            case .alive:
                // Mostly known: a push/pull names all members.
                if node.name != configuration.name, let known = standing(node), node.incarnation <= known.incarnation {
                    continue
                }
                apply(alive: Alive(node), at: now, into: &outputs)
            case .left:
                let accusation = Accusation(incarnation: node.incarnation, node: node.name, from: node.name)
                apply(dead: accusation, at: now, into: &outputs)
            case .dead where Mutant.deadAtOnceByPushPull.isOn:
                let accusation = Accusation(
                    incarnation: node.incarnation, node: node.name, from: configuration.name)
                apply(dead: accusation, at: now, into: &outputs)
            case .dead, .suspect:
                // Never dead at once: the node gets to refute.
                let accusation = Accusation(
                    incarnation: node.incarnation, node: node.name, from: configuration.name)
                apply(suspect: accusation, at: now, into: &outputs)
            case nil: continue
            }
        }
        return nil
    }
}

extension Alive {
    /// What a push/pull says of a node.
    init(_ node: PushPullNode) {
        self.init()
        self.node = node.name
        address = node.address
        port = node.port
        meta = node.meta
        incarnation = node.incarnation
        versions = node.versions
    }
}
