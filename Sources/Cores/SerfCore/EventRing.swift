/// The last user events by Lamport time, against repetition and for those who join (`wire/serf-gossip.md` 5.6).
struct EventRing: Sendable {
    /// Serf's event buffer.
    static let slotCount = 512
    /// Events of one Lamport time: as many nodes may fire at once before the later ones are no longer remembered.
    static let maxEventsPerSlot = 64

    private(set) var slots = [EventSlot?](repeating: nil, count: slotCount)
    /// Older events are dropped.
    var minTime: UInt64 = 0

    /// - Returns: true when the event is new.
    mutating func remember(_ event: UserEventMessage, clock: UInt64) -> Bool {
        guard event.time >= minTime else { return false }
        if clock > UInt64(Self.slotCount) && event.time < clock - UInt64(Self.slotCount) { return false }
        let position = Int(event.time % UInt64(Self.slotCount))
        var remembered = RememberedEvent()
        remembered.name = event.name
        remembered.payload = event.payload
        var slot = EventSlot()
        if let held = slots[position], held.time == event.time { slot = held }
        slot.time = event.time
        var events = slot.events ?? []
        guard !events.contains(where: { $0.name == event.name && ($0.payload ?? []) == (event.payload ?? []) }) else {
            return false
        }
        guard events.count < Self.maxEventsPerSlot else { return false }
        events.append(remembered)
        slot.events = events
        slots[position] = slot
        return true
    }
}
