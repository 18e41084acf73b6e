import Determinism
package import FederationModel

/// What is done with a request for another datacenter, and by which rule. Made by one pure function from what is known
/// at one moment: forwarding carries it out, and `explain` shows it.
package struct ForwardPlan: Equatable, Sendable {
    package enum Decision: Equatable, Sendable {
        /// Servers in the order they are tried.
        case call([Candidate])
        /// Servers of another datacenter that hands it on.
        case relay(through: String, [Candidate])
        /// Until one of the requests in the air ends.
        case queue
        case refuse(FederationError)
    }

    /// What decided.
    package enum Rule: Equatable, Sendable {
        case forgotten
        case unknown
        case hasLeft
        case verdict(Verdict)
        case breaker(needsLeader: Bool)
        case limits(DatacenterLimits.Admission)
        case noServer
        case hops
        case order
    }

    package let ask: ForwardAsk
    /// Of the datacenter's lane; nil when nothing is known of it.
    let lane: UInt64?
    package let verdict: Verdict?
    package let rule: Rule
    package let decision: Decision
    /// It passes a half-open breaker: others wait for its outcome.
    package let isTrial: Bool
    /// A second server is asked after so long, if the budget allows; nil: never.
    package let hedgeDelay: Duration?
    /// Its call then speaks against the server that has it.
    package let slowDelay: Duration

    /// The datacenter that hands it on.
    package var relay: String? { if case .relay(let name, _) = decision { name } else { nil } }
    package var isRelayed: Bool { relay != nil }

    /// - Parameters:
    ///   - state: nil when nothing is known of the datacenter.
    ///   - relays: in the order of preference; asked for only when the datacenter is unreachable.
    init(_ ask: ForwardAsk, _ state: DatacenterState?, relays: () -> [Relay]) {
        self.ask = ask
        verdict = state?.verdict
        lane = state?.lane.number
        slowDelay = state?.lane.slowDelay ?? Lane.usualSlow
        hedgeDelay = ask.mayHedge ? state?.lane.hedgeDelay : nil
        (rule, decision) = Self.decide(ask, state, relays)
        let breaker = state?.lane.breaker(needsLeader: ask.needsLeader)
        isTrial = rule == .order && breaker?.passes.isTrial == true
    }

    /// The rules in their order. The first that decides ends the matter.
    private static func decide(
        _ ask: ForwardAsk, _ state: DatacenterState?, _ relays: () -> [Relay]
    ) -> (Rule, Decision) {
        let datacenter = ask.datacenter
        if ask.isForgotten { return (.forgotten, .refuse(.forgotten(datacenter: datacenter))) }
        guard let state else { return (.unknown, .refuse(.unknownDatacenter(datacenter))) }
        let lane = state.lane
        if ask.hopCount >= Relay.maxHopCount { return (.hops, .refuse(.unknownDatacenter(datacenter))) }
        switch state.verdict {
        case .left: return (.hasLeft, .refuse(.left(datacenter: datacenter)))
        case .leaderless where ask.needsLeader:
            return (.verdict(.leaderless), .refuse(.leaderless(datacenter: datacenter)))
        case .unreachable:
            return (.verdict(.unreachable), detour(ask, lane, relays, or: .unreachable(datacenter: datacenter)))
        // No detour helps where connections are accepted and nothing is answered.
        case .frozen: return (.verdict(.frozen), .refuse(.frozen(datacenter: datacenter)))
        case .up, .degraded, .leaderless: break
        }
        // Who needs the leader needs a server, too.
        if !lane.any.passes.allowed { return (.breaker(needsLeader: false), .refuse(state.outageError)) }
        if ask.needsLeader && !lane.leader.passes.allowed {
            let isLeaderless = state.isWithoutLeader
            return (
                .breaker(needsLeader: true),
                .refuse(isLeaderless ? .leaderless(datacenter: datacenter) : state.outageError)
            )
        }
        let candidates = ask.needsLeader ? state.leaderFirst : state.candidates
        guard !candidates.isEmpty else { return (.noServer, .refuse(.unreachable(datacenter: datacenter))) }
        let admission = lane.limits.admission(of: ask)
        switch admission {
        case .refuse(let what): return (.limits(admission), .refuse(.overloaded(what: what)))
        case .queue: return (.limits(admission), .queue)
        case .go: return (.order, .call(candidates))
        }
    }

    /// Over another datacenter when there is one and room on the way; not for a request that is on a detour already.
    private static func detour(
        _ ask: ForwardAsk, _ lane: Lane, _ relays: () -> [Relay], or error: FederationError
    ) -> Decision {
        guard ask.hopCount == 0, lane.limits.admission(of: ask) == .go,
            let relay = relays().first(where: { !$0.servers.isEmpty })
        else { return .refuse(error) }
        return .relay(through: relay.datacenter, relay.servers)
    }
}
