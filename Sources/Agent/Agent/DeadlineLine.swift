import Determinism
import NIOTransport

/// The deadlines of one listener's questions, which stand in the order in which they come: one timer for the first of
/// them, not one for each. Most have been answered when their time comes; they are not taken out before, since that
/// would cost more than a look at them.
///
/// `@unchecked Sendable`: used on the listener's loop alone.
final class DeadlineLine: @unchecked Sendable {
    private var waiting: [(deadline: Instant, action: @Sendable () -> Void)] = []
    private var isTimed = false
    /// Between two looks.
    private static let pause = Duration.milliseconds(10)

    /// - Parameter action: on the loop, once the deadline has passed.
    func add(_ deadline: Instant, _ responder: DNSResponder, _ action: @escaping @Sendable () -> Void) {
        if let last = waiting.last, deadline < last.deadline {
            // A question that is put a second time keeps its deadline: it does not stand in line.
            return responder.onLoop(in: max(.zero, deadline - AgentClock.now), action)
        }
        waiting.append((deadline, action))
        time(responder)
    }

    private func time(_ responder: DNSResponder) {
        guard !isTimed, let first = waiting.first else { return }
        isTimed = true
        responder.onLoop(in: max(Self.pause, first.deadline - AgentClock.now)) { [self] in
            isTimed = false
            let now = AgentClock.now
            let due = waiting.prefix { $0.deadline <= now }
            waiting.removeFirst(due.count)
            for one in due { one.action() }
            time(responder)
        }
    }
}
