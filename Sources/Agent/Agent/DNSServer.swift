import AgentCore
import DNSCore
import Determinism
import FederationModel
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
        var round = DNSRound(frontEnd, random: random.withLock { $0.split() })
        perform(round.begin(packet, isTCP: isTCP, view: view.current, at: AgentClock.now), round, responder)
    }

    private func perform(_ step: DNSRound.Step, _ round: DNSRound, _ responder: DNSResponder) {
        switch step {
        case .respond(let bytes): responder.respond(bytes)
        case .recurse(let recursion): recurse(recursion, recursors[...], round, responder)
        case .ask(let request):
            let id = answers.add { [self] answer in
                guard case .request(let result, _) = answer else { return }
                var round = round
                perform(round.answered(result, view: view.current, at: AgentClock.now), round, responder)
            }
            control.submit(.request(id, request, timeout: DNSRound.timeout))
        }
    }

    /// The recursors in their order, until one settles the question.
    private func recurse(
        _ recursion: DNSRecursion, _ left: ArraySlice<Endpoint>, _ round: DNSRound, _ responder: DNSResponder
    ) {
        guard let server = left.first else { return responder.respond(round.settled(recursion, by: nil)) }
        let id = random.withLock { UInt16.random(in: 0...UInt16.max, using: &$0) }
        let transport: NIOTransport.DNSTransport = recursion.transport == .tcp ? .tcp : .udp
        forwarder.ask(
            recursion.question(id: id), of: server, over: transport, accepts: { recursion.isAnswer($0, id: id) }
        ) { [self] answer in
            guard let answer, recursion.isSettled(by: answer) else {
                return recurse(recursion, left.dropFirst(), round, responder)
            }
            responder.respond(round.settled(recursion, by: answer))
        }
    }
}
