import DNSCore
import Determinism
import FederationModel
import HTTPCore
import NIOTransport
import ServerCore
import Synchronization

/// DNS questions to typed requests and back. Each answer needs one request, most of them answered from the view.
final class DNSServer: Sendable {
    private let frontEnd: DNSFrontEnd
    private let view: ViewBox
    private let answers: AnswerTable
    private let control: ControlLoop
    private let random: Mutex<SeededRandom>
    private let recursors: [Endpoint]
    private let forwarder: DNSForwarder
    /// Resolvers give up after about five seconds: an answer later than that helps nobody.
    private static let timeout = Duration.seconds(5)

    init(
        frontEnd: DNSFrontEnd, view: ViewBox, answers: AnswerTable, control: ControlLoop, recursors: [Endpoint],
        forwarder: DNSForwarder, seed: UInt64
    ) {
        self.frontEnd = frontEnd
        self.view = view
        self.answers = answers
        self.control = control
        self.recursors = recursors
        self.forwarder = forwarder
        random = Mutex(SeededRandom(seed: seed))
    }

    func handle(_ packet: [UInt8], isTCP: Bool, _ responder: DNSResponder) {
        switch frontEnd.plan(packet, isTCP ? .tcp : .udp) {
        case .respond(let bytes): responder.respond(bytes)
        case .drop: responder.respond(nil)
        case .recurse(let recursion): recurse(recursion, recursors[...], responder)
        case .query(let requests, let rendering): ask(requests, [], rendering, responder)
        }
    }

    /// The recursors in their order, until one settles the question.
    private func recurse(_ recursion: DNSRecursion, _ left: ArraySlice<Endpoint>, _ responder: DNSResponder) {
        guard let server = left.first else { return responder.respond(frontEnd.unanswered(recursion)) }
        let id = random.withLock { UInt16.random(in: 0...UInt16.max, using: &$0) }
        let transport: NIOTransport.DNSTransport = recursion.transport == .tcp ? .tcp : .udp
        forwarder.ask(
            recursion.question(id: id), of: server, over: transport, accepts: { recursion.isAnswer($0, id: id) }
        ) { [self] answer in
            guard let answer, recursion.isSettled(by: answer) else {
                return recurse(recursion, left.dropFirst(), responder)
            }
            responder.respond(frontEnd.relay(answer, for: recursion))
        }
    }

    /// One after the other: only a reverse lookup has more than one.
    private func ask(
        _ requests: [Request], _ results: [Result<Response, FederationError>], _ rendering: DNSRendering,
        _ responder: DNSResponder
    ) {
        guard let request = requests.first else {
            if let recursion = frontEnd.recursion(rendering, results) {
                return recurse(recursion, recursors[...], responder)
            }
            var draw = random.withLock { $0.split() }
            return responder.respond(frontEnd.render(rendering, results, random: &draw))
        }
        let rest = Array(requests.dropFirst())
        if let view = view.current, case .answer(let response) = view.answer(request, at: AgentClock.now),
            request.retryAtLeader(after: response) == nil
        {
            return ask(rest, results + [.success(response)], rendering, responder)
        }
        let id = answers.add { [self] answer in
            guard case .request(let result) = answer else { return }
            if case .success(let response) = result, let again = request.retryAtLeader(after: response) {
                return ask([again] + rest, results, rendering, responder)
            }
            ask(rest, results + [result], rendering, responder)
        }
        control.submit(.request(id, request, timeout: Self.timeout))
    }
}
