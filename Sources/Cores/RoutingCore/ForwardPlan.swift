import Determinism
package import FederationModel

/// What is done with a request for another datacenter, and by which rule. Made by one pure function from what is known
/// at one moment: forwarding carries it out, and `explain` shows it.
package struct ForwardPlan: Equatable, Sendable {
    package enum Decision: Equatable, Sendable {
        /// Servers in the order they are tried.
        case call([Candidate])
        /// Servers of other datacenters that hand it on: the first one of each, then the others.
        case relay([Candidate])
        /// Until one of the requests in the air ends.
        case queue
        case refuse(FederationError)
    }

    /// What decided.
    package enum Rule: Equatable, Sendable {
        case forgotten
        case unknown
        case unseen
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
    /// It follows from answers that were counted; else it is what is usual.
    package let isSlowDelayMeasured: Bool

    /// The datacenter that is asked first to hand it on.
    package var relay: String? {
        if case .relay(let servers) = decision { servers.first?.server.datacenter } else { nil }
    }
    package var isRelayed: Bool { relay != nil }

    /// - Parameters:
    ///   - state: nil when nothing is known of the datacenter.
    ///   - relays: in the order of preference; asked for only when the datacenter is unreachable.
    ///   - measure: how many bytes the body has; asked for only when it would be sent. Nil: as `ask` says.
    init(_ ask: ForwardAsk, _ state: DatacenterState?, relays: () -> [Relay], measure: (() -> Int)? = nil) {
        var ask = ask
        verdict = state?.verdict
        lane = state?.lane.number
        slowDelay = state?.lane.slowDelay ?? Lane.usualSlow
        isSlowDelayMeasured = state?.lane.latency.p95 != nil
        hedgeDelay = ask.mayHedge ? state?.lane.hedgeDelay : nil
        (rule, decision) = Self.decide(&ask, state, relays, measure)
        self.ask = ask
        let breaker = state?.lane.breaker(needsLeader: ask.needsLeader)
        isTrial = rule == .order && breaker?.passes.isTrial == true
    }

    /// The rules in their order. The first that decides ends the matter.
    private static func decide(
        _ ask: inout ForwardAsk, _ state: DatacenterState?, _ relays: () -> [Relay], _ measure: (() -> Int)?
    ) -> (Rule, Decision) {
        let datacenter = ask.datacenter
        if ask.isForgotten { return (.forgotten, .refuse(.forgotten(datacenter: datacenter))) }
        guard let state else {
            if ask.isUnseen { return (.unseen, .refuse(.notJoined(datacenter: datacenter))) }
            return (.unknown, .refuse(.unknownDatacenter(datacenter)))
        }
        let lane = state.lane
        if ask.hopCount >= Relay.maxHopCount { return (.hops, .refuse(.unknownDatacenter(datacenter))) }
        if let (rule, error) = state.refusal(needsLeader: ask.needsLeader) { return (rule, .refuse(error)) }
        if state.verdict == .unreachable {
            let error = FederationError.unreachable(datacenter: datacenter)
            return (.verdict(.unreachable), detour(&ask, lane, relays, measure, or: error))
        }
        let candidates = ask.needsLeader ? state.leaderFirst : state.candidates
        guard !candidates.isEmpty else { return (.noServer, .refuse(.unreachable(datacenter: datacenter))) }
        ask.measured(by: measure)
        let admission = lane.limits.admission(of: ask)
        switch admission {
        case .refuse(let what): return (.limits(admission), .refuse(.overloaded(what: what)))
        case .queue: return (.limits(admission), .queue)
        case .go: return (.order, .call(candidates))
        }
    }

    /// Over another datacenter when there is one and room on the way; not for a request that is on a detour already.
    private static func detour(
        _ ask: inout ForwardAsk, _ lane: Lane, _ relays: () -> [Relay], _ measure: (() -> Int)?,
        or error: FederationError
    ) -> Decision {
        guard ask.hopCount == 0 else { return .refuse(error) }
        let relays = relays().filter { !$0.servers.isEmpty }
        guard !relays.isEmpty else { return .refuse(error) }
        ask.measured(by: measure)
        guard lane.limits.admission(of: ask) == .go else { return .refuse(error) }
        // A retry goes through another datacenter: what failed one server of a relay will soon fail the next one.
        return .relay(relays.map { $0.servers[0] } + relays.flatMap { $0.servers.dropFirst() })
    }
}
