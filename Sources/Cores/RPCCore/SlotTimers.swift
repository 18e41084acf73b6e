import Determinism

/// One deadline per slot number, with removal: a binary heap that knows where each slot stands. `set` and `clear` are
/// O(log n), and nearly O(1) for the pattern of calls, whose deadlines grow and which end long before.
struct SlotTimers: Sendable {
    private struct Entry {
        var due: Instant
        var slot: Int
    }

    private var heap: [Entry] = []
    /// Position in the heap by slot; -1 where no deadline is set.
    private var positions: [Int] = []

    var nextDeadline: Instant { heap.first?.due ?? .distantFuture }

    mutating func set(_ slot: Int, due: Instant) {
        while positions.count <= slot { positions.append(-1) }
        if positions[slot] < 0 {
            positions[slot] = heap.count
            heap.append(Entry(due: due, slot: slot))
        } else {
            heap[positions[slot]].due = due
        }
        settle(positions[slot])
    }

    mutating func clear(_ slot: Int) {
        guard slot < positions.count, positions[slot] >= 0 else { return }
        let position = positions[slot]
        positions[slot] = -1
        let last = heap.removeLast()
        guard position < heap.count else { return }
        heap[position] = last
        positions[last.slot] = position
        settle(position)
    }

    /// The slot with the earliest deadline when it is due; its deadline is cleared.
    mutating func popDue(at now: Instant) -> Int? {
        guard let first = heap.first, first.due <= now else { return nil }
        clear(first.slot)
        return first.slot
    }

    private mutating func settle(_ position: Int) {
        var child = position
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].due < heap[parent].due else { break }
            exchange(child, parent)
            child = parent
        }
        var parent = child
        while true {
            var smallest = 2 * parent + 1
            guard smallest < heap.count else { break }
            if smallest + 1 < heap.count && heap[smallest + 1].due < heap[smallest].due { smallest += 1 }
            guard heap[smallest].due < heap[parent].due else { break }
            exchange(parent, smallest)
            parent = smallest
        }
    }

    private mutating func exchange(_ left: Int, _ right: Int) {
        heap.swapAt(left, right)
        positions[heap[left].slot] = left
        positions[heap[right].slot] = right
    }
}
