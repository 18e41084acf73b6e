/// Values by the instant at which they are due; equal instants come in the order they were added. A binary heap:
/// `add` and `popDue` are O(log n). There is no removal: an owner ignores what it no longer waits for.
package struct DeadlineQueue<Value> {
    fileprivate struct Entry {
        let due: Instant
        let sequence: UInt64
        let value: Value

        func isBefore(_ other: Entry) -> Bool {
            due != other.due ? due < other.due : sequence < other.sequence
        }
    }

    private var heap: [Entry] = []
    private var nextSequence: UInt64 = 0

    package init() {}

    package var count: Int { heap.count }
    package var isEmpty: Bool { heap.isEmpty }
    package var nextDeadline: Instant { heap.first?.due ?? .distantFuture }

    package mutating func add(_ value: Value, due: Instant) {
        heap.append(Entry(due: due, sequence: nextSequence, value: value))
        nextSequence += 1
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].isBefore(heap[parent]) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// The earliest value when it is due at `now`.
    package mutating func popDue(at now: Instant) -> Value? {
        guard let first = heap.first, first.due <= now else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return first.value }
        heap[0] = last
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count && heap[child + 1].isBefore(heap[child]) { child += 1 }
            guard heap[child].isBefore(heap[parent]) else { break }
            heap.swapAt(child, parent)
            parent = child
        }
        return first.value
    }
}

extension DeadlineQueue: Sendable where Value: Sendable {}
extension DeadlineQueue.Entry: Sendable where Value: Sendable {}
