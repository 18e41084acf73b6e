package import Determinism
package import FederationModel

/// How a call to a server of another datacenter ended, or how it goes.
package enum CallOutcome: Equatable, Sendable {
    case answered(after: Duration)
    case failed(CallFailure)
    /// Its caller has taken it back, or another server was faster.
    case cancelled
}

// Plans of requests for other datacenters, and what is learned from what becomes of them.

extension Router {
    /// What is done with a request now: who asks twice gets the same plan twice.
    /// - Parameter measure: how many bytes the body has; asked for only when it would be sent.
    package mutating func plan(_ ask: ForwardAsk, at now: Instant, measure: (() -> Int)? = nil) -> ForwardPlan {
        let state = datacenters[ask.datacenter]
        return ForwardPlan(ask, state, relays: { relays(to: ask.datacenter, at: now) }, measure: measure)
    }

    /// Servers in the order they should be tried. At once, without waiting: once a verdict stands, requests fail fast.
    /// - Parameter needsLeader: the request is answered only by, or with, the leader.
    package mutating func route(
        _ datacenter: String, needsLeader: Bool, at now: Instant
    ) -> Result<[RouteServer], FederationError> {
        let ask = ForwardAsk(
            datacenter: datacenter, needsLeader: needsLeader, changesNothing: true, hopCount: Relay.maxHopCount - 1)
        switch plan(ask, at: now).decision {
        case .call(let candidates): return .success(candidates.map(\.server))
        case .refuse(let error): return .failure(error)
        case .queue, .relay: return .failure(.overloaded(what: "requests for \(datacenter)"))
        }
    }

    /// Of each datacenter for which some requests are refused, whoever asks and whenever.
    package var refusals: [String: StandingRefusal] { datacenters.standingRefusals }
    package func refusal(of datacenter: String) -> StandingRefusal? { datacenters.standingRefusal(of: datacenter) }
    /// Another one whenever `refusals` are others.
    package mutating func refusalGeneration() -> Int { datacenters.refusalGeneration }

    // MARK: Relays

    /// Rows change each second; 10,000 requests that are planned anew when a verdict falls read them once.
    private static let relayAge = Duration.milliseconds(100)

    /// Datacenters that say they reach `datacenter`, by the round trip over them, then by name.
    mutating func relays(to datacenter: String, at now: Instant) -> [Relay] {
        if let kept = keptRelays[datacenter], now - kept.at < Self.relayAge { return kept.relays }
        let found = findRelays(to: datacenter, at: now)
        keptRelays[datacenter] = (now, found)
        return found
    }

    private func findRelays(to datacenter: String, at now: Instant) -> [Relay] {
        let found = names.filter { $0 != datacenter }.compactMap { name -> (relay: Relay, trip: Duration)? in
            guard case .usable(let trip) = relayUse(of: name, to: datacenter, at: now) else { return nil }
            return (Relay(name, servers: relayServers(of: name, to: datacenter, at: now)), trip)
        }
        return found.sorted { ($0.trip, $0.relay.datacenter) < ($1.trip, $1.relay.datacenter) }.map(\.relay)
    }

    enum RelayUse: Equatable, Sendable {
        case usable(trip: Duration)
        case cannotBeAsked(Verdict)
        case isConsul
        case reachesNot
        /// Or what it said is from before the outage, or from its first seconds, in which nobody knows better yet.
        case saysNothing

        var words: String {
            switch self {
            case .usable(let trip): "says that it reaches it, round trip \(trip)"
            case .cannotBeAsked(let verdict): "is \(verdict.rawValue)"
            case .isConsul: "has no server that relays"
            case .reachesNot: "says that it does not reach it"
            case .saysNothing: "has not said yet whether it reaches it"
            }
        }
    }

    func relayUse(of name: String, to datacenter: String, at now: Instant) -> RelayUse {
        guard let state = datacenters[name] else { return .saysNothing }
        guard state.verdict == .up || state.verdict == .degraded || state.verdict == .leaderless,
            state.lane.any.passes.allowed
        else { return .cannotBeAsked(state.verdict) }
        guard state.candidates.contains(where: \.server.isIsthmus) else { return .isConsul }
        let words = freshWords(of: name, about: datacenter, at: now)
        guard !words.isEmpty else { return .saysNothing }
        guard words.contains(where: \.entry.reaches) else { return .reachesNot }
        let asked = state.servers.lazy.filter { $0.server.isIsthmus && $0.standing.isUsable }
        let here = asked.compactMap(\.smoothedRoundTrip).min() ?? .seconds(1)
        let there = words.lazy.filter(\.entry.reaches).compactMap(\.entry.roundTrip).min() ?? .seconds(1)
        return .usable(trip: here + there)
    }

    /// How long after our verdict a row must have been written: who has seen the same outage has its verdict by then.
    /// Without it a datacenter that is down for all would be asked over each one that has not noticed yet.
    private static let relayDelay = Duration.seconds(5)

    /// What servers of one datacenter said of another since our own verdict on that one.
    private func freshWords(
        of name: String, about datacenter: String, at now: Instant
    ) -> [(server: String, entry: ReachabilityRow.Entry)] {
        guard let state = datacenters[datacenter] else { return [] }
        let age = min(now - (state.since + Self.relayDelay), configuration.rowLifetime)
        guard age > .zero else { return [] }
        return book.held(of: name, within: age, at: now).compactMap { held in
            held.row[datacenter].map { (held.row.server, $0) }
        }
    }

    /// Servers that say so themselves come first; those that say otherwise are left out.
    private func relayServers(of name: String, to datacenter: String, at now: Instant) -> [Candidate] {
        let words = freshWords(of: name, about: datacenter, at: now)
        var (sure, unsure): ([Candidate], [Candidate]) = ([], [])
        for candidate in datacenters[name]?.candidates ?? [] where candidate.server.isIsthmus {
            switch words.first(where: { $0.server == candidate.server.node })?.entry.reaches {
            case true?: sure.append(candidate)
            case nil: unsure.append(candidate)
            case false?: break
            }
        }
        return sure + unsure
    }

    /// Whether a server of another datacenter has this address.
    package func isForeign(_ address: IPAddress) -> Bool {
        names.contains { datacenters[$0]?.servers.contains { $0.server.endpoint.address == address } == true }
    }

    // MARK: Places

    /// A place among those in the air is taken, and the budget of hedges grows.
    package mutating func began(_ plan: ForwardPlan) {
        change(plan) { lane in
            lane.limits.began(plan.ask)
            if plan.ask.mayHedge { lane.hedges.sent() }
        }
    }

    package mutating func ended(_ plan: ForwardPlan) { change(plan) { $0.limits.ended(plan.ask) } }

    package mutating func queued(_ plan: ForwardPlan) { change(plan) { $0.limits.joined(plan.ask) } }

    package mutating func leftQueue(_ plan: ForwardPlan) { change(plan) { $0.limits.leftQueue(plan.ask) } }

    /// Whether one that waits may go.
    package func hasRoom(for datacenter: String) -> Bool {
        datacenters[datacenter]?.lane.limits.hasRoom ?? true
    }

    package func hasQueue(for datacenter: String) -> Bool {
        (datacenters[datacenter]?.lane.limits.queued ?? 0) > 0
    }

    /// Whether one more request may be asked of a second server; takes it from the budget.
    package mutating func spendHedge(_ plan: ForwardPlan) -> Bool {
        var mayHedge = false
        change(plan) { mayHedge = $0.hedges.spend() }
        return mayHedge
    }

    /// A datacenter that was forgotten and came back has a lane that knows nothing of older requests.
    private mutating func change(_ plan: ForwardPlan, _ change: (inout Lane) -> Void) {
        guard let lane = plan.lane else { return }
        datacenters.changeLane(plan.ask.datacenter, number: lane, change)
    }

    // MARK: Outcomes

    /// A call leaves for a server of the asked datacenter.
    package mutating func sent(_ plan: ForwardPlan, at now: Instant) {
        guard !plan.ask.isBlocking, !plan.isRelayed else { return }
        var deadline = Instant.distantFuture
        change(plan) { lane in
            lane.sent(plan.ask, at: now)
            deadline = lane.nextDeadline
        }
        noteDeadline(deadline)
    }

    /// - Parameter server: its name. One of a relay answers for itself alone, not for the asked datacenter.
    package mutating func ended(
        _ plan: ForwardPlan, server: String, _ outcome: CallOutcome, at now: Instant,
        into effects: inout [RouterEffect]
    ) {
        if !plan.isRelayed && !plan.ask.isBlocking { change(plan) { $0.count(plan.ask, outcome, at: now) } }
        switch outcome {
        case .answered:
            handle(.callAnswered(name: server, roundTrip: nil), at: now, into: &effects)
            // A query that waits may end at who leads no longer.
            let provesLeader = plan.ask.needsLeader && !plan.ask.isBlocking && !plan.isRelayed
            if provesLeader { leaderAnswered(plan.ask.datacenter, now, &effects) }
        case .failed(let failure): handle(.callFailed(name: server, failure), at: now, into: &effects)
        case .cancelled: break
        }
    }

    /// Whether anything has come from a server since then.
    package func isAnswered(_ server: String, since sent: Instant) -> Bool {
        evidence(of: server)?.lastAnswer.map { $0 >= sent } ?? false
    }
}
