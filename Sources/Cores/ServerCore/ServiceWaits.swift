import Determinism
import FederationModel
import WireFormat

/// Callers that wait for one of this agent's services to differ from a hash they know (`?hash=`).
struct ServiceWaits: Sendable {
    struct Wait: Sendable {
        let service: String
        let hash: String
    }

    private var waits: [RequestID: Wait] = [:]
    private var deadlines = DeadlineQueue<RequestID>()
    /// Of the registrations when the waits were last looked at.
    private var generation: UInt64 = 0

    var isEmpty: Bool { waits.isEmpty }
    var nextDeadline: Instant { waits.isEmpty ? .distantFuture : deadlines.nextDeadline }

    mutating func add(_ id: RequestID, _ wait: Wait, until deadline: Instant) {
        waits[id] = wait
        deadlines.add(id, due: deadline)
    }

    mutating func remove(_ id: RequestID) { waits[id] = nil }

    /// Those whose time has passed.
    mutating func takeExpired(at now: Instant) -> [(RequestID, Wait)] {
        var expired: [(RequestID, Wait)] = []
        while let id = deadlines.popDue(at: now) {
            if let wait = waits.removeValue(forKey: id) { expired.append((id, wait)) }
        }
        return expired
    }

    /// Those whose service may have changed, when registrations have; in order of their numbers.
    mutating func take(at generation: UInt64, where isOver: (Wait) -> Bool) -> [(RequestID, Wait)] {
        guard generation != self.generation else { return [] }
        self.generation = generation
        let over = waits.filter { isOver($0.value) }.sorted { $0.key.number < $1.key.number }
        for (id, _) in over { waits[id] = nil }
        return over.map { ($0.key, $0.value) }
    }
}

extension NodeService {
    /// 16 hexadecimal digits that change with the registration.
    var contentHash: String {
        var record = self
        record.raftIndex = RaftIndex()
        var writer = MessagePackWriter()
        record.encode(into: &writer)
        var hash = EventHash()
        hash.combine(writer.bytes)
        let text = String(hash.value, radix: 16)
        return String(repeating: "0", count: 16 - text.utf8.count) + text
    }
}
