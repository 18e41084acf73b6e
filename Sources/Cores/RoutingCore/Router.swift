package import FederationModel
package import Determinism

/// The WAN map of one server: who is in which datacenter, who answers, and in which order a request tries them
/// (design §3, "An outage verdict"). Pings and their results are effects and inputs; nothing here sends bytes.
package struct Router: Sendable {
    package let configuration: RouterConfiguration
    private var random: SeededRandom
    /// Remote datacenters.
    var datacenters: DatacenterTable
    package var names: [String] { datacenters.names }
    /// Rows of other servers.
    var book = RowBook()
    package var history = VerdictHistory()
    /// Relays as they were found last, for a moment.
    var keptRelays: [String: (at: Instant, relays: [Relay])] = [:]
    /// Datacenter by server name, refused servers included.
    private var homes: [String: String] = [:]
    private var pings: PingBook
    private var nextLane: UInt64 = 1
    /// What others see has changed, and the verdicts of the majority are remade.
    var judgingDue = Instant.distantFuture
    var judgedAt = Instant.zero
    /// Of the own row, the wanted rows, and what was made of them.
    var rowCache = RowCache()
    package internal(set) var nextDeadline = Instant.distantFuture

    package init(_ configuration: RouterConfiguration, random: SeededRandom) {
        self.configuration = configuration
        datacenters = DatacenterTable(configuration)
        pings = PingBook(maxPerSecond: configuration.maxPingsPerSecond)
        self.random = random
    }

    package mutating func handle(_ input: RouterInput, at now: Instant, into effects: inout [RouterEffect]) {
        switch input {
        case .updated(let server): update(server, now, &effects)
        case .removed(let name): remove(name, now, &effects)
        case .pingAnswered(let id, let leader, let roundTrip):
            guard let target = pings.take(id) else { return }
            let clears = configuration.answersToClear
            pingEnded(target, id, now, &effects) { evidence, sent in
                evidence.answered(at: now, roundTrip: roundTrip, answersToClear: clears)
                evidence.said(leader: leader, asked: sent)
                evidence.trip.pingAnswered(at: now)
            }
        case .pingFailed(let id, let failure):
            guard let target = pings.take(id) else { return }
            let configuration = configuration
            pingEnded(target, id, now, &effects) { $0.failed(failure, sent: $1, configuration) }
        case .pingDropped(let id):
            guard let target = pings.take(id) else { return }
            pingEnded(target, id, now, &effects) { _, _ in }
        case .callAnswered(let name, let roundTrip): callAnswered(name, roundTrip, now, &effects)
        case .callFailed(let name, let failure): callFailed(name, failure, now, &effects)
        case .callSlow(let name, let sent): callSlow(name, sent: sent, now, &effects)
        case .heard(let datacenter): heard(datacenter, now)
        case .rows(let rows): learn(rows, now, &effects)
        case .rowHolds(let server, let datacenter): renew(server, in: datacenter, now)
        }
    }

    // MARK: Membership

    private mutating func update(_ server: RouteServer, _ now: Instant, _ effects: inout [RouterEffect]) {
        guard server.datacenter != configuration.datacenter else { return }
        if let home = homes[server.name], home != server.datacenter { remove(server.name, now, &effects) }
        homes[server.name] = server.datacenter
        let isNew = !datacenters.contains(server.datacenter)
        var state = datacenters[server.datacenter] ?? DatacenterState(server.datacenter, lane: nextLane, at: now)
        if isNew {
            nextLane += 1
            history.countMembership()
        }
        state.refused.removeAll { $0.name == server.name }
        let tag = Self.tag(of: server)
        if let tag, let owner = state.clusterTag, tag != owner, server.status != .left {
            state.servers.removeAll { $0.server.name == server.name }
            state.refused.append(server)
            state.refused.sort { $0.name < $1.name }
            report(tag, against: owner, server, &state, &effects)
        } else if let index = state.index(of: server.name) {
            let old = state.servers[index].server
            if old.endpoint != server.endpoint || (old.status == .left && server.status != .left) {
                state.servers[index] = ServerEvidence(server)
            } else {
                state.servers[index].server = server
            }
            if old != server { state.nextRound = now }
        } else {
            state.servers.append(ServerEvidence(server))
            state.servers.sort { $0.server.name < $1.server.name }
            state.nextRound = now
        }
        settleOwner(&state, now)
        datacenters.put(state)
        reassess(state.name, membersChanged: true, now, &effects)
    }

    /// The cluster a server belongs to: nil before its bootstrap. Consul's servers name none, so that those of one
    /// datacenter count as one cluster, which is never ours.
    private static func tag(of server: RouteServer) -> String? {
        guard server.isIsthmus else { return "consul" }
        return server.clusterTag == ClusterID.none.tag || server.clusterTag?.isEmpty == true ? nil : server.clusterTag
    }

    /// The first cluster seen owns a datacenter's name until none of its servers is left; then the next one does.
    private func settleOwner(_ state: inout DatacenterState, _ now: Instant) {
        let tags = state.servers.filter(\.isActive).compactMap { Self.tag(of: $0.server) }
        if let owner = state.clusterTag, tags.contains(owner) { return }
        state.clusterTag = tags.first ?? state.refused.lazy.compactMap { Self.tag(of: $0) }.first
        let admitted = state.refused.filter { Self.tag(of: $0) == state.clusterTag }
        guard !admitted.isEmpty else { return }
        state.refused.removeAll { Self.tag(of: $0) == state.clusterTag }
        state.servers.append(contentsOf: admitted.map { ServerEvidence($0) })
        state.servers.sort { $0.server.name < $1.server.name }
        state.nextRound = now
    }

    private func report(
        _ tag: String, against owner: String, _ server: RouteServer, _ state: inout DatacenterState,
        _ effects: inout [RouterEffect]
    ) {
        // Sixteen clusters under one name: the operator has been told.
        guard !state.reportedTags.contains(tag), state.reportedTags.count < 16 else { return }
        state.reportedTags.append(tag)
        let incumbent = state.servers.first { Self.tag(of: $0.server) == owner }?.server.name ?? "a server now gone"
        effects.append(
            .log(
                LogLine(
                    .error, "two clusters use one datacenter name, the newcomer is refused",
                    [
                        "routing.datacenter": state.name, "routing.cluster": owner, "routing.server": incumbent,
                        "routing.refused.cluster": tag, "routing.refused.server": server.name,
                        "routing.refused.endpoint": server.endpoint.description,
                    ])))
    }

    private mutating func remove(_ name: String, _ now: Instant, _ effects: inout [RouterEffect]) {
        guard let home = homes.removeValue(forKey: name), var state = datacenters[home] else { return }
        state.servers.removeAll { $0.server.name == name }
        state.refused.removeAll { $0.name == name }
        settleOwner(&state, now)
        datacenters.put(state)
        reassess(home, membersChanged: true, now, &effects)
        if state.servers.isEmpty && state.refused.isEmpty {
            datacenters.remove(home)
            history.countMembership()
            book.forget(home)
        }
        setDeadline()
    }

    // MARK: Evidence

    private mutating func pingEnded(
        _ target: PingBook.Target, _ id: PingID, _ now: Instant, _ effects: inout [RouterEffect],
        _ learn: (inout ServerEvidence, Instant) -> Void
    ) {
        let configuration = configuration
        let end = datacenters.change(target.datacenter) {
            $0.pingEnded(target.server, id, configuration, at: now, learn)
        }
        guard case .some(.some(let (isNews, deadline))) = end else { return }
        noteDeadline(deadline)
        if isNews { reassess(target.datacenter, now, &effects) }
    }

    /// Costs a lookup while all is well: called for every forwarded request.
    private mutating func callAnswered(
        _ name: String, _ roundTrip: Duration?, _ now: Instant, _ effects: inout [RouterEffect]
    ) {
        guard let home = homes[name] else { return }
        let clears = configuration.answersToClear
        let wasHealthy = datacenters.change(home) { state in
            state.callAnswered(name, roundTrip, at: now, answersToClear: clears)
        }
        if wasHealthy == false { reassess(home, now, &effects) }
    }

    private mutating func callFailed(
        _ name: String, _ failure: CallFailure, _ now: Instant, _ effects: inout [RouterEffect]
    ) {
        guard let home = homes[name] else { return }
        switch failure {
        case .application: return callAnswered(name, nil, now, &effects)
        case .overloaded: return
        case .refused, .connectTimeout, .connectFailed, .noAnswer, .lost, .notSent: break
        }
        let configuration = configuration
        let isCounted = datacenters.change(home) { state -> Bool in
            guard let index = state.index(of: name) else { return false }
            state.servers[index].trip.callFailed(at: now)
            let last = state.servers[index].lastCountedCall
            guard last.map({ now - $0 >= configuration.pingInterval }) ?? true else { return false }
            state.servers[index].lastCountedCall = now
            state.servers[index].lastCall = (now, false)
            // A slow request proves nothing against its server: ask it at once instead.
            if failure == .refused || failure == .connectTimeout, let proof = PingFailure(failure, fresh: false) {
                state.servers[index].failed(proof, sent: now, configuration)
            }
            if state.servers[index].outstanding == nil {
                state.cursor = index
                state.nextRound = now
            }
            return true
        }
        if isCounted == true { reassess(home, now, &effects) }
    }

    /// The server is tried last until something comes from it, and is asked at once.
    private mutating func callSlow(_ name: String, sent: Instant, _ now: Instant, _ effects: inout [RouterEffect]) {
        guard let home = homes[name] else { return }
        let isNews = datacenters.change(home) { state -> Bool in
            guard let index = state.index(of: name), !state.servers[index].isSuspect,
                state.servers[index].lastAnswer.map({ $0 < sent }) ?? true
            else { return false }
            state.servers[index].isSuspect = true
            state.cursor = index
            state.nextRound = now
            return true
        }
        if isNews == true { reassess(home, now, &effects) }
    }

    /// A request that only a leader answers, or who has one, was answered: a lookup unless a leader is missed there.
    mutating func leaderAnswered(_ datacenter: String, _ now: Instant, _ effects: inout [RouterEffect]) {
        guard datacenters.ask(datacenter, { $0.leaderlessSince != nil }) == true else { return }
        datacenters.change(datacenter) { $0.leaderAnswered = now }
        reassess(datacenter, now, &effects)
    }

    func evidence(of server: String) -> ServerEvidence? {
        guard let home = homes[server], let index = datacenters[home]?.index(of: server) else { return nil }
        return datacenters[home]?.servers[index]
    }

    /// Remakes verdict, candidates and deadline after new evidence.
    private mutating func reassess(
        _ name: String, membersChanged: Bool = false, _ now: Instant, _ effects: inout [RouterEffect]
    ) {
        defer { setDeadline() }
        guard var state = datacenters.take(name) else { return }
        state.lookForLeader(configuration, at: now)
        let judged = state.judge(configuration, at: now)
        let (verdict, reason) = state.settle(judged, configuration, at: now)
        let old = state.verdict
        if verdict != old {
            effects.append(.verdictChanged(datacenter: name, from: old, to: verdict, reason: reason))
            state.verdict = verdict
            state.since = now
            keptRelays = [:]
        }
        state.reason = reason
        state.orderCandidates(membersChanged: membersChanged)
        datacenters.put(state)
        guard verdict != old else { return }
        record(name, .local, from: old, to: verdict, reason: reason, now)
        judgeForAll(now, &effects)
    }

    // MARK: Schedule

    package mutating func advance(to now: Instant, into effects: inout [RouterEffect]) {
        // Called for every batch: nothing of it costs a pass over the datacenters while nothing is due.
        guard nextDeadline <= now else { return }
        let dues = datacenters.toLookAt(at: now)
        for name in dues where datacenters.change(name, { $0.lane.advance(to: now) }) == true {
            effects.append(.breakerOpened(datacenter: name))
        }
        let configuration = configuration
        for name in dues where datacenters.change(name, { $0.nextJudgement(configuration) <= now }) == true {
            reassess(name, now, &effects)
        }
        judgeWhenDue(now, &effects)
        // The datacenter that has waited longest first, so that a spent budget starves none.
        let order = datacenters.toPing(at: now)
        var next = now
        for (place, name) in order.enumerated() where now >= pings.blockedUntil {
            if place.isMultiple(of: configuration.roundsTogether) {
                let (interval, spread) = (configuration.pingInterval, configuration.pingJitter)
                next = now + random.duration(in: interval * (1 - spread)..<interval * (1 + spread))
            }
            pingRound(name, next: next, now, &effects)
        }
        setDeadline()
    }

    /// - Parameter next: when the next round there is due.
    private mutating func pingRound(
        _ name: String, next: Instant, _ now: Instant, _ effects: inout [RouterEffect]
    ) {
        // A ping whose result never came counts as missed: the host answers each within `pingTimeout`.
        let limit = configuration.pingTimeout * 3
        let overdue = datacenters.ask(name) { $0.overduePings(sentBefore: now - limit) }
        for id in overdue ?? [] { handle(.pingFailed(id, .other("no result")), at: now, into: &effects) }
        let configuration = configuration
        // Out of the router for the moment, so that the state is worked on where it stands.
        var book = PingBook(maxPerSecond: 0)
        swap(&book, &pings)
        datacenters.change(name) { $0.beginRound(configuration, &book, next: next, at: now, into: &effects) }
        swap(&book, &pings)
    }

    private mutating func setDeadline() {
        let (round, other) = datacenters.earliest
        nextDeadline = min(max(round, pings.blockedUntil), other, judgingDue)
    }

    /// There is work at `deadline` at the latest.
    mutating func noteDeadline(_ deadline: Instant) { nextDeadline = min(nextDeadline, deadline) }

    // MARK: Answers

    package func verdict(of datacenter: String) -> Verdict? { datacenters[datacenter]?.verdict }

    /// Remote datacenters by name; those that have left included while their servers are still listed.
    package func reports(at now: Instant) -> [DatacenterReport] {
        let matrix = matrix(at: now)
        return names.compactMap { report($0, in: matrix, at: now) }
    }

    /// All datacenters with a server that has not left, the own one first, then by distance.
    /// - Parameter distance: to a server; nil when unknown.
    package func datacenters(distance: (RouteServer) -> Duration?) -> [String] {
        var distances: [(datacenter: String, distance: Duration?)] = [(configuration.datacenter, .zero)]
        for name in names {
            for evidence in datacenters[name]?.servers ?? [] where evidence.isActive {
                distances.append((name, distance(evidence.server)))
            }
        }
        return distanceOrder(distances, own: configuration.datacenter)
    }
}
