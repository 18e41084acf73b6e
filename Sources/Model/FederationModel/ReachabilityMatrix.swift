/// Who reaches whom, as far as one server knows.
package struct ReachabilityMatrix: Equatable, Sendable {
    /// What the servers of one datacenter see together.
    package struct Row: Equatable, Sendable {
        package var datacenter: String
        /// Node names of the servers whose rows it is made of, sorted.
        package var servers: [String]
        /// Of the youngest of those rows.
        package var age: Duration
        /// Sorted by datacenter.
        package var entries: [Entry]

        package init(datacenter: String, servers: [String], age: Duration, entries: [Entry]) {
            self.datacenter = datacenter
            self.servers = servers
            self.age = age
            self.entries = entries
        }

        package subscript(datacenter: String) -> Entry? { entries.first { $0.datacenter == datacenter } }
    }

    package struct Entry: Equatable, Sendable {
        package var datacenter: String
        /// Of the majority of the servers; the better one at a tie.
        package var verdict: Verdict
        /// One server reaches it.
        package var reaches: Bool
        /// One server hears it.
        package var hears: Bool
        /// The shortest of the servers that reach it.
        package var roundTrip: Duration?
        /// How long the verdict has stood, at most, when the row was written.
        package var since: Duration

        package init(
            datacenter: String, verdict: Verdict, reaches: Bool, hears: Bool, roundTrip: Duration?, since: Duration
        ) {
            self.datacenter = datacenter
            self.verdict = verdict
            self.reaches = reaches
            self.hears = hears
            self.roundTrip = roundTrip
            self.since = since
        }
    }

    /// Packets from one datacenter do not arrive in another, and those of the other way do.
    package struct Cut: Equatable, Hashable, Sendable {
        package var from: String
        package var to: String

        package init(from: String, to: String) {
            self.from = from
            self.to = to
        }
    }

    /// Of the server that is asked.
    package var own: String
    /// Sorted by datacenter; one for each datacenter that can be heard, the own one included.
    package var rows: [Row]
    /// Known datacenters that no row comes from: Consul's, and those that cannot be heard. Sorted.
    package var silent: [String]
    /// Sorted by both names.
    package var cuts: [Cut]

    package init(own: String, rows: [Row], silent: [String], cuts: [Cut]) {
        self.own = own
        self.rows = rows
        self.silent = silent
        self.cuts = cuts
    }

    package subscript(datacenter: String) -> Row? { rows.first { $0.datacenter == datacenter } }
}
