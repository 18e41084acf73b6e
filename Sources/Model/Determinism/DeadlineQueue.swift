/// Values by the instant at which they are due; equal instants come in the order they were added. A binary heap:
/// `add` and `popDue` are O(log n). There is no removal: an owner ignores what it no longer waits for.
package struct DeadlineQueue<Value> {
    /// The values stand still beside the heap: only these 24 bytes move.
    private var heap: [DeadlineEntry] = []
    private var slots: [Value?] = []
    private var freeSlots: [Int] = []
    private var nextSequence: UInt64 = 0

    package init() {}

    package var count: Int { heap.count }
    package var isEmpty: Bool { heap.isEmpty }
    package var nextDeadline: Instant { heap.first?.due ?? .distantFuture }

    package mutating func add(_ value: Value, due: Instant) {
        let slot: Int
        if let free = freeSlots.popLast() {
            slot = free
            slots[slot] = value
        } else {
            slot = slots.count
            slots.append(value)
        }
        heap.push(DeadlineEntry(due: due, sequence: nextSequence, slot: slot))
        nextSequence += 1
    }

    /// The earliest value when it is due at `now`.
    package mutating func popDue(at now: Instant) -> Value? {
        guard let first = heap.first, first.due <= now else { return nil }
        heap.removeEarliest()
        freeSlots.append(first.slot)
        return slots[first.slot].take()
    }
}

extension DeadlineQueue: Sendable where Value: Sendable {}

/// Where a value stands, and when it is due.
struct DeadlineEntry {
    let due: Instant
    let sequence: UInt64
    let slot: Int

    func isBefore(_ other: DeadlineEntry) -> Bool {
        due != other.due ? due < other.due : sequence < other.sequence
    }
}

extension [DeadlineEntry] {
    fileprivate mutating func push(_ entry: DeadlineEntry) {
        append(entry)
        var child = count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard self[child].isBefore(self[parent]) else { break }
            swapAt(child, parent)
            child = parent
        }
    }

    fileprivate mutating func removeEarliest() {
        let last = removeLast()
        guard !isEmpty else { return }
        self[0] = last
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < count else { break }
            if child + 1 < count && self[child + 1].isBefore(self[child]) { child += 1 }
            guard self[child].isBefore(self[parent]) else { break }
            swapAt(child, parent)
            parent = child
        }
    }
}
