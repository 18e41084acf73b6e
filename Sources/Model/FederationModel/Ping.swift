/// `Isthmus.Ping`: asked between Isthmus servers of any datacenter each second; its answer is evidence for the verdict.
package struct Ping: Equatable, Sendable {
    /// The asker's datacenter.
    package var datacenter: String
    /// The asker's node name.
    package var node: String
    /// Datacenters whose rows the asker lacks.
    package var wantedRows: [String] = []
    /// Stamp of the asked server's own row that the asker holds; 0: none. It is not sent again while it holds.
    package var rowStamp: UInt64 = 0
    /// Not 0: the asked server's datacenter is forgotten at the asker, by the tombstone of that stamp.
    package var forgottenStamp: UInt64 = 0

    package init(datacenter: String = "", node: String = "") {
        self.datacenter = datacenter
        self.node = node
    }
}

/// The answer to a `Ping`.
package struct Pong: Equatable, Sendable {
    package var datacenter: String
    package var node: String
    /// The Raft cluster the server is in, as 16 hexadecimal digits.
    package var clusterID: String
    /// `ip:port` of the leader the server follows or is; empty when it knows none.
    package var leader: String
    /// Raft term.
    package var term: UInt64
    /// Age of the last word from the leader; zero on the leader itself.
    package var lastContact: Duration
    /// Encoded rows, the answering server's first; empty from servers that know none.
    package var rows: [UInt8] = []
    /// The row that the asker holds says all that there is to say; it is not among `rows` then.
    package var isRowHeldGood = false
    /// When the server started, or outlived its datacenter's tombstone, in milliseconds on the calendar; 0 from servers
    /// that do not say.
    package var incarnation: UInt64 = 0
    /// Encoded tombstones that stand at the server; empty without one.
    package var forgotten: [UInt8] = []

    package init(
        datacenter: String = "", node: String = "", clusterID: String = "", leader: String = "", term: UInt64 = 0,
        lastContact: Duration = .zero
    ) {
        self.datacenter = datacenter
        self.node = node
        self.clusterID = clusterID
        self.leader = leader
        self.term = term
        self.lastContact = lastContact
    }
}
