import AgentCore
import Determinism
import FederationModel
import HTTPCore
import Logging
import NIOCore
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
    private let random: SharedRandom

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
        random = SharedRandom(seed: seed)
    }

    /// Answers at once or later, on any thread. Called on the connection's loop.
    /// - Parameter repeated: the request, when the same came before.
    func handle(_ request: HTTPRequest, _ repeated: RepeatedRequest?, _ responder: HTTPResponder) {
        let memory = repeated.map { repeated -> Remembered in
            if let memory = repeated.memory as? Remembered { return memory }
            let memory = Remembered()
            repeated.memory = memory
            return memory
        }
        var round = HTTPRound(router, remembers: memory != nil)
        let step: HTTPRound.Step
        if let plan = memory?.plan {
            step = round.begin(plan, view: view.current, at: AgentClock.now)
        } else {
            var draw = random
            step = round.begin(
                request, view: view.current, at: AgentClock.now, cached: { cached.look($0, $1) },
                random: &draw)
        }
        switch perform(step, round, Caller(responder: responder, memory: memory)) {
        case .round(let waiting): responder.onClose { waiting.cancel { self.cancel($0) } }
        case .place(let place, let wait, let memory): responder.onClose { [self] in leave(wait, place, memory) }
        case nil: break
        }
    }

    /// Whether the last answer to a request holds. On the loop of its connection.
    func recall(_ repeated: RepeatedRequest) -> HTTPRecall {
        guard let memory = repeated.memory as? Remembered, memory.read != nil, let published = view.published else {
            return .unknown
        }
        return memory.read?.verdict(published.view, at: AgentClock.now).recall ?? .unknown
    }

    /// For SIGHUP, where nobody waits.
    func reload(_ failed: @escaping @Sendable (AgentError) -> Void) {
        machine.reload { [self] result in
            if case .failure(let problem) = result { failed(problem) }
            _ = perform(HTTPRound(router).reloaded(result), HTTPRound(router), Caller())
        }
    }

    private func serve(
        _ request: ShellRequest, isPretty: Bool, _ round: HTTPRound, _ caller: Caller
    ) -> Owed? {
        switch request {
        case .host: machine.host(isPretty: isPretty) { [router] in caller.respond(router.json($0)) }
        case .monitor(let level, let isJSON):
            if let responder = caller.responder { monitor(level, isJSON: isJSON, responder, caller) }
        case .watchFederation(let datacenter):
            if let responder = caller.responder {
                watch(datacenter, round, responder) { caller.respond($0) }
            }
        case .reload:
            machine.reload { [self] in _ = perform(round.reloaded($0), round, caller) }
        }
        return nil
    }

    private func monitor(_ level: LogLine.Level, isJSON: Bool, _ responder: HTTPResponder, _ caller: Caller) {
        guard
            let reader = LogReaders.shared.add(Logger.Level(level), isJSON: isJSON, sink: { responder.stream($0) })
        else {
            let failure = AgentResponse.failed(.failed("too many readers of the log"))
            return caller.respond(router.render(Rendering(.done), failure))
        }
        responder.begin(status: 200, headers: router.commonHeaders)
        responder.onClose { LogReaders.shared.remove(reader) }
    }

    private func watch(
        _ datacenter: String?, _ round: HTTPRound, _ responder: HTTPResponder,
        _ respond: @escaping @Sendable (HTTPResponse) -> Void
    ) {
        guard let watch = FederationWatch.open() else {
            return respond(round.answered(AgentResponse.failed(.failed("too many readers of verdicts"))))
        }
        responder.onClose { if let id = watch.close() { self.cancel(id) } }
        ask(watch, datacenter, beyond: nil, round, responder, respond)
    }

    /// One blocking query after the other; what they answer becomes events.
    /// - Parameter index: nil before the first answer.
    private func ask(
        _ watch: FederationWatch, _ datacenter: String?, beyond index: UInt64?, _ round: HTTPRound,
        _ responder: HTTPResponder, _ respond: @escaping @Sendable (HTTPResponse) -> Void
    ) {
        let id = answers.add { [self] answer in
            guard case .agent(let response) = answer, watch.isOpen else { return }
            guard case .federation(_, let next) = response else {
                watch.close()
                // The stream ends with its responder.
                return index == nil ? respond(round.answered(response)) : ()
            }
            if index == nil {
                let kind = (name: "Content-Type", value: "text/event-stream")
                let cache = (name: "Cache-Control", value: "no-cache")
                responder.begin(status: 200, headers: router.commonHeaders + [kind, cache])
            }
            let event = next == index ? Self.keepAlive : Self.event(next, round.answered(response).body)
            responder.stream(event)
            ask(watch, datacenter, beyond: next, round, responder, respond)
        }
        guard watch.waits(for: id) else {
            answers.remove(id)
            return
        }
        control.submit(
            .agentRequest(
                id, .federation(datacenter: datacenter, unlessIndex: index ?? 0, wait: Self.keepAliveInterval)))
    }

    /// Proxies close what is silent for a minute.
    private static let keepAliveInterval = Duration.seconds(15)
    private static let keepAlive = Array(": alive\n\n".utf8)

    private static func event(_ index: UInt64, _ body: [UInt8]) -> [UInt8] {
        var event = Array("id: \(index)\nevent: verdicts\n".utf8)
        for line in body.split(separator: UInt8(ascii: "\n")) { event += Array("data: ".utf8) + line + [10] }
        return event + [10]
    }

    /// On the caller's loop.
    private func deliver(
        to caller: Caller, _ round: HTTPRound, _ result: Result<Response, FederationError>, _ details: ErrorDetails
    ) {
        if case .success(let response) = result, details.relay.isEmpty, caller.respondAgain(response) { return }
        var round = round
        let next = round.answered(result, details, view: view.current, at: AgentClock.now)
        _ = perform(next, round, caller)
    }

    private func cancel(_ id: RequestID) {
        guard answers.remove(id) else { return }
        control.submit(.cancelled(id))
    }

    /// Questions that are under way together: their answers meet in the round that waits for them.
    private func ask(
        _ questions: [HTTPRound.Question], _ timeout: Duration?, _ waiting: WaitingRound, _ caller: Caller
    ) {
        for question in questions {
            let id = answers.add { [self] answer in
                let step = waiting.change { round in
                    switch answer {
                    case .request(let result, let details):
                        round.answered(question.number, result, details, view: view.current, at: AgentClock.now)
                    case .agent(let response): round.answered(question.number, response)
                    case .expired: nil
                    }
                }
                switch step {
                case .respond(let response): caller.respond(response)
                case .askAll(let more, let timeout): ask(more, timeout, waiting, caller)
                case .ask, .askAgent, .resolve, .shell, nil: break
                }
            }
            guard waiting.add(id) else {
                answers.remove(id)
                continue
            }
            switch question.subject {
            case .request(let request): control.submit(.request(id, request, timeout: timeout))
            case .agent(let request): control.submit(.agentRequest(id, request))
            }
        }
    }

    /// What to end when a caller goes away before his answer.
    private enum Owed {
        case round(WaitingRound)
        case place(Int, SharedWait, Remembered)
    }

    /// - Returns: nil when the answer has been given.
    private func perform(_ step: HTTPRound.Step, _ round: HTTPRound, _ caller: Caller) -> Owed? {
        switch step {
        case .respond(let response):
            if let kept = round.kept { cached.store(kept.key, kept.request, kept.response) }
            caller.respond(response, remembering: round)
            return nil
        case .shell(let request, let isPretty):
            return serve(request, isPretty: isPretty, round, caller)
        case .ask(let request, let timeout):
            if let spread = round.sharing(request), let memory = caller.memory, let responder = caller.responder {
                return share(request, timeout, for: spread, round, memory, responder)
            }
            // The one copy of the round: a client of a blocking query holds it for minutes.
            let waiting = WaitingRound(round)
            let id = answers.add { [self] answer in
                guard case .request(let result, let details) = answer else { return }
                // The control loop hands on; writing the answer out is the business of the connection's loop.
                caller.onLoop { [self] in deliver(to: caller, waiting.round, result, details) }
            }
            // Nobody can have cancelled it yet.
            _ = waiting.add(id)
            control.submit(.request(id, request, timeout: timeout, explains: round.explains))
            return .round(waiting)
        case .askAll(let questions, let timeout):
            let waiting = WaitingRound(round)
            ask(questions, timeout, waiting, caller)
            return .round(waiting)
        case .askAgent(let request):
            let id = answers.add { answer in
                guard case .agent(let response) = answer else { return }
                caller.onLoop { caller.respond(round.answered(response)) }
            }
            control.submit(.agentRequest(id, request))
            return .round(WaitingRound(round, id))
        case .resolve(let host, let port):
            resolver.resolve(host, port: port) { [self] in _ = perform(round.resolved($0), round, caller) }
            return nil
        }
    }
}

// MARK: Blocking queries of many for the same

extension HTTPFrontEnd {
    /// Each takes some 10 us: others on the loop have their turn after a millisecond.
    private static let answersInTurn = 128

    private func share(
        _ request: Request, _ timeout: Duration?, for spread: Duration, _ round: HTTPRound, _ memory: Remembered,
        _ responder: HTTPResponder
    ) -> Owed {
        let now = AgentClock.now
        if let wait = memory.wait, wait.takes(at: now) { return .place(wait.join(responder), wait, memory) }
        let wait = SharedWait(round, joinsUntil: now + spread)
        let loop = responder.loop
        memory.wait = wait
        let id = answers.add { [self] answer in
            guard case .request(let result, let details) = answer else { return }
            loop.execute { [self] in
                // Who comes now asks anew.
                forget(wait, memory)
                deliver(to: wait, memory, result, details)
            }
        }
        wait.id = id
        control.submit(.request(id, request, timeout: timeout))
        return .place(wait.join(responder), wait, memory)
    }

    private func deliver(
        to wait: SharedWait, _ memory: Remembered, _ result: Result<Response, FederationError>, _ details: ErrorDetails
    ) {
        let callers = wait.next(Self.answersInTurn)
        guard let loop = callers.first?.loop else { return }
        for responder in callers {
            deliver(to: Caller(responder: responder, memory: memory), wait.round, result, details)
        }
        loop.execute { [self] in deliver(to: wait, memory, result, details) }
    }

    private func leave(_ wait: SharedWait, _ place: Int, _ memory: Remembered) {
        guard wait.leave(place), let id = wait.id else { return }
        forget(wait, memory)
        cancel(id)
    }

    private func forget(_ wait: SharedWait, _ memory: Remembered) {
        if memory.wait === wait { memory.wait = nil }
    }
}

/// What is remembered of a request that came before.
///
/// `@unchecked Sendable`: touched on the loop of its connections alone, as `RepeatedRequest` is.
private final class Remembered: @unchecked Sendable {
    var plan: HTTPRound.Plan?
    /// What the listener's kept answer depends on.
    var read: RepeatedRead?
    /// Those who wait for a change of it.
    var wait: SharedWait?
}

/// Who waits for an answer; nobody after SIGHUP.
private struct Caller: Sendable {
    var responder: HTTPResponder?
    var memory: Remembered?

    /// From any thread; with something to remember, on the connection's loop.
    func respond(_ response: HTTPResponse, remembering round: HTTPRound? = nil) {
        var isKept = false
        if let memory, let round {
            memory.plan = round.plan
            memory.read = round.repeated
            isKept = memory.read != nil
        }
        responder?.respond(
            status: response.status, headers: response.headers, body: response.body, isKept: isKept)
    }

    /// - Returns: false when the answer has to be rendered.
    func respondAgain(_ response: Response) -> Bool {
        guard let memory, let responder, let verdict = memory.read?.verdict(response) else { return false }
        switch verdict {
        case .changed: return false
        case .same: return responder.respondAgain(headers: nil)
        case .headers(let headers): return responder.respondAgain(headers: headers)
        }
    }

    func onLoop(_ work: @escaping @Sendable () -> Void) {
        if let responder { responder.onLoop(work) } else { work() }
    }
}

extension RepeatedRead.Verdict {
    fileprivate var recall: HTTPRecall {
        switch self {
        case .changed: .unknown
        case .same: .same
        case .headers(let headers): .headers(headers)
        }
    }
}

/// A generator that loops share; most requests draw nothing.
private struct SharedRandom: RandomNumberGenerator, Sendable {
    private final class Shared: Sendable {
        let random: Mutex<SeededRandom>

        init(seed: UInt64) { random = Mutex(SeededRandom(seed: seed)) }
    }

    private let shared: Shared

    init(seed: UInt64) { shared = Shared(seed: seed) }

    func next() -> UInt64 { shared.random.withLock { $0.next() } }
}
