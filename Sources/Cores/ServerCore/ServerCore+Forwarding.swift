import Determinism
import FederationModel
import RPCCore
import RoutingCore
import SerfCore
import WireFormat

// The life of a request for another datacenter: plan → call → (hedge | retry) → finish. The plan is `RoutingCore`'s.

extension ServerCore {
    /// - Parameter hasWaited: for a place, which is there now.
    mutating func forward(_ number: UInt64, to datacenter: String, hasWaited: Bool = false, at now: Instant) {
        guard let pending = requests[number] else { return }
        var ask = ask(pending.request, to: datacenter, hopCount: pending.notes.hopCount, at: now)
        ask.hasWaited = hasWaited
        // Who asks over the server RPC was noted as it came in.
        if ask.isForgotten, case .frontEnd = pending.origin {
            asked(for: datacenter, by: "this agent by \(pending.request.method)", at: now)
        }
        var body: [UInt8]?
        let plan = router.plan(ask, at: now) {
            let bytes = Self.encoded(pending.request)
            body = bytes
            return bytes.count
        }
        switch plan.decision {
        case .refuse(let error): finish(number, .failure(error), at: now)
        case .queue:
            var forward = Forward(plan, candidates: [])
            forward.isQueued = true
            router.queued(plan)
            forwards.add(forward, as: number)
            requests.move(number, to: .forwarding)
        case .call(let candidates), .relay(let candidates):
            router.began(plan)
            forwards.add(Forward(plan, candidates: candidates), as: number)
            requests.move(number, to: .forwarding)
            attempt(number, .first, body, at: now)
        }
    }

    /// What forwarding and `explain` put to the plan.
    private func ask(_ request: Request, to datacenter: String, hopCount: Int, at now: Instant) -> ForwardAsk {
        var ask = ForwardAsk(request, to: datacenter, hopCount: hopCount)
        ask.isForgotten = forgetting.isForgotten(datacenter)
        ask.isUnseen = isUnseen(datacenter, at: now)
        return ask
    }

    private static func encoded(_ request: Request) -> [UInt8] {
        var writer = MessagePackWriter()
        request.encodeBody(into: &writer)
        return writer.bytes
    }

    /// Calls the next server.
    private mutating func attempt(
        _ number: UInt64, _ reason: Forward.Attempt.Reason, _ body: [UInt8]? = nil, at now: Instant
    ) {
        guard let forward = forwards[number], let candidate = forward.next, let pending = requests[number] else {
            return
        }
        let call = requests.newCall()
        metrics.add(.forward)
        switch reason {
        case .first: break
        case .hedge: metrics.add(.forwardHedged)
        case .retry: metrics.add(.forwardRetried)
        }
        forwards.sent(Forward.Attempt(call: call, candidate: candidate, reason: reason, sentAt: now), of: number)
        router.sent(forward.plan, at: now)
        if !forward.plan.ask.isBlocking {
            if reason == .first, let delay = forward.plan.hedgeDelay, forward.candidates.count > 1 {
                forwards.remind(call, of: .hedge, at: now + delay)
            }
            let delay = forward.slowDelay(candidate, left: pending.deadline - now)
            forwards.remind(call, of: .slow, at: now + delay)
        }
        switchboard.handle(
            .call(
                call, to: candidate.server.endpoint, method: pending.request.method,
                body: body ?? Self.encoded(pending.request), deadline: pending.deadline, fresh: false,
                notes: notes(of: forward, pending)),
            at: now, into: &switchboardEffects)
    }

    /// A direct call counts no hops: what its datacenter does with it is no matter of borders.
    private func notes(of forward: Forward, _ pending: PendingRequest) -> CallNotes {
        let crossed = pending.notes.hopCount
        return CallNotes(
            hopCount: forward.plan.isRelayed || crossed > 0 ? crossed + 1 : 0, explains: pending.notes.explains)
    }

    /// An answer told of its way.
    mutating func noted(_ call: CallID, _ details: ErrorDetails) {
        guard let number = forwards.number(of: call) ?? requests.request(of: call) else { return }
        requests.note(number) { $0.takeRoute(details) }
    }

    /// The way a request has taken from here on: this server, and every server it called with what became of it.
    func route(of pending: PendingRequest, _ forward: Forward?, at now: Instant) -> String {
        var words = ["\(configuration.node).\(configuration.datacenter)"]
        if case .calling(_, let route) = pending.stage, pending.details.route.isEmpty { words.append(name(of: route)) }
        words += pending.earlierCalls + (forward?.words(at: now) ?? [])
        return (words + [pending.details.route]).filter { !$0.isEmpty }.joined(separator: " > ")
    }

    /// A request for a third datacenter that another datacenter hands on without counting hops: no relay of ours does
    /// so, and serving it could close a loop. Agents of the own datacenter ask for any.
    func refusal(of request: Request, _ notes: CallNotes, from peer: Endpoint) -> FederationError? {
        guard notes.hopCount == 0, let datacenter = request.datacenter, datacenter != configuration.datacenter,
            configuration.isServer, router.isForeign(peer.address),
            !lan.members.contains(where: { $0.endpoint.address == peer.address })
        else { return nil }
        return .unknownDatacenter(datacenter)
    }

    // MARK: While a call is under way

    mutating func advanceForwards(at now: Instant) {
        endFallen(at: now)
        while let (number, call, step) = forwards.popDue(at: now) {
            guard let forward = forwards[number], let attempt = forward.attempts.first(where: { $0.call == call })
            else { continue }
            switch step {
            case .hedge:
                guard forward.attempts.count == 1, !forward.hasFallen, router.spendHedge(forward.plan) else { continue }
                self.attempt(number, .hedge, at: now)
            case .slow:
                let server = attempt.candidate.server.name
                router.handle(.callSlow(name: server, sent: attempt.sentAt), at: now, into: &routerEffects)
                guard forward.plan.ask.changesNothing, forward.retryCount == 0, let pending = requests[number] else {
                    continue
                }
                forwards.remind(call, of: .move, at: now + forward.grace(left: pending.deadline - now))
            case .move:
                let isAlone = forward.attempts.count { $0.end == nil } == 1
                guard isAlone, !forward.hasFallen, forward.retryCount < RetryPolicy.acrossDatacenters.maxRetries,
                    let place = placeToMove(forward, from: attempt)
                else { continue }
                forwards.prefer(place, for: number)
                self.attempt(number, .retry, at: now)
            }
        }
        performRouter(at: now)
    }

    /// Others answer and this one does not: the request need not wait for it, and goes to the first that does. When the
    /// whole datacenter is slow, nothing is asked twice. Another relay is another way: what the first one answers to
    /// pings says nothing of its own line.
    private func placeToMove(_ forward: Forward, from attempt: Forward.Attempt) -> Int? {
        let (slow, sent) = (attempt.candidate.server, attempt.sentAt)
        let isSilent = !router.isAnswered(slow.name, since: sent)
        return forward.candidates.indices.dropFirst(forward.attempts.count).first { place in
            let next = forward.candidates[place].server
            return next.datacenter != slow.datacenter || (isSilent && router.isAnswered(next.name, since: sent))
        }
    }

    /// - Returns: false when the call belongs to no request for another datacenter.
    mutating func forwardCompleted(
        _ call: CallID, _ result: Result<[UInt8], CallFailure>, at now: Instant
    ) -> Bool {
        guard let number = forwards.number(of: call), let forward = forwards[number],
            let pending = requests[number], let attempt = forward.attempts.first(where: { $0.call == call })
        else { return false }
        let server = attempt.candidate.server.name
        switch result {
        case .success(let body):
            let words = pending.notes.explains ? "answered in \((now - attempt.sentAt).goText)" : "answered"
            forwards.ended(call, words, isAnswered: true)
            router.ended(
                forward.plan, server: server, .answered(after: now - attempt.sentAt), at: now, into: &routerEffects)
            for other in forward.attempts where other.end == nil && other.sentAt < attempt.sentAt {
                let name = other.candidate.server.name
                router.handle(.callSlow(name: name, sent: other.sentAt), at: now, into: &routerEffects)
            }
            performRouter(at: now)
            finish(number, decode(body, answering: pending.request), at: now)
        case .failure(let failure):
            metrics.add(.forwardFailed)
            forwards.ended(call, failure.message)
            requests.note(number) { details in
                details.server = server
                if case .application(_, _, let inner) = failure { details.take(inner) }
            }
            router.ended(forward.plan, server: server, .failed(failure), at: now, into: &routerEffects)
            performRouter(at: now)
            forwardFailed(number, failure, at: now)
        }
        return true
    }

    private mutating func forwardFailed(_ number: UInt64, _ failure: CallFailure, at now: Instant) {
        guard let forward = forwards[number], let pending = requests[number] else { return }
        let ask = forward.plan.ask
        let isSafe = failure.isCertainlyNotProcessed || ask.changesNothing
        // Another call may still be answered; an answer that nothing changes is given at once.
        let policy = RetryPolicy.acrossDatacenters
        let mayTryAgain = policy.allows(pending.request, after: failure, retryCount: forward.retryCount)
            || forward.plan.isRelayed && policy.allowsOtherRelay(after: failure, retryCount: forward.retryCount)
        if forward.isUnderWay && isSafe && (mayTryAgain || forward.hasFallen) { return }
        if forward.hasFallen && isSafe && now < pending.deadline { return planAgain(number, at: now) }
        guard mayTryAgain, now < pending.deadline, forward.next != nil else {
            var error = Self.error(failure, of: pending.request, datacenter: ask.datacenter, limit: pending.limit)
            // What a relay does not know exists all the same: it is known here.
            if forward.plan.isRelayed, error.deniesDatacenter { error = .unreachable(datacenter: ask.datacenter) }
            if forward.hasFallen, case .outcomeUnknown = error {
                error = .outcomeUnknown(reason: "\(ask.datacenter) stopped answering")
            }
            return finish(number, .failure(error), at: now)
        }
        attempt(number, .retry, at: now)
    }

    private mutating func planAgain(_ number: UInt64, at now: Instant) {
        guard let forward = forwards[number] else { return }
        if requests[number]?.notes.explains == true { requests.noteCalls(number, forward.words(at: now)) }
        _ = endForward(number, at: now)
        self.forward(number, to: forward.plan.ask.datacenter, at: now)
    }

    // MARK: Ends

    /// The request is answered, taken back or planned anew: its calls and its place are given up.
    mutating func endForward(_ number: UInt64, at now: Instant) -> Forward? {
        guard let forward = forwards.remove(number) else { return nil }
        for attempt in forward.attempts where attempt.end == nil {
            router.ended(
                forward.plan, server: attempt.candidate.server.name, .cancelled, at: now, into: &routerEffects)
            switchboard.handle(.cancelCall(attempt.call), at: now, into: &switchboardEffects)
        }
        if forward.isQueued {
            router.leftQueue(forward.plan)
        } else {
            router.ended(forward.plan)
            startQueued(for: forward.plan.ask.datacenter, at: now)
        }
        return forward
    }

    /// Who waited longest takes the place that became free. When nobody is let through they are told so in parts.
    private mutating func startQueued(for datacenter: String, at now: Instant) {
        guard router.hasQueue(for: datacenter) else { return }
        var count = 0
        let isRefused = router.refusal(of: datacenter)?.ofAny != nil
        while !isRefused && count < ForwardTable.maxStartCount, router.hasRoom(for: datacenter),
            let number = forwards.takeQueued(for: datacenter)
        {
            count += 1
            if let forward = forwards.remove(number) { router.leftQueue(forward.plan) }
            forward(number, to: datacenter, hasWaited: true, at: now)
        }
        guard isRefused || count == ForwardTable.maxStartCount, !forwards.isFalling(datacenter) else { return }
        queuedFall(datacenter)
    }

    private mutating func queuedFall(_ datacenter: String) {
        let numbers = forwards.numbers { $0.isQueued && $0.plan.ask.datacenter == datacenter }
        forwards.fall(numbers, in: datacenter, hasFallen: false)
    }

    /// The deadline passed. Calls that are still under way say whether they were sent.
    mutating func expireForward(_ number: UInt64, at now: Instant) {
        for attempt in forwards[number]?.attempts ?? [] where attempt.end == nil {
            switchboard.handle(.expireCall(attempt.call), at: now, into: &switchboardEffects)
        }
        performSwitchboard(at: now)
        guard let pending = requests[number] else { return }
        finish(number, .failure(.timedOut(after: pending.limit)), at: now)
    }

    /// A verdict fell that ends all hope of an answer: nobody waits any longer for one.
    mutating func datacenterFell(_ datacenter: String, at now: Instant) {
        let numbers = forwards.numbers { $0.plan.ask.datacenter == datacenter || $0.isUnderWay(in: datacenter) }
        forwards.fall(numbers, in: datacenter, hasFallen: true)
    }

    /// Requests are refused from now on: those that wait for a place are planned anew, too.
    mutating func breakerOpened(_ datacenter: String, at now: Instant) {
        log(
            .warning, "requests for a datacenter are refused: it has stopped answering them",
            ["federation.datacenter": datacenter])
        queuedFall(datacenter)
    }

    private mutating func endFallen(at now: Instant) {
        for (number, datacenter, hasFallen) in forwards.takeFallen(at: now) {
            guard let forward = forwards[number] else { continue }
            if forward.isQueued {
                planAgain(number, at: now)
                continue
            }
            guard hasFallen, forward.isUnderWay(in: datacenter) || !forward.plan.isRelayed else { continue }
            forwards.fell(number)
            for attempt in forward.attempts where attempt.isUnderWay(in: datacenter) {
                switchboard.handle(.expireCall(attempt.call), at: now, into: &switchboardEffects)
            }
        }
    }
}

// MARK: - Explaining

extension ServerCore {
    /// The plan that the same request would get now.
    mutating func explain(_ asked: ExplainRequest, at now: Instant) -> Result<Response, FederationError> {
        guard let request = asked.request else {
            return .failure(.badRequest("mode \"\(asked.mode)\" is none of default, stale, consistent, write"))
        }
        var explanation: RouteExplanation
        if asked.target == configuration.datacenter {
            explanation = RouteExplanation()
            explanation.datacenter = asked.target
            explanation.decision = "here"
            explanation.steps = ["the datacenter is this server's own: nothing is forwarded to another one"]
        } else {
            let ask = ask(request, to: asked.target, hopCount: 0, at: now)
            let plan = router.plan(ask, at: now) { Self.encoded(request).count }
            explanation = router.explanation(of: plan, at: now)
        }
        explanation.server = "\(configuration.node).\(configuration.datacenter)"
        explanation.service = asked.service
        explanation.mode = asked.mode
        return .success(.routeExplanation(explanation))
    }
}
