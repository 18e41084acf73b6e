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

    init(frontEnd: DNSFrontEnd, view: ViewBox, answers: AnswerTable, control: ControlLoop, seed: UInt64) {
        self.frontEnd = frontEnd
        self.view = view
        self.answers = answers
        self.control = control
        random = Mutex(SeededRandom(seed: seed))
    }

    func handle(_ packet: [UInt8], isTCP: Bool, _ responder: DNSResponder) {
        var round = DNSRound(frontEnd, random: random.withLock { $0.split() })
        perform(round.begin(packet, isTCP: isTCP, view: view.current, at: AgentClock.now), round, responder)
    }

    private func perform(_ step: DNSRound.Step, _ round: DNSRound, _ responder: DNSResponder) {
        switch step {
        case .respond(let bytes): responder.respond(bytes)
        case .ask(let request):
            let id = answers.add { [self] answer in
                guard case .request(let result) = answer else { return }
                var round = round
                perform(round.answered(result, view: view.current, at: AgentClock.now), round, responder)
            }
            control.submit(.request(id, request, timeout: DNSRound.timeout))
        }
    }
}
