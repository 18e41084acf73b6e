import AgentCore
import DNSCore
import Determinism
import FederationModel
import NIOCore
import NIOPosix
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
    private let loops: any EventLoopGroup

    init(
        frontEnd: DNSFrontEnd, view: ViewBox, answers: AnswerTable, control: ControlLoop, recursors: [Endpoint],
        forwarder: DNSForwarder, loops: any EventLoopGroup, seed: UInt64
    ) {
        self.frontEnd = frontEnd
        self.view = view
        self.answers = answers
        self.control = control
        self.recursors = recursors
        self.forwarder = forwarder
        self.loops = loops
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
        case .askAgent(let request):
            let id = answers.add { answer in
                guard case .agent(let response) = answer else { return }
                responder.respond(round.answered(response))
            }
            control.submit(.agentRequest(id, request))
            expire(id, round, responder)
        case .ask(let request, let timeout):
            let id = answers.add { [self] answer in
                guard case .request(let result, _) = answer else { return }
                var round = round
                perform(round.answered(result, view: view.current, at: AgentClock.now), round, responder)
            }
            control.submit(.request(id, request, timeout: timeout))
            expire(id, round, responder)
        }
    }

    /// The agent keeps to its time; this is for when it cannot, such as while its loop is held up. It is not cancelled:
    /// that would cost another loop's turn for each question.
    private func expire(_ id: RequestID, _ round: DNSRound, _ responder: DNSResponder) {
        let left = max(.zero, round.deadline - AgentClock.now)
        let loop = MultiThreadedEventLoopGroup.currentEventLoop ?? loops.next()
        loop.scheduleTask(in: .nanoseconds(left.wholeNanoseconds)) { [self] in
            guard answers.remove(id) else { return }
            control.submit(.cancelled(id))
            var round = round
            perform(round.expired(), round, responder)
        }
    }

    /// The recursors in their order, until one settles the question.
    private func recurse(
        _ recursion: DNSRecursion, _ left: ArraySlice<Endpoint>, _ round: DNSRound, _ responder: DNSResponder
    ) {
        guard let server = left.first else { return settled(recursion, nil, round, responder) }
        let id = random.withLock { UInt16.random(in: 0...UInt16.max, using: &$0) }
        let transport: NIOTransport.DNSTransport = recursion.transport == .tcp ? .tcp : .udp
        forwarder.ask(
            recursion.question(id: id), of: server, over: transport, accepts: { recursion.isAnswer($0, id: id) }
        ) { [self] answer in
            guard let answer, recursion.isSettled(by: answer) else {
                return recurse(recursion, left.dropFirst(), round, responder)
            }
            settled(recursion, answer, round, responder)
        }
    }

    private func settled(
        _ recursion: DNSRecursion, _ answer: [UInt8]?, _ round: DNSRound, _ responder: DNSResponder
    ) {
        var round = round
        let step = round.settled(recursion, by: answer, view: view.current, at: AgentClock.now)
        perform(step, round, responder)
    }
}
