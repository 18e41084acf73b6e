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
        /// The same of the agent itself.
        case askAgent(AgentRequest)
        /// Look up a host name; then `resolved`.
        case resolve(host: String, port: UInt16)
    }

    private let router: HTTPRouter
    private var rendering = Rendering(.done)
    private var request: Request?
    private var join: (host: String, wan: Bool)?

    package init(_ router: HTTPRouter) { self.router = router }

    /// - Parameters:
    ///   - view: the newest one, taken after the request has arrived.
    ///   - now: read after the view was taken, so that an expired lease is noticed.
    package mutating func begin(
        _ request: HTTPRequest, view: @autoclosure () -> ReadView?, at now: @autoclosure () -> Instant,
        random: inout some RandomNumberGenerator
    ) -> Step {
        switch router.route(request, random: &random) {
        case .respond(let response): return .respond(response)
        case .request(let typed, let rendering):
            self.rendering = rendering
            return answer(typed, view(), at: now)
        case .agent(let typed, let rendering):
            self.rendering = rendering
            return .askAgent(typed)
        case .join(let host, let port, let wan, let rendering):
            self.rendering = rendering
            join = (host, wan)
            return .resolve(host: host, port: port)
        }
    }

    private mutating func answer(_ request: Request, _ view: ReadView?, at now: () -> Instant) -> Step {
        if let view, case .answer(let response) = view.answer(request, at: now()),
            request.retryAtLeader(after: response) == nil
        {
            return .respond(router.render(rendering, .success(response)))
        }
        self.request = request
        return .ask(request, timeout: rendering.timeout)
    }

    /// The agent's answer; an answer older than the request allows is asked for once more at the leader.
    package mutating func answered(
        _ result: Result<Response, FederationError>, view: @autoclosure () -> ReadView?,
        at now: @autoclosure () -> Instant
    ) -> Step {
        if case .success(let response) = result, let again = request?.retryAtLeader(after: response) {
            rendering.consistency = .leader
            return answer(again, view(), at: now)
        }
        return .respond(router.render(rendering, result))
    }

    package func answered(_ response: AgentResponse) -> HTTPResponse { router.render(rendering, response) }

    package func resolved(_ endpoints: [Endpoint]) -> Step {
        guard !endpoints.isEmpty, let join else {
            let failure = AgentResponse.failed(.failed("no address for \(join?.host ?? "")"))
            return .respond(router.render(rendering, failure))
        }
        return .askAgent(.join(endpoints, wan: join.wan))
    }
}
