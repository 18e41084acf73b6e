import Determinism

/// Events by time; equal times come in the order they were added. Those before the `horizon` stand in order, so that a
/// look at what comes next costs nothing; the others are in a heap.
struct EventQueue: Sendable {
    /// An event before the horizon.
    struct Entry: Sendable {
        let due: Instant
        let number: Int
        /// Of whom the event is; see `World.place(of:)`.
        let place: Int
    }

    private var heap: [DeadlineEntry] = []
    /// Those before the horizon, from `first` on. What was in front of it is dropped now and then.
    private var soon: [Entry] = []
    private var first = 0
    private var events: [World.Event?] = []
    private var free: [Int] = []
    private var nextSequence: UInt64 = 0
    private var horizon = Instant.zero

    private static let maxDroppedCount = 256

    /// Of the earliest event.
    var nextDeadline: Instant {
        first < soon.count ? soon[first].due : heap.first?.due ?? .distantFuture
    }

    /// Events before the horizon, in order.
    var ahead: ArraySlice<Entry> { soon[first...] }

    subscript(number: Int) -> World.Event? { events[number] }

    func isBeforeHorizon(_ due: Instant) -> Bool { due < horizon }

    /// - Parameter place: nothing beyond the horizon.
    mutating func add(_ event: World.Event, due: Instant, place: Int) {
        let number: Int
        if let last = free.popLast() {
            number = last
            events[number] = event
        } else {
            number = events.count
            events.append(event)
        }
        if isBeforeHorizon(due) {
            insert(Entry(due: due, number: number, place: place))
        } else {
            DeadlineEntry.push(DeadlineEntry(due: due, sequence: nextSequence, slot: number), onto: &heap)
        }
        nextSequence += 1
    }

    /// Behind all of its time. Mostly it is one of the next, and the room of the last one that was taken is free.
    private mutating func insert(_ entry: Entry) {
        var position = first
        while position < soon.count && soon[position].due <= entry.due { position += 1 }
        guard first > 0 else { return soon.insert(entry, at: position) }
        first -= 1
        var moved = first
        while moved < position - 1 {
            soon[moved] = soon[moved + 1]
            moved += 1
        }
        soon[moved] = entry
    }

    /// - Returns: the earliest event and its number; its place when it stood before the horizon.
    mutating func pop() -> (event: World.Event, number: Int, place: Int?)? {
        let number: Int
        var place: Int?
        if first < soon.count {
            number = soon[first].number
            place = soon[first].place
            first += 1
            if first == soon.count || first > Self.maxDroppedCount {
                soon.removeFirst(first)
                first = 0
            }
        } else if let earliest = heap.first {
            number = earliest.slot
            DeadlineEntry.removeEarliest(from: &heap)
        } else {
            return nil
        }
        free.append(number)
        guard let event = events[number].take() else { preconditionFailure("event \(number) is taken twice") }
        return (event, number, place)
    }

    /// It only moves on; what comes to stand before it is still to be admitted.
    mutating func moveHorizon(to instant: Instant) { horizon = max(horizon, instant) }

    /// The earliest event that stands in the heap although it is before the horizon.
    var nextToAdmit: Int? {
        guard let earliest = heap.first, earliest.due < horizon else { return nil }
        return earliest.slot
    }

    /// The one that `nextToAdmit` names stands in order now.
    mutating func admit(place: Int) -> Entry {
        let entry = Entry(due: heap[0].due, number: heap[0].slot, place: place)
        DeadlineEntry.removeEarliest(from: &heap)
        soon.append(entry)
        return entry
    }
}
