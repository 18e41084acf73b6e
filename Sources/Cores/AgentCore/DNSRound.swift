package import DNSCore
package import Determinism
package import FederationModel
import HTTPCore
package import ServerCore

/// One DNS question between its arrival and its answer: one request after the other. Only a reverse lookup has more
/// than one, and an answer that names hosts, which are looked up in their turn.
package struct DNSRound: Sendable {
    package enum Step: Sendable {
        /// Nil: silence.
        case respond([UInt8]?)
        /// Hand it to the agent; then `answered`, or `expired` at the deadline.
        case ask(Request, timeout: Duration)
        /// The same of the agent itself.
        case askAgent(AgentRequest)
        /// Put it to the recursors; then `settled`.
        case recurse(DNSRecursion)
    }

    private let frontEnd: DNSFrontEnd
    private var rendering: DNSRendering?
    private var waiting: ArraySlice<Request> = []
    private var requestCount = 0
    private var results: [Result<Response, FederationError>] = []
    private var aliases = DNSAliases()
    /// The answer waits for an alias while this is not nil: the question itself, answered.
    private var answered: (rendering: DNSRendering, results: [Result<Response, FederationError>])?
    private var random: SeededRandom
    private let remembers: Bool
    /// An answer was too old and asked for again at the leader.
    private var isAskedAgain = false
    /// The question with its answer, for when the same bytes come again.
    package private(set) var repeated: RepeatedQuestion?
    /// When the asker is told at the latest that nothing is known.
    package private(set) var deadline = Instant.zero

    /// - Parameters:
    ///   - random: draws the order of records.
    ///   - remembers: whether `repeated` is wanted.
    package init(_ frontEnd: DNSFrontEnd, random: SeededRandom, remembers: Bool = false) {
        self.frontEnd = frontEnd
        self.random = random
        self.remembers = remembers
    }

    /// - Parameters:
    ///   - view: the newest one, taken after the question has arrived.
    ///   - now: read after the view was taken.
    package mutating func begin(
        _ packet: [UInt8], isTCP: Bool, view: @autoclosure () -> ReadView?, at now: @autoclosure () -> Instant
    ) -> Step {
        deadline = now() + frontEnd.context.answerTimeout
        switch frontEnd.plan(packet, isTCP ? .tcp : .udp) {
        case .respond(let bytes): return .respond(bytes)
        case .drop: return .respond(nil)
        case .recurse(let recursion): return .recurse(recursion)
        case .verdict(let datacenter, let rendering):
            self.rendering = rendering
            return .askAgent(.federation(datacenter: datacenter, unlessIndex: 0, wait: .zero))
        case .query(let requests, let rendering):
            self.rendering = rendering
            waiting = requests[...]
            requestCount = requests.count
            return next(view, at: now)
        }
    }

    package mutating func answered(
        _ result: Result<Response, FederationError>, view: @autoclosure () -> ReadView?,
        at now: @autoclosure () -> Instant
    ) -> Step {
        guard let request = waiting.popFirst() else { return .respond(nil) }
        if case .success(let response) = result, let again = request.retryAtLeader(after: response) {
            waiting = [again] + waiting
            isAskedAgain = true
        } else {
            results.append(result)
            if case .success(let response) = result, let template = template(response, left: waiting) {
                repeated = RepeatedQuestion(request, response, template)
            }
        }
        return next(view, at: now)
    }

    package func answered(_ response: AgentResponse) -> [UInt8]? {
        guard let rendering else { return nil }
        switch response {
        case .federation(let reports, _): return frontEnd.render(rendering, reports.first)
        case .failed(.notFound): return frontEnd.render(rendering, nil)
        default: return frontEnd.renderUnknown(rendering)
        }
    }

    private mutating func next(_ view: () -> ReadView?, at now: () -> Instant) -> Step {
        while let request = waiting.first {
            guard let view = view(), case .answer(let response) = view.answer(request, at: now()),
                request.retryAtLeader(after: response) == nil
            else {
                let left = deadline - now()
                return left <= .zero ? expired() : .ask(request, timeout: Self.agentTime(left))
            }
            waiting = waiting.dropFirst()
            results.append(.success(response))
            if let template = template(response, left: waiting) {
                repeated = RepeatedQuestion(request, response, from: view, template)
            }
        }
        guard let rendering else { return .respond(nil) }
        if answered != nil {
            frontEnd.learn(rendering, results, &aliases, random: &random)
        } else {
            if let recursion = frontEnd.recursion(rendering, results) { return .recurse(recursion) }
            answered = (rendering, results)
            frontEnd.follow(rendering, results, &aliases)
        }
        return follow(view, at: now)
    }

    private mutating func follow(_ view: () -> ReadView?, at now: () -> Instant) -> Step {
        guard let (rendering, results) = answered else { return .respond(nil) }
        switch frontEnd.followNext(&aliases, random: &random) {
        case .query(let requests, let rendering):
            self.rendering = rendering
            self.results = []
            waiting = requests[...]
            return next(view, at: now)
        case .recurse(let recursion): return .recurse(recursion)
        case nil: return .respond(frontEnd.render(rendering, results, aliases, random: &random))
        }
    }

    /// Only for questions of one request that has not been asked again elsewhere.
    private func template(_ response: Response, left: ArraySlice<Request>) -> DNSTemplate? {
        guard remembers, !isAskedAgain, answered == nil, results.count == 1, left.isEmpty, let rendering else {
            return nil
        }
        return frontEnd.template(rendering, response)
    }

    /// What the agent is given of the time that is left. A little less than there is: its own word is in time then, and
    /// says more than silence.
    package static func agentTime(_ left: Duration) -> Duration { left - min(left / 16, .milliseconds(20)) }

    /// The deadline has passed.
    package mutating func expired() -> Step {
        // The question itself may be answered already: where its aliases lead is told as far as it is known.
        if let (rendering, results) = answered {
            return .respond(frontEnd.render(rendering, results, aliases, random: &random))
        }
        let silence = FederationError.timedOut(after: frontEnd.context.answerTimeout)
        while results.count < requestCount { results.append(.failure(silence)) }
        waiting = []
        return .respond(rendering.map { frontEnd.render($0, results, random: &random) })
    }

    /// - Parameter answer: of the recursor that settled the question; nil when none did.
    package mutating func settled(
        _ recursion: DNSRecursion, by answer: [UInt8]?, view: @autoclosure () -> ReadView?,
        at now: @autoclosure () -> Instant
    ) -> Step {
        guard answered == nil else {
            frontEnd.learn(answer, &aliases)
            return follow(view, at: now)
        }
        return .respond(answer.map { frontEnd.relay($0, for: recursion) } ?? frontEnd.unanswered(recursion))
    }
}
