import Determinism
import FederationModel
import HTTPCore
import Logging
import NIOTransport
import ServerCore
import Synchronization
import Telemetry

/// HTTP requests to typed requests and back. Reads that the published view can answer never leave the connection's
/// loop.
final class HTTPFrontEnd: Sendable {
    private let router: HTTPRouter
    private let view: ViewBox
    private let answers: AnswerTable
    private let control: ControlLoop
    private let resolver: AddressResolver
    private let machine: MachineRequests
    private let cached: CachedAnswers
    private let random: Mutex<SeededRandom>

    init(
        router: HTTPRouter, view: ViewBox, answers: AnswerTable, control: ControlLoop, resolver: AddressResolver,
        machine: MachineRequests, seed: UInt64
    ) {
        self.router = router
        self.view = view
        self.answers = answers
        self.control = control
        self.resolver = resolver
        self.machine = machine
        cached = CachedAnswers(answers: answers, control: control)
        random = Mutex(SeededRandom(seed: seed))
    }

    /// Answers at once or later, on any thread.
    func handle(_ request: HTTPRequest, _ responder: HTTPResponder) {
        let waiting = handle(request, responder) { response in
            responder.respond(status: response.status, headers: response.headers, body: response.body)
        }
        if let waiting { responder.onClose { self.cancel(waiting) } }
    }

    /// - Parameter respond: called once, at once or later, on any thread.
    /// - Returns: what to cancel when the caller goes away first; nil when the answer has been given.
    private func handle(
        _ request: HTTPRequest, _ responder: HTTPResponder, respond: @escaping @Sendable (HTTPResponse) -> Void
    ) -> RequestID? {
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
        case .shell(.host, let rendering):
            machine.host(isPretty: rendering.isPretty) { [router] in respond(router.json($0)) }
            return nil
        case .shell(.monitor(let level, let isJSON), _):
            monitor(level, isJSON: isJSON, responder, respond)
            return nil
        case .shell(.reload, let rendering):
            machine.reload { [self] result in
                switch result {
                case .success(let request): _ = ask(request, rendering, respond)
                case .failure(let problem):
                    respond(router.render(rendering, AgentResponse.failed(.failed(problem.description))))
                }
            }
            return nil
        }
    }

    /// The same for SIGHUP, where nobody waits.
    func reload(_ failed: @escaping @Sendable (MachineRequests.Problem) -> Void) {
        machine.reload { [self] result in
            switch result {
            case .success(let request): _ = ask(request, Rendering(.done)) { _ in }
            case .failure(let problem): failed(problem)
            }
        }
    }

    private func monitor(
        _ level: LogLine.Level, isJSON: Bool, _ responder: HTTPResponder,
        _ respond: @Sendable (HTTPResponse) -> Void
    ) {
        guard
            let reader = LogReaders.shared.add(Logger.Level(level), isJSON: isJSON, sink: { responder.stream($0) })
        else {
            let failure = AgentResponse.failed(.failed("too many readers of the log"))
            return respond(router.render(Rendering(.done), failure))
        }
        responder.begin(status: 200, headers: router.commonHeaders)
        responder.onClose { LogReaders.shared.remove(reader) }
    }

    private func cancel(_ id: RequestID) {
        guard answers.remove(id) else { return }
        control.submit(.cancelled(id))
    }

    private func answer(
        _ request: Request, _ rendering: Rendering, _ respond: @escaping @Sendable (HTTPResponse) -> Void
    ) -> RequestID? {
        guard let key = AnswerCache.key(of: request) else {
            return fetch(request, rendering, respond) { _ in }
        }
        var rendering = rendering
        if case .hit(let response, let age) = cached.look(key, beyond: request.options?.minQueryIndex ?? 0) {
            rendering.cacheAge = .hit(age)
            respond(router.render(rendering, .success(response)))
            return nil
        }
        rendering.cacheAge = .miss
        return fetch(request, rendering, respond) { [cached] in cached.store(key, request, $0) }
    }

    /// - Parameter keep: told a success before it is answered.
    private func fetch(
        _ request: Request, _ rendering: Rendering, _ respond: @escaping @Sendable (HTTPResponse) -> Void,
        keep: @escaping @Sendable (Response) -> Void
    ) -> RequestID? {
        if let view = view.current, case .answer(let response) = view.answer(request, at: AgentClock.now),
            request.retryAtLeader(after: response) == nil
        {
            keep(response)
            respond(router.render(rendering, .success(response)))
            return nil
        }
        let id = answers.add { [self] answer in
            guard case .request(let result) = answer else { return }
            if case .success(let response) = result, let again = request.retryAtLeader(after: response) {
                var rendering = rendering
                rendering.consistency = .leader
                _ = fetch(again, rendering, respond, keep: keep)
                return
            }
            if case .success(let response) = result { keep(response) }
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
