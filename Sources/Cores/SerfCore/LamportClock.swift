/// A Lamport clock: starts at 1 and never goes back (`wire/serf-gossip.md` 5.3).
package struct LamportClock: Equatable, Sendable {
    package private(set) var time: UInt64 = 1

    package init() {}

    /// Moves past a time seen elsewhere. The last value of the type is not counted: it has no successor.
    package mutating func witness(_ seen: UInt64) {
        if seen >= time && seen < .max { time = seen + 1 }
    }

    /// The present time, and one on.
    package mutating func tick() -> UInt64 {
        defer { witness(time) }
        return time
    }
}
