package import Determinism
package import FederationModel

// A plan in words: what `explain` shows is read off the plan that forwarding carries out.

extension Router {
    /// - Parameter plan: made at the same moment.
    package func explanation(of plan: ForwardPlan, at now: Instant) -> RouteExplanation {
        let state = datacenters[plan.ask.datacenter]
        var explanation = RouteExplanation()
        explanation.datacenter = plan.ask.datacenter
        explanation.verdict = state?.verdict.rawValue ?? ""
        explanation.reason = state?.reason ?? ""
        explanation.steps = steps(of: plan, state)
        explanation.hedgeAfter = plan.hedgeDelay ?? .zero
        explanation.slowAfter = plan.slowDelay
        var chosen: [Candidate] = []
        switch plan.decision {
        case .call(let candidates):
            explanation.decision = "call"
            chosen = candidates
        case .relay(let candidates):
            explanation.decision = "relay"
            chosen = candidates
        case .queue: explanation.decision = "queue"
        case .refuse(let error):
            explanation.decision = "refuse"
            explanation.error = error.label
            explanation.message = error.message
        }
        explanation.servers = servers(chosen, plan, state)
        explanation.relays = relays(for: plan, at: now)
        return explanation
    }

    private func servers(
        _ chosen: [Candidate], _ plan: ForwardPlan, _ state: DatacenterState?
    ) -> [RouteExplanation.Server] {
        let tried = chosen.enumerated().map { position, candidate in
            shown(candidate, position: position + 1, why: candidate.standing.words)
        }
        let isDirect = !plan.isRelayed && !chosen.isEmpty
        let others = isDirect ? [] : state?.candidates ?? []
        let passedOver = (others + (state?.passedOver ?? [])).map { candidate in
            let why = candidate.standing.isUsable ? "no server of its datacenter is asked" : candidate.standing.words
            return shown(candidate, position: 0, why: why)
        }
        return tried + passedOver
    }

    /// With the round trip of now: the order may be older.
    private func shown(_ candidate: Candidate, position: Int, why: String) -> RouteExplanation.Server {
        let trip = evidence(of: candidate.server.name)?.smoothedRoundTrip ?? candidate.roundTrip
        return RouteExplanation.Server(
            name: candidate.server.name, address: candidate.server.endpoint.description, roundTrip: trip ?? .zero,
            position: position, why: why)
    }

    private func relays(for plan: ForwardPlan, at now: Instant) -> [RouteExplanation.Relay] {
        names.filter { $0 != plan.ask.datacenter }.map { name in
            let use = relayUse(of: name, to: plan.ask.datacenter, at: now)
            return RouteExplanation.Relay(datacenter: name, isChosen: plan.relay == name, why: use.words)
        }
    }

    // MARK: Steps

    private func steps(of plan: ForwardPlan, _ state: DatacenterState?) -> [String] {
        let ask = plan.ask
        if plan.rule == .forgotten { return ["\(ask.datacenter) was forgotten and has not come back: refused"] }
        if plan.rule == .unseen {
            return ["\(ask.datacenter) has not been seen since this server started, and may exist: refused"]
        }
        guard let state else { return ["nothing is known of \(ask.datacenter): refused"] }
        var steps: [String] = []
        if plan.rule == .hops {
            return ["the request has crossed \(ask.hopCount) borders, as many as it may: refused"]
        }
        let kind = ask.needsLeader ? "the request needs the leader" : "any server may answer the request"
        switch plan.rule {
        case .hasLeft, .verdict:
            steps.append("the verdict is \(state.verdict.rawValue) and \(kind): no server of it is asked")
            return steps + [ending(of: plan)]
        case .forgotten, .unknown, .unseen, .hops: return steps
        case .breaker, .limits, .noServer, .order:
            steps.append("the verdict is \(state.verdict.rawValue) and \(kind): it is asked")
        }
        let lane = state.lane
        if case .breaker(let needsLeader) = plan.rule {
            let which = needsLeader ? "requests that need the leader" : "all requests"
            let state = words(of: needsLeader ? lane.leader : lane.any)
            steps.append("the breaker of \(which) is \(state): no server of it is asked")
            return steps + [ending(of: plan)]
        }
        steps.append("the breaker is \(words(of: lane.breaker(needsLeader: ask.needsLeader)))")
        if plan.rule == .noServer { return steps + ["none of its servers answers", ending(of: plan)] }
        let limits = lane.limits
        steps.append(
            "\(limits.inFlight) of \(limits.maxInFlight) requests are in the air, \(limits.queued) of "
                + "\(limits.maxQueued) wait, \(limits.blocking) of \(limits.maxBlocking) block, \(limits.bytes) of "
                + "\(limits.maxBytes) bytes")
        if case .limits = plan.rule { return steps + [ending(of: plan)] }
        steps.append(ask.needsLeader ? "the leader first, then by health and round trip" : "by health and round trip")
        if let delay = plan.hedgeDelay {
            steps.append(
                "a second server is asked after \(delay.goText) without an answer, \(lane.hedges.available) hedges are "
                    + "left")
        } else {
            steps.append(
                ask.mayHedge ? "no second server is asked early: too few answers were timed"
                    : "no second server is asked early: only stale and default reads that do not wait")
        }
        steps.append("a call without an answer for \(plan.slowDelay.goText) speaks against its server")
        steps.append(
            ask.changesNothing ? "one retry on another server" : "one retry on another server if it was not processed")
        return steps + [ending(of: plan)]
    }

    private func words(of breaker: CircuitBreaker) -> String {
        switch breaker.state {
        case .closed: "closed"
        case .open: "open"
        case .halfOpen(_, let isTrialUnderWay): isTrialUnderWay ? "half open, a trial is under way" : "half open"
        }
    }

    private func ending(of plan: ForwardPlan) -> String {
        switch plan.decision {
        case .call(let candidates): "\(candidates.first?.server.name ?? "") is called"
        case .relay(let servers):
            "\(servers.first?.server.name ?? "") is called, and \(plan.relay ?? "") hands it on"
        case .queue: "it waits until another request ends"
        case .refuse(let error): "refused: \(error.label)"
        }
    }
}
