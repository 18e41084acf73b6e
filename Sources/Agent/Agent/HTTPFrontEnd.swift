import AgentCore
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
        var round = HTTPRound(router)
        let step = round.begin(request, view: view.current, at: AgentClock.now, random: &draw)
        return perform(step, round, respond)
    }

    func cancel(_ id: RequestID) {
        guard answers.remove(id) else { return }
        control.submit(.cancelled(id))
    }

    private func perform(
        _ step: HTTPRound.Step, _ round: HTTPRound, _ respond: @escaping @Sendable (HTTPResponse) -> Void
    ) -> RequestID? {
        switch step {
        case .respond(let response):
            respond(response)
            return nil
        case .ask(let request, let timeout):
            let id = answers.add { [self] answer in
                guard case .request(let result) = answer else { return }
                var round = round
                let next = round.answered(result, view: view.current, at: AgentClock.now)
                _ = perform(next, round, respond)
            }
            control.submit(.request(id, request, timeout: timeout))
            return id
        case .askAgent(let request):
            let id = answers.add { answer in
                guard case .agent(let response) = answer else { return }
                respond(round.answered(response))
            }
            control.submit(.agentRequest(id, request))
            return id
        case .resolve(let host, let port):
            resolver.resolve(host, port: port) { [self] in _ = perform(round.resolved($0), round, respond) }
            return nil
        }
    }
}
