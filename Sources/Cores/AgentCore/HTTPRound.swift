package import Determinism
package import FederationModel
package import HTTPCore
package import ServerCore

/// One HTTP request between its arrival and its answer. Reads that the published view can answer end at once.
package struct HTTPRound: Sendable {
    package enum Step: Sendable {
        case respond(HTTPResponse)
        /// Hand it to the agent; then `answered`.
        case ask(Request, timeout: Duration?)
        /// Hand all of them in together; then `answered` with each one's number.
        case askAll([Question], timeout: Duration?)
        /// The same of the agent itself.
        case askAgent(AgentRequest)
        /// Look up a host name; then `resolved`.
        case resolve(host: String, port: UInt16)
        /// The shell's own to answer; a reload goes on with `reloaded`.
        case shell(ShellRequest, isPretty: Bool)
    }

    /// One of several questions under way at once.
    package struct Question: Sendable {
        package enum Subject: Sendable {
            case request(Request)
            case agent(AgentRequest)
        }

        package let number: Int
        package let subject: Subject
    }

    /// A success of a `?cached` read, for the cache.
    package struct Kept: Sendable {
        package let key: AnswerCache.Key
        package let request: Request
        package let response: Response
    }

    package typealias CacheLookup = (AnswerCache.Key, QueryOptions) -> AnswerCache.Lookup

    /// A read as it was understood, for when the same bytes come again.
    package struct Plan: Sendable {
        package let request: Request
        fileprivate let rendering: Rendering
    }

    private let router: HTTPRouter
    /// Whether `plan` and `repeated` are wanted.
    private let remembers: Bool
    private var rendering = Rendering(.done)
    private var request: Request?
    /// Nil for what is no read, or is answered from a cache.
    package private(set) var plan: Plan?
    /// What decides whether the answer just given holds for the next one who asks the same.
    package private(set) var repeated: RepeatedRead?
    /// How old the answer was that is asked for again at the leader, and what the asker takes.
    private var stale: (age: Duration, bound: Duration)?
    /// To be kept when the round has ended.
    package private(set) var kept: Kept?
    private var join: (host: String, wan: Bool)?
    private var fan: DatacenterFan?

    package init(_ router: HTTPRouter, remembers: Bool = false) {
        self.router = router
        self.remembers = remembers
    }

    /// The same read again.
    package mutating func begin(
        _ plan: Plan, view: @autoclosure () -> ReadView?, at now: @autoclosure () -> Instant
    ) -> Step {
        self.plan = plan
        rendering = plan.rendering
        return answer(plan.request, view(), at: now)
    }

    /// Goes along with `Step.ask`.
    package var explains: Bool { rendering.explains }

    /// - Parameters:
    ///   - view: the newest one, taken after the request has arrived.
    ///   - now: read after the view was taken, so that an expired lease is noticed.
    package mutating func begin(
        _ request: HTTPRequest, view: @autoclosure () -> ReadView?, at now: @autoclosure () -> Instant,
        cached: CacheLookup = { _, _ in .miss }, random: inout some RandomNumberGenerator
    ) -> Step {
        switch router.route(request, random: &random) {
        case .respond(let response): return .respond(response)
        case .request(let typed, let rendering):
            self.rendering = rendering
            if let selection = rendering.selection {
                return begin(DatacenterFan(typed, selection, own: router.context.datacenter), view(), at: now)
            }
            if let key = AnswerCache.key(of: typed) {
                if case .hit(let response, let age) = cached(key, typed.options ?? QueryOptions()) {
                    self.rendering.cacheAge = .hit(age)
                    return .respond(router.render(self.rendering, .success(response)))
                }
                self.rendering.cacheAge = .miss
            } else if AnswerCache.isNeverKept(typed) {
                self.rendering.cacheAge = .miss
            } else if remembers, typed.kind == .read, !rendering.explains {
                plan = Plan(request: typed, rendering: rendering)
            }
            return answer(typed, view(), at: now)
        case .agent(let typed, let rendering):
            self.rendering = rendering
            return .askAgent(typed)
        case .join(let host, let port, let wan, let rendering):
            self.rendering = rendering
            join = (host, wan)
            return .resolve(host: host, port: port)
        case .shell(let request, let rendering):
            self.rendering = rendering
            return .shell(request, isPretty: rendering.isPretty)
        }
    }

    /// For how long others who ask the same may wait for the same answer; nil: each asks for itself. Their wait is cut
    /// by no more than the serving side spreads waits. Who wants a quorum asked for it wants it asked after he came.
    /// - Parameter request: what `Step.ask` hands on.
    package func sharing(_ request: Request) -> Duration? {
        guard plan != nil, let options = request.options, options.minQueryIndex > 0, !options.requireConsistent
        else { return nil }
        return options.blockingSpread
    }

    private mutating func keep(_ request: Request, _ response: Response) {
        kept = AnswerCache.key(of: request).map { Kept(key: $0, request: request, response: response) }
    }

    private mutating func answer(_ request: Request, _ view: ReadView?, at now: () -> Instant) -> Step {
        if let view, case .answer(let response) = view.answer(request, at: now()),
            request.retryAtLeader(after: response) == nil
        {
            keep(request, response)
            let answer = router.render(rendering, .success(response))
            if mayRemember { repeated = RepeatedRead(request, response, from: view, answer: answer) }
            return .respond(answer)
        }
        self.request = request
        if let error = view?.refusal(of: request), !rendering.explains {
            var details = ErrorDetails()
            details.datacenter = request.datacenter ?? ""
            let step = answered(.failure(error), details, view: view, at: now())
            if mayRemember, case .respond(let answer) = step {
                repeated = RepeatedRead(request, refused: error, answer: answer)
            }
            return step
        }
        return .ask(request, timeout: rendering.timeout)
    }

    /// The agent's answer; an answer older than the request allows is asked for once more at the leader.
    /// - Parameter details: of a failure.
    package mutating func answered(
        _ result: Result<Response, FederationError>, _ details: ErrorDetails = ErrorDetails(),
        view: @autoclosure () -> ReadView?, at now: @autoclosure () -> Instant
    ) -> Step {
        if case .success(let response) = result, let again = request?.retryAtLeader(after: response) {
            rendering.consistency = .leader
            plan = nil
            stale = (response.meta?.lastContact ?? .zero, request?.options?.maxStaleDuration ?? .zero)
            return answer(again, view(), at: now)
        }
        if let stale, case .failure(let error) = result, error.leavesStaleAnswer {
            let failure = FederationError.staleBeyondBound(
                age: stale.age, bound: stale.bound, because: error.message)
            return .respond(router.render(rendering, .failure(failure), details))
        }
        let answer = router.render(rendering, result, details)
        if case .success(let response) = result, let request {
            keep(request, response)
            // One that came over a relay says so: the next may come straight.
            if mayRemember && details.relay.isEmpty { repeated = RepeatedRead(request, response, answer: answer) }
        }
        return .respond(answer)
    }

    /// The answer to a second question, at the leader, is none to the first.
    private var mayRemember: Bool { remembers && plan != nil }

    // MARK: Several datacenters

    private mutating func begin(_ fan: DatacenterFan, _ view: ReadView?, at now: () -> Instant) -> Step {
        var fan = fan
        let questions = fan.begin(at: now()) { Self.answer(atHand: $0, view, at: now) }
        self.fan = fan
        return .askAll(questions, timeout: rendering.timeout)
    }

    private static func answer(atHand request: Request, _ view: ReadView?, at now: () -> Instant) -> Response? {
        guard let view, case .answer(let response) = view.answer(request, at: now()),
            request.retryAtLeader(after: response) == nil
        else { return nil }
        return response
    }

    /// - Returns: nil while other questions are under way.
    package mutating func answered(
        _ number: Int, _ result: Result<Response, FederationError>, _ details: ErrorDetails = ErrorDetails(),
        view: @autoclosure () -> ReadView?, at now: @autoclosure () -> Instant
    ) -> Step? {
        let questions = fan?.answered(number, result, details, at: now()) {
            Self.answer(atHand: $0, view(), at: now)
        }
        return next(questions ?? [])
    }

    package mutating func answered(_ number: Int, _ response: AgentResponse) -> Step? {
        fan?.answered(number, response)
        return next([])
    }

    private mutating func next(_ questions: [Question]) -> Step? {
        if !questions.isEmpty { return .askAll(questions, timeout: rendering.timeout) }
        guard let parts = fan?.finished else { return nil }
        fan = nil
        return .respond(router.render(rendering, parts))
    }

    package func answered(_ response: AgentResponse) -> HTTPResponse { router.render(rendering, response) }

    /// The configuration files were read again, or could not be.
    package func reloaded(_ result: Result<AgentRequest, AgentError>) -> Step {
        switch result {
        case .success(let request): .askAgent(request)
        case .failure(let error): .respond(router.render(rendering, AgentResponse.failed(error)))
        }
    }

    package func resolved(_ endpoints: [Endpoint]) -> Step {
        guard !endpoints.isEmpty, let join else {
            let failure = AgentResponse.failed(.failed("no address for \(join?.host ?? "")"))
            return .respond(router.render(rendering, failure))
        }
        return .askAgent(.join(endpoints, wan: join.wan))
    }
}
