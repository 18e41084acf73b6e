import AgentCore
import DNSCore
import Determinism
import FederationModel
import NIOCore
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

    /// What one listener remembers.
    func newMemory() -> QuestionMemory { QuestionMemory(random: random.withLock { $0.split() }) }

    /// The answer to a question that came before, if it still holds. On the listener's loop.
    /// - Returns: false when the question has to be read.
    func recall(_ packet: UnsafeRawBufferPointer, _ memory: QuestionMemory, into answer: inout ByteBuffer) -> Bool {
        guard let entry = memory.find(packet), let published = view.published,
            entry.question.holds(in: published.view, at: AgentClock.now)
        else { return false }
        answer.writeWithUnsafeMutableBytes(minimumWritableBytes: entry.question.byteCount) { output in
            entry.question.write(id: Self.number(packet), to: output, random: &memory.random)
            return entry.question.byteCount
        }
        return true
    }

    private static func number(_ packet: UnsafeRawBufferPointer) -> UInt16 {
        UInt16(packet[0]) << 8 | UInt16(packet[1])
    }

    /// On the listener's loop.
    /// - Parameter memory: the listener's; only questions by UDP are remembered.
    func handle(_ packet: [UInt8], isTCP: Bool, _ memory: QuestionMemory, _ responder: DNSResponder) {
        let asker = Asker(responder: responder, packet: packet, memory: memory, remembers: !isTCP)
        if !isTCP, let entry = packet.withUnsafeBytes({ memory.find($0) }), entry.question.isForwarded,
            let datacenter = entry.question.request.datacenter, view.published?.view.datacenter != datacenter
        {
            return forward(entry, asker)
        }
        let draw = isTCP ? random.withLock { $0.split() } : memory.random.split()
        var round = DNSRound(frontEnd, random: draw, remembers: !isTCP)
        let step = round.begin(packet, isTCP: isTCP, view: view.current, at: AgentClock.now)
        perform(step, round, asker)
    }

    /// A known question goes to the other datacenter at once, and a known answer back without being read.
    private func forward(_ entry: QuestionMemory.Entry, _ asker: Asker) {
        let now = AgentClock.now
        let limit = frontEnd.context.answerTimeout
        let request = entry.question.request
        ask(request, DNSRound.agentTime(limit), until: now + limit, asker) { [self] result in
            let memory = asker.memory
            if case .success(let response) = result, let known = asker.packet.withUnsafeBytes({ memory.find($0) }),
                known.question.holds(in: response)
            {
                let bytes = [UInt8](unsafeUninitializedCapacity: known.question.byteCount) { output, count in
                    count = known.question.byteCount
                    let number = asker.packet.withUnsafeBytes { Self.number($0) }
                    known.question.write(id: number, to: UnsafeMutableRawBufferPointer(output), random: &memory.random)
                }
                return asker.responder.respond(bytes)
            }
            // It is read after all, as of the moment at which it came.
            var round = DNSRound(frontEnd, random: memory.random.split(), remembers: true)
            guard case .ask = round.begin(asker.packet, isTCP: false, view: nil, at: now) else {
                return asker.responder.respond(nil)
            }
            let step = result.map { round.answered($0, view: view.current, at: AgentClock.now) } ?? round.expired()
            perform(step, round, asker)
        }
    }

    private func perform(_ step: DNSRound.Step, _ round: DNSRound, _ asker: Asker) {
        switch step {
        case .respond(let bytes):
            if asker.remembers { asker.memory.store(asker.packet, round.repeated) }
            asker.responder.respond(bytes)
        case .recurse(let recursion): recurse(recursion, recursors[...], round, asker)
        case .askAgent(let request):
            let id = answers.add { [self] answer in
                asker.responder.onLoop { [self] in
                    var round = round
                    switch answer {
                    case .agent(let response): asker.responder.respond(round.answered(response))
                    case .request, .expired: perform(round.expired(), round, asker)
                    }
                }
            }
            control.submit(.agentRequest(id, request))
            expire(id, at: round.deadline, asker)
        case .ask(let request, let timeout):
            ask(request, timeout, until: round.deadline, asker) { [self] result in
                var round = round
                let step = result.map { round.answered($0, view: view.current, at: AgentClock.now) } ?? round.expired()
                perform(step, round, asker)
            }
        }
    }

    /// - Parameter answered: on the listener's loop, once; nil when the deadline has passed.
    private func ask(
        _ request: Request, _ timeout: Duration, until deadline: Instant, _ asker: Asker,
        _ answered: @escaping @Sendable (Result<Response, FederationError>?) -> Void
    ) {
        let id = answers.add { answer in
            // The control loop hands on; writing the answer out is the business of the listener's loop.
            asker.responder.onLoop {
                if case .request(let result, _) = answer { answered(result) } else { answered(nil) }
            }
        }
        control.submit(.request(id, request, timeout: timeout))
        expire(id, at: deadline, asker)
    }

    /// The agent keeps to its time; this is for when it cannot, such as while its loop is held up.
    private func expire(_ id: RequestID, at deadline: Instant, _ asker: Asker) {
        asker.memory.deadlines.add(deadline, of: id, asker.responder) { [self] id in
            if answers.expire(id) { control.submit(.cancelled(id)) }
        }
    }

    /// The recursors in their order, until one settles the question.
    private func recurse(
        _ recursion: DNSRecursion, _ left: ArraySlice<Endpoint>, _ round: DNSRound, _ asker: Asker
    ) {
        guard let server = left.first else { return settled(recursion, nil, round, asker) }
        let id = random.withLock { UInt16.random(in: 0...UInt16.max, using: &$0) }
        let transport: NIOTransport.DNSTransport = recursion.transport == .tcp ? .tcp : .udp
        forwarder.ask(
            recursion.question(id: id), of: server, over: transport, accepts: { recursion.isAnswer($0, id: id) }
        ) { [self] answer in
            guard let answer, recursion.isSettled(by: answer) else {
                return recurse(recursion, left.dropFirst(), round, asker)
            }
            settled(recursion, answer, round, asker)
        }
    }

    /// From any loop: the forwarder has its own.
    private func settled(_ recursion: DNSRecursion, _ answer: [UInt8]?, _ round: DNSRound, _ asker: Asker) {
        asker.responder.onLoop { [self] in
            var round = round
            let step = round.settled(recursion, by: answer, view: view.current, at: AgentClock.now)
            perform(step, round, asker)
        }
    }
}

/// Who waits for an answer.
private struct Asker: Sendable {
    let responder: DNSResponder
    let packet: [UInt8]
    let memory: QuestionMemory
    /// Whether the answer is kept for the next who asks.
    let remembers: Bool
}
