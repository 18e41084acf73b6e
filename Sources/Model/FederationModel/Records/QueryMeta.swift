/// Fields that Consul embeds in other structures: on the wire they are keys of the outer map.
package struct QueryMeta: Equatable, Sendable {
    /// Result index, basis for the next blocking call.
    package var index: UInt64
    /// Time since this server last heard from its leader; 0 on the leader.
    package var lastContact: Duration
    /// This server knows a leader.
    package var knownLeader: Bool
    /// Always empty on the wire; the HTTP edge fills it.
    package var consistencyLevel: String

    package init(
        index: UInt64 = 0,
        lastContact: Duration = .zero,
        knownLeader: Bool = false,
        consistencyLevel: String = ""
    ) {
        self.index = index
        self.lastContact = lastContact
        self.knownLeader = knownLeader
        self.consistencyLevel = consistencyLevel
    }
}
