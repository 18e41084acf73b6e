package import DNSCore
package import Determinism
package import FederationModel
import HTTPCore
package import ServerCore

/// One DNS question between its arrival and its answer: one request after the other, only a reverse lookup has more
/// than one.
package struct DNSRound: Sendable {
    package enum Step: Sendable {
        /// Nil: silence.
        case respond([UInt8]?)
        /// Hand it to the agent; then `answered`.
        case ask(Request)
    }

    /// Resolvers give up after about five seconds: an answer later than that helps nobody.
    package static let timeout = Duration.seconds(5)

    private let frontEnd: DNSFrontEnd
    private var rendering: DNSRendering?
    private var waiting: ArraySlice<Request> = []
    private var results: [Result<Response, FederationError>] = []
    private var random: SeededRandom

    /// - Parameter random: draws the order of records.
    package init(_ frontEnd: DNSFrontEnd, random: SeededRandom) {
        self.frontEnd = frontEnd
        self.random = random
    }

    /// - Parameters:
    ///   - view: the newest one, taken after the question has arrived.
    ///   - now: read after the view was taken.
    package mutating func begin(
        _ packet: [UInt8], isTCP: Bool, view: @autoclosure () -> ReadView?, at now: @autoclosure () -> Instant
    ) -> Step {
        switch frontEnd.plan(packet, isTCP ? .tcp : .udp) {
        case .respond(let bytes): return .respond(bytes)
        case .drop: return .respond(nil)
        case .query(let requests, let rendering):
            self.rendering = rendering
            waiting = requests[...]
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
        } else {
            results.append(result)
        }
        return next(view, at: now)
    }

    private mutating func next(_ view: () -> ReadView?, at now: () -> Instant) -> Step {
        while let request = waiting.first {
            guard let view = view(), case .answer(let response) = view.answer(request, at: now()),
                request.retryAtLeader(after: response) == nil
            else { return .ask(request) }
            waiting = waiting.dropFirst()
            results.append(.success(response))
        }
        return .respond(rendering.map { frontEnd.render($0, results, random: &random) })
    }
}
