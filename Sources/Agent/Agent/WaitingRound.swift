import AgentCore
import ServerCore
import Synchronization

/// A round whose questions are under way, and their numbers. Answers come on the control loop, a caller goes on its
/// own.
final class WaitingRound: Sendable {
    private struct State {
        var round: HTTPRound
        var ids: [RequestID]
        var isCancelled = false
    }

    private let state: Mutex<State>

    init(_ round: HTTPRound, _ ids: RequestID...) { state = Mutex(State(round: round, ids: ids)) }

    /// As it is now.
    var round: HTTPRound { state.withLock { $0.round } }

    /// - Returns: false when the caller has gone.
    func add(_ id: RequestID) -> Bool {
        state.withLock { state in
            if !state.isCancelled { state.ids.append(id) }
            return !state.isCancelled
        }
    }

    /// What an answer makes of the round; nil when it waits for others.
    func change(_ body: (inout HTTPRound) -> HTTPRound.Step?) -> HTTPRound.Step? {
        state.withLock { body(&$0.round) }
    }

    /// The caller has gone.
    func cancel(_ cancelled: (RequestID) -> Void) {
        let ids = state.withLock { state in
            state.isCancelled = true
            return state.ids
        }
        for id in ids { cancelled(id) }
    }
}
