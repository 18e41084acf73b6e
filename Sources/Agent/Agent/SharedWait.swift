import AgentCore
import Determinism
import NIOTransport
import ServerCore

/// One blocking query for all who asked the same in the same bytes on one loop. The agent has one waiter for them
/// instead of thousands, and its answer is rendered once.
///
/// `@unchecked Sendable`: touched on the loop of its connections alone.
final class SharedWait: @unchecked Sendable {
    /// Callers that leave keep their place: this many places are 128 KiB. The next caller begins another wait.
    private static let maxCount = 16_384

    /// The same for all.
    let round: HTTPRound
    /// The question's number.
    var id: RequestID?
    private let joinsUntil: Instant
    /// By place; nil: gone.
    private var callers: [HTTPResponder?] = []
    private var waitingCount = 0
    private var answeredCount = 0

    init(_ round: HTTPRound, joinsUntil: Instant) {
        self.round = round
        self.joinsUntil = joinsUntil
    }

    func takes(at now: Instant) -> Bool { now < joinsUntil && callers.count < Self.maxCount }

    /// - Returns: the caller's place.
    func join(_ responder: HTTPResponder) -> Int {
        callers.append(responder)
        waitingCount += 1
        return callers.count - 1
    }

    /// - Returns: whether nobody waits any more.
    func leave(_ place: Int) -> Bool {
        guard place >= answeredCount, callers[place] != nil else { return false }
        callers[place] = nil
        waitingCount -= 1
        return waitingCount == 0
    }

    /// The next who are to be answered, in the order in which they came; none when all have been.
    func next(_ count: Int) -> [HTTPResponder] {
        var found: [HTTPResponder] = []
        while found.count < count, answeredCount < callers.count {
            if let caller = callers[answeredCount] { found.append(caller) }
            answeredCount += 1
        }
        return found
    }
}
