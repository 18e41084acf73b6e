import Determinism
import FederationModel

/// Callers that wait for a verdict to change (`?index=`).
struct FederationWaits: Sendable {
    struct Wait: Sendable {
        /// Nil: any datacenter's.
        let datacenter: String?
        let index: UInt64
    }

    /// Waiting at once; a further one is answered with what is there. 1,024 of them take some 100 KiB.
    static let maxCount = 1024

    /// Of the history when the waits were last looked at.
    var seenIndex: UInt64 = 1
    private var waits: [RequestID: Wait] = [:]
    private var deadlines = DeadlineQueue<RequestID>()

    var nextDeadline: Instant { waits.isEmpty ? .distantFuture : deadlines.nextDeadline }

    /// - Returns: false when too many wait.
    mutating func add(_ id: RequestID, _ wait: Wait, until deadline: Instant) -> Bool {
        guard waits.count < Self.maxCount else { return false }
        waits[id] = wait
        deadlines.add(id, due: deadline)
        return true
    }

    mutating func remove(_ id: RequestID) { waits[id] = nil }

    mutating func takeExpired(at now: Instant) -> [(id: RequestID, wait: Wait)] {
        var expired: [(id: RequestID, wait: Wait)] = []
        while let id = deadlines.popDue(at: now) {
            if let wait = waits.removeValue(forKey: id) { expired.append((id, wait)) }
        }
        return expired
    }

    /// In order of their numbers.
    mutating func take(where isOver: (Wait) -> Bool) -> [(id: RequestID, wait: Wait)] {
        guard !waits.isEmpty else { return [] }
        let over = waits.filter { isOver($0.value) }.sorted { $0.key.number < $1.key.number }
        for (id, _) in over { waits[id] = nil }
        return over.map { ($0.key, $0.value) }
    }
}
