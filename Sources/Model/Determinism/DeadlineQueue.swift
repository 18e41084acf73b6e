/// Values by the instant at which they are due; equal instants come in the order they were added. A binary heap:
/// `add` and `popDue` are O(log n). There is no removal: an owner ignores what it no longer waits for, and drops it
/// when it is the earliest.
///
/// Public and inlinable, so that each module has it specialised for what it queues: the compiler does not do that for
/// what is `package`.
public struct DeadlineQueue<Value> {
    /// The values stand still beside the heap: only these 24 bytes move.
    @usableFromInline var heap: [DeadlineEntry] = []
    @usableFromInline var slots: [Value?] = []
    @usableFromInline var freeSlots: [Int] = []
    @usableFromInline var nextSequence: UInt64 = 0

    @inlinable public init() {}

    @inlinable public var count: Int { heap.count }
    @inlinable public var isEmpty: Bool { heap.isEmpty }
    /// Of the earliest value. Kept beside the heap: owners ask after every batch, and the heap is elsewhere in memory.
    @inlinable public var nextDeadline: Instant { earliest }
    @usableFromInline var earliest = Instant.distantFuture

    @inlinable public mutating func add(_ value: Value, due: Instant) {
        let slot: Int
        if let free = freeSlots.popLast() {
            slot = free
            slots[slot] = value
        } else {
            slot = slots.count
            slots.append(value)
        }
        DeadlineEntry.push(DeadlineEntry(due: due, sequence: nextSequence, slot: slot), onto: &heap)
        nextSequence += 1
        if due < earliest { earliest = due }
    }

    /// The earliest value when it is due at `now`.
    @inlinable public mutating func popDue(at now: Instant) -> Value? {
        guard earliest <= now else { return nil }
        return popEarliest()
    }

    /// Apart: in a loop over `popDue` the heap would be made ready for changes although nothing is due.
    @inline(never) @usableFromInline mutating func popEarliest() -> Value? {
        guard let first = heap.first else { return nil }
        DeadlineEntry.removeEarliest(from: &heap)
        earliest = heap.first?.due ?? .distantFuture
        freeSlots.append(first.slot)
        return slots[first.slot].take()
    }

    /// Forgets the earliest values for as long as nobody waits for them any more: an owner whose timers mostly end
    /// before their time is then not woken for nothing.
    @inlinable public mutating func dropEarliest(while isOver: (Value) -> Bool) {
        while let first = heap.first, let value = slots[first.slot], isOver(value) {
            DeadlineEntry.removeEarliest(from: &heap)
            earliest = heap.first?.due ?? .distantFuture
            freeSlots.append(first.slot)
            slots[first.slot] = nil
        }
    }
}

extension DeadlineQueue: Sendable where Value: Sendable {}

/// Where a value stands, and when it is due.
public struct DeadlineEntry: Sendable {
    public let due: Instant
    public let sequence: UInt64
    public let slot: Int

    @inlinable public init(due: Instant, sequence: UInt64, slot: Int) {
        self.due = due
        self.sequence = sequence
        self.slot = slot
    }

    @inlinable public func isBefore(_ other: DeadlineEntry) -> Bool {
        due != other.due ? due < other.due : sequence < other.sequence
    }

    @inlinable public static func push(_ entry: DeadlineEntry, onto heap: inout [DeadlineEntry]) {
        heap.append(entry)
        heap.withUnsafeMutableBufferPointer { heap in
            // The place that is free moves, and the entry is written once.
            var child = heap.count - 1
            while child > 0 {
                let parent = (child - 1) / 2
                guard entry.isBefore(heap[parent]) else { break }
                heap[child] = heap[parent]
                child = parent
            }
            heap[child] = entry
        }
    }

    @inlinable public static func removeEarliest(from heap: inout [DeadlineEntry]) {
        let last = heap.removeLast()
        guard !heap.isEmpty else { return }
        heap.withUnsafeMutableBufferPointer { heap in
            var parent = 0
            while true {
                var child = 2 * parent + 1
                guard child < heap.count else { break }
                if child + 1 < heap.count && heap[child + 1].isBefore(heap[child]) { child += 1 }
                guard heap[child].isBefore(last) else { break }
                heap[parent] = heap[child]
                parent = child
            }
            heap[parent] = last
        }
    }
}
