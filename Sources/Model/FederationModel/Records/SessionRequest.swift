/// Consul's `SessionRequest` as servers exchange it; on the wire a map keyed by the Go field names.
package struct SessionRequest: Equatable, Sendable {
    /// Datacenter that must serve the call; the receiver compares it with its own name.
    package var datacenter: String
    /// `create` or `destroy`.
    package var op: String
    /// The session.
    package var session: Session
    package var write: WriteRequest

    package init(
        datacenter: String = "",
        op: String = "",
        session: Session = Session(),
        write: WriteRequest = WriteRequest()
    ) {
        self.datacenter = datacenter
        self.op = op
        self.session = session
        self.write = write
    }
}
