/// What one server sees of the other datacenters: its row of the reachability matrix, as pings' answers carry it.
package struct ReachabilityRow: Equatable, Sendable {
    package struct Entry: Equatable, Sendable {
        package var datacenter: String
        package var verdict: Verdict
        /// One of that datacenter's servers answers the server's pings.
        package var reaches: Bool
        /// Pings or gossip of that datacenter arrive at the server: the way back works, whatever `reaches` says.
        package var hears: Bool
        /// The shortest smoothed one to a server that answers.
        package var roundTrip: Duration?
        /// When the verdict came to stand, in milliseconds on the server's calendar.
        package var since: UInt64

        package init(
            datacenter: String, verdict: Verdict, reaches: Bool, hears: Bool, roundTrip: Duration?, since: UInt64
        ) {
            self.datacenter = datacenter
            self.verdict = verdict
            self.reaches = reaches
            self.hears = hears
            self.roundTrip = roundTrip
            self.since = since
        }
    }

    /// The server's datacenter.
    package var datacenter: String
    /// Its node name.
    package var server: String
    /// When it was written, in milliseconds on the server's calendar: its version, the higher one is newer.
    package var stamp: UInt64
    /// Sorted by datacenter.
    package var entries: [Entry]

    package init(datacenter: String, server: String, stamp: UInt64, entries: [Entry]) {
        self.datacenter = datacenter
        self.server = server
        self.stamp = stamp
        self.entries = entries
    }

    package subscript(datacenter: String) -> Entry? { entries.first { $0.datacenter == datacenter } }
}

/// A row on its way or at a reader.
package struct CarriedRow: Equatable, Sendable {
    package var row: ReachabilityRow
    /// Since it was written: summed up by those who carried it, so that no two clocks are compared.
    package var age: Duration

    package init(_ row: ReachabilityRow, age: Duration) {
        self.row = row
        self.age = age
    }
}
