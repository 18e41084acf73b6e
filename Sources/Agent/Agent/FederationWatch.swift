import ServerCore
import Synchronization

/// One reader of verdicts as server-sent events (`?watch`). As many as there may be readers of the log: each change is
/// written once more for each.
final class FederationWatch: Sendable {
    static let maxCount = 64
    private static let openCount = Mutex(0)

    private struct State {
        var isOpen = true
        var waiting: RequestID?
    }

    private let state = Mutex(State())

    private init() {}

    /// - Returns: nil when there are too many already.
    static func open() -> FederationWatch? {
        let isAdmitted = openCount.withLock { count in
            guard count < maxCount else { return false }
            count += 1
            return true
        }
        return isAdmitted ? FederationWatch() : nil
    }

    var isOpen: Bool { state.withLock { $0.isOpen } }

    /// - Returns: false when the reader has gone.
    func waits(for id: RequestID) -> Bool {
        state.withLock { state in
            state.waiting = id
            return state.isOpen
        }
    }

    /// - Returns: what to cancel.
    @discardableResult
    func close() -> RequestID? {
        let (wasOpen, waiting) = state.withLock { state in
            defer { state.isOpen = false }
            return (state.isOpen, state.waiting)
        }
        if wasOpen { Self.openCount.withLock { $0 -= 1 } }
        return wasOpen ? waiting : nil
    }
}
