package import FederationModel

/// What every request for a datacenter is refused with, until its state is another one: neither the time nor the
/// request's size decides. Known outside of the control loop, where thousands of callers are refused at once.
package struct StandingRefusal: Equatable, Sendable {
    /// Of a request that any server answers.
    package let ofAny: FederationError?
    /// Of a request that needs the leader.
    package let ofLeader: FederationError?

    package init(ofAny: FederationError?, ofLeader: FederationError?) {
        self.ofAny = ofAny
        self.ofLeader = ofLeader
    }

    package func error(needsLeader: Bool) -> FederationError? { needsLeader ? ofLeader : ofAny }
}

extension DatacenterState {
    /// The rules of the plan that look at nothing but the datacenter. A detour may help where it is unreachable.
    func refusal(needsLeader: Bool) -> (rule: ForwardPlan.Rule, error: FederationError)? {
        switch verdict {
        case .left: return (.hasLeft, .left(datacenter: name))
        case .leaderless where needsLeader: return (.verdict(.leaderless), .leaderless(datacenter: name))
        // No detour helps where connections are accepted and nothing is answered.
        case .frozen: return (.verdict(.frozen), .frozen(datacenter: name))
        case .unreachable: return nil
        case .up, .degraded, .leaderless: break
        }
        // Who needs the leader needs a server, too.
        if !lane.any.passes.allowed { return (.breaker(needsLeader: false), outageError) }
        guard needsLeader && !lane.leader.passes.allowed else { return nil }
        return (.breaker(needsLeader: true), isWithoutLeader ? .leaderless(datacenter: name) : outageError)
    }

    /// Nil while there is a request that is not refused. Mutating, so that it is asked of a state where it stands.
    mutating func refusal() -> StandingRefusal? {
        guard let ofLeader = refusal(needsLeader: true)?.error else { return nil }
        return StandingRefusal(ofAny: refusal(needsLeader: false)?.error, ofLeader: ofLeader)
    }
}
