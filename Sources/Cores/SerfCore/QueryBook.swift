import Determinism
import FederationModel

/// Queries seen, queries to answer and queries asked.
struct QueryBook: Sendable {
    /// Serf's query buffer.
    static let slotCount = 512
    /// Queries of one Lamport time that are told apart.
    static let maxQueriesPerSlot = 64
    /// Queries waiting for the application's answer: as many as the buffer remembers.
    static let maxAnswerable = 512
    /// Own queries at once.
    static let maxAsked = 64

    struct Answerable: Sendable {
        var message: QueryMessage
        var source: Endpoint
        var deadline: Instant
    }

    struct Asked: Sendable {
        var id: QueryID
        var deadline: Instant
        var acked: Set<String> = []
        var answered: Set<String> = []
    }

    private struct Slot: Sendable {
        var time: UInt64
        var ids: [UInt32]
    }

    private var slots = [Slot?](repeating: nil, count: slotCount)
    private var answerable: [QueryKey: Answerable] = [:]
    private var asked: [QueryKey: Asked] = [:]
    private var deadlines = DeadlineQueue<QueryKey>()
    /// Older queries are dropped.
    var minTime: UInt64 = 0

    var nextDeadline: Instant { deadlines.nextDeadline }

    /// - Returns: true when the query is new.
    mutating func remember(_ query: QueryMessage, clock: UInt64) -> Bool {
        guard query.time >= minTime else { return false }
        if clock > UInt64(Self.slotCount) && query.time < clock - UInt64(Self.slotCount) { return false }
        let position = Int(query.time % UInt64(Self.slotCount))
        var slot = Slot(time: query.time, ids: [])
        if let held = slots[position], held.time == query.time { slot = held }
        guard !slot.ids.contains(query.id), slot.ids.count < Self.maxQueriesPerSlot else { return false }
        slot.ids.append(query.id)
        slots[position] = slot
        return true
    }

    mutating func await(answerTo query: Answerable) {
        guard answerable.count < Self.maxAnswerable else { return }
        let key = QueryKey(time: query.message.time, id: query.message.id)
        answerable[key] = query
        deadlines.add(key, due: query.deadline)
    }

    mutating func takeAnswerable(_ key: QueryKey) -> Answerable? { answerable.removeValue(forKey: key) }

    /// - Returns: false when too many are under way.
    mutating func ask(_ key: QueryKey, _ query: Asked) -> Bool {
        guard asked.count < Self.maxAsked else { return false }
        asked[key] = query
        deadlines.add(key, due: query.deadline)
        return true
    }

    /// - Returns: the own query this responds to; nil when there is none or the member did so before.
    mutating func take(_ response: QueryResponse) -> QueryID? {
        let key = QueryKey(time: response.time, id: response.id)
        let isAck = response.flags & QueryResponse.isAck != 0
        guard var query = asked[key] else { return nil }
        let isNew = isAck ? query.acked.insert(response.from).inserted : query.answered.insert(response.from).inserted
        asked[key] = query
        return isNew ? query.id : nil
    }

    /// - Returns: own queries that ended.
    mutating func expire(at now: Instant) -> [QueryID] {
        var ended: [QueryID] = []
        while let key = deadlines.popDue(at: now) {
            if let query = asked[key], query.deadline <= now {
                asked[key] = nil
                ended.append(query.id)
            }
            if let query = answerable[key], query.deadline <= now { answerable[key] = nil }
        }
        return ended
    }
}
