/// A datacenter that an operator has forgotten: nothing that others still say of it brings it back.
package struct Tombstone: Equatable, Sendable {
    /// Of the event that tells the WAN pool.
    package static let eventName = "isthmus:forget"
    /// As long as Serf keeps a member that failed: by then nobody else lists it either.
    package static let lifetime: Duration = .seconds(72 * 3600)

    /// A server of it, as it was known when it was forgotten.
    package struct Server: Equatable, Sendable {
        package var name: String
        /// Serf's Lamport time of the newest intent about it.
        package var statusTime: UInt64
        /// SWIM's; 0 when the failure detector had dropped it.
        package var incarnation: UInt64

        package init(name: String, statusTime: UInt64, incarnation: UInt64) {
            self.name = name
            self.statusTime = statusTime
            self.incarnation = incarnation
        }
    }

    package var datacenter: String
    /// When it was forgotten, in milliseconds on the calendar: its version, and what a newer incarnation exceeds.
    package var stamp: UInt64
    /// The prefix of the cluster ID that owned the name; empty when it was not known.
    package var clusterTag: String
    /// It answered and was cut off: only servers that start anew end this.
    package var isForced: Bool
    /// The server that was asked to forget it.
    package var origin: String
    /// When one of its servers answered with a newer incarnation; 0: it stands. Kept so that older word of it is old.
    package var endedStamp: UInt64 = 0
    /// At most 32, sorted by name: known here and not told to others.
    package var servers: [Server] = []

    package init(datacenter: String, stamp: UInt64, clusterTag: String, isForced: Bool, origin: String) {
        self.datacenter = datacenter
        self.stamp = stamp
        self.clusterTag = clusterTag
        self.isForced = isForced
        self.origin = origin
    }

    package var isStanding: Bool { endedStamp == 0 }
}

/// A tombstone as an operator sees it.
package struct TombstoneReport: Equatable, Sendable {
    /// Who asked for a datacenter after it was forgotten.
    package struct Asker: Equatable, Sendable {
        /// A node with its address, or a server that still pings for it.
        package var name: String
        package var count: Int
        /// Since the last time.
        package var age: Duration

        package init(name: String, count: Int, age: Duration) {
            self.name = name
            self.count = count
            self.age = age
        }
    }

    package var tombstone: Tombstone
    /// Until it is dropped.
    package var remaining: Duration
    /// The latest first.
    package var askers: [Asker]

    package init(tombstone: Tombstone, remaining: Duration, askers: [Asker]) {
        self.tombstone = tombstone
        self.remaining = remaining
        self.askers = askers
    }
}
