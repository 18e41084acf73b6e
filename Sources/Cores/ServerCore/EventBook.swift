import Determinism
import FederationModel

/// The last user events that concern this agent, and who waits for the next.
struct EventBook: Sendable {
    /// Consul's bound.
    static let capacity = 256
    /// Requests waiting at once; a further one is answered with what is there. 1,024 of them take some 200 KiB.
    static let maxWaiterCount = 1024

    struct Waiter: Sendable {
        let id: RequestID
        let name: String
        let hash: UInt64
        let deadline: Instant
    }

    private var events: [UserEvent] = []
    private(set) var waiters: [Waiter] = []

    var nextDeadline: Instant { waiters.reduce(.distantFuture) { min($0, $1.deadline) } }

    mutating func add(_ event: UserEvent) {
        if events.count == Self.capacity { events.removeFirst() }
        events.append(event)
    }

    /// - Parameter name: empty: all.
    func events(named name: String) -> [UserEvent] {
        name.isEmpty ? events : events.filter { $0.name == name }
    }

    /// - Returns: what to answer now; nil when the caller waits.
    mutating func ask(_ waiter: Waiter) -> [UserEvent]? {
        let found = events(named: waiter.name)
        // An empty list has index 1, as it is shown.
        let hash = max(1, found.last?.hash ?? 0)
        guard waiter.hash > 0, waiter.hash == hash, waiters.count < Self.maxWaiterCount else { return found }
        waiters.append(waiter)
        return nil
    }

    mutating func cancel(_ id: RequestID) { waiters.removeAll { $0.id == id } }

    /// Whose list has moved, or whose time is over, with what they get.
    mutating func takeReady(at now: Instant) -> [(id: RequestID, events: [UserEvent])] {
        var ready: [(id: RequestID, events: [UserEvent])] = []
        var kept: [Waiter] = []
        for waiter in waiters {
            let found = events(named: waiter.name)
            if waiter.deadline <= now || max(1, found.last?.hash ?? 0) != waiter.hash {
                ready.append((id: waiter.id, events: found))
            } else {
                kept.append(waiter)
            }
        }
        waiters = kept
        return ready
    }
}
