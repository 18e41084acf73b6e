import FederationModel
import ServerCore
import Synchronization

/// Which front end waits for which answer. Numbers are drawn here, so that both connection loops share one space.
final class AnswerTable: Sendable {
    enum Answer: Sendable {
        case request(Result<Response, FederationError>, ErrorDetails)
        case agent(AgentResponse)
        /// Its asker's time has passed.
        case expired
    }

    typealias Waiter = @Sendable (Answer) -> Void

    private struct State {
        var nextNumber: UInt64 = 0
        var waiters: [RequestID: Waiter] = [:]
    }

    private let state = Mutex(State())

    /// - Parameter waiter: called once, on the control loop or by `expire`: it hands on and returns.
    func add(_ waiter: @escaping Waiter) -> RequestID {
        state.withLock { state in
            state.nextNumber += 1
            let id = RequestID(state.nextNumber)
            state.waiters[id] = waiter
            return id
        }
    }

    /// - Returns: false when the answer has already been given.
    @discardableResult
    func remove(_ id: RequestID) -> Bool {
        state.withLock { $0.waiters.removeValue(forKey: id) } != nil
    }

    /// - Returns: false when the answer has already been given.
    func expire(_ id: RequestID) -> Bool {
        guard let waiter = state.withLock({ $0.waiters.removeValue(forKey: id) }) else { return false }
        waiter(.expired)
        return true
    }

    func answer(_ id: RequestID, _ result: Result<Response, FederationError>, _ details: ErrorDetails) {
        state.withLock { $0.waiters.removeValue(forKey: id) }?(.request(result, details))
    }

    func answer(_ id: RequestID, _ response: AgentResponse) {
        state.withLock { $0.waiters.removeValue(forKey: id) }?(.agent(response))
    }
}
