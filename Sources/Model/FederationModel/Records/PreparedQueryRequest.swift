/// Consul's `PreparedQueryRequest` as servers exchange it; on the wire a map keyed by the Go field names.
package struct PreparedQueryRequest: Equatable, Sendable {
    /// Datacenter that must serve the call; the receiver compares it with its own name.
    package var datacenter: String
    /// `create`, `update` or `delete`.
    package var op: String
    /// The query.
    package var query: PreparedQuery?
    package var write: WriteRequest

    package init(
        datacenter: String = "",
        op: String = "",
        query: PreparedQuery? = nil,
        write: WriteRequest = WriteRequest()
    ) {
        self.datacenter = datacenter
        self.op = op
        self.query = query
        self.write = write
    }
}
