import Determinism
import FederationModel
import HTTPCore
import ServerCore
import Synchronization

/// HTTP requests to typed requests and back. Reads that the published view can answer never leave the connection's
/// loop.
final class HTTPFrontEnd: Sendable {
    private let router: HTTPRouter
    private let view: ViewBox
    private let answers: AnswerTable
    private let control: ControlLoop
    private let resolver: AddressResolver
    private let random: Mutex<SeededRandom>

    init(
        router: HTTPRouter, view: ViewBox, answers: AnswerTable, control: ControlLoop, resolver: AddressResolver,
        seed: UInt64
    ) {
        self.router = router
        self.view = view
        self.answers = answers
        self.control = control
        self.resolver = resolver
        random = Mutex(SeededRandom(seed: seed))
    }

    /// - Parameter respond: called once, at once or later, on any thread.
    /// - Returns: what to cancel when the caller goes away first; nil when the answer has been given.
    func handle(_ request: HTTPRequest, respond: @escaping @Sendable (HTTPResponse) -> Void) -> RequestID? {
        var draw = random.withLock { $0.split() }
        switch router.route(request, random: &draw) {
        case .respond(let response):
            respond(response)
            return nil
        case .request(let typed, let rendering): return answer(typed, rendering, respond)
        case .agent(let typed, let rendering): return ask(typed, rendering, respond)
        case .join(let host, let port, let wan, let rendering):
            resolver.resolve(host, port: port) { [self] endpoints in
                guard !endpoints.isEmpty else {
                    let failure = AgentResponse.failed(.failed("no address for \(host)"))
                    return respond(router.render(rendering, failure))
                }
                _ = ask(.join(endpoints, wan: wan), rendering, respond)
            }
            return nil
        }
    }

    func cancel(_ id: RequestID) {
        guard answers.remove(id) else { return }
        control.submit(.cancelled(id))
    }

    private func answer(
        _ request: Request, _ rendering: Rendering, _ respond: @escaping @Sendable (HTTPResponse) -> Void
    ) -> RequestID? {
        if let view = view.current, case .answer(let response) = view.answer(request, at: AgentClock.now),
            request.retryAtLeader(after: response) == nil
        {
            respond(router.render(rendering, .success(response)))
            return nil
        }
        let id = answers.add { [self] answer in
            guard case .request(let result) = answer else { return }
            if case .success(let response) = result, let again = request.retryAtLeader(after: response) {
                var rendering = rendering
                rendering.consistency = .leader
                _ = self.answer(again, rendering, respond)
                return
            }
            respond(router.render(rendering, result))
        }
        control.submit(.request(id, request, timeout: rendering.timeout))
        return id
    }

    private func ask(
        _ request: AgentRequest, _ rendering: Rendering, _ respond: @escaping @Sendable (HTTPResponse) -> Void
    ) -> RequestID? {
        let id = answers.add { [router] answer in
            guard case .agent(let response) = answer else { return }
            respond(router.render(rendering, response))
        }
        control.submit(.agentRequest(id, request))
        return id
    }
}
