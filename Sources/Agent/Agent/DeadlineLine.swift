import Determinism
import FederationModel
import NIOTransport
import ServerCore

/// The deadlines of one listener's questions, which stand in the order in which they come: one timer for the first of
/// them, not one for each. Most have been answered when their time comes; they are not taken out before, since that
/// would cost more than a look at them. 16 bytes each: at 20,000 questions a second and ten seconds of patience 200,000
/// stand in line.
///
/// `@unchecked Sendable`: used on the listener's loop alone.
final class DeadlineLine: @unchecked Sendable {
    private var waiting: [(deadline: Instant, id: RequestID)] = []
    /// Those before it have passed.
    private var first = 0
    private var isTimed = false
    /// Between two looks.
    private static let pause = Duration.milliseconds(10)

    /// - Parameter expire: on the loop, once the deadline has passed; also of what has been answered.
    func add(
        _ deadline: Instant, of id: RequestID, _ responder: DNSResponder,
        _ expire: @escaping @Sendable (RequestID) -> Void
    ) {
        if let last = waiting.last, deadline < last.deadline {
            // A question that is put a second time keeps its deadline: it does not stand in line.
            return responder.onLoop(in: max(.zero, deadline - AgentClock.now)) { expire(id) }
        }
        waiting.append((deadline, id))
        time(responder, expire)
    }

    private func time(_ responder: DNSResponder, _ expire: @escaping @Sendable (RequestID) -> Void) {
        guard !isTimed, first < waiting.count else { return }
        isTimed = true
        responder.onLoop(in: max(Self.pause, waiting[first].deadline - AgentClock.now)) { [self] in
            isTimed = false
            let now = AgentClock.now
            while first < waiting.count, waiting[first].deadline <= now {
                let id = waiting[first].id
                first += 1
                expire(id)
            }
            // What has passed goes when it is the larger half: each entry is moved at most once.
            if first * 2 >= waiting.count {
                waiting.removeFirst(first)
                first = 0
            }
            time(responder, expire)
        }
    }
}
