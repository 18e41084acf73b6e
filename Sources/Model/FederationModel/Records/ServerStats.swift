/// Consul's `ServerStats` as servers exchange it; on the wire a map keyed by the Go field names.
package struct ServerStats: Equatable, Sendable {
    /// Text duration; `0` on the leader, `never` before any contact.
    package var lastContact: String
    /// Last term.
    package var lastTerm: UInt64
    /// Last index.
    package var lastIndex: UInt64

    package init(
        lastContact: String = "",
        lastTerm: UInt64 = 0,
        lastIndex: UInt64 = 0
    ) {
        self.lastContact = lastContact
        self.lastTerm = lastTerm
        self.lastIndex = lastIndex
    }
}
