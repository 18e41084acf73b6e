/// Consul's `EventFireRequest` as servers exchange it; on the wire a map keyed by the Go field names.
package struct EventFireRequest: Equatable, Sendable {
    /// Datacenter that must serve the call; the receiver compares it with its own name.
    package var datacenter: String
    /// Event name.
    package var name: String
    /// Msgpack user event: ID, n name, p payload, nf/sf/tf filters, v version.
    package var payload: ByteString?
    package var options: QueryOptions

    package init(
        datacenter: String = "",
        name: String = "",
        payload: ByteString? = nil,
        options: QueryOptions = QueryOptions()
    ) {
        self.datacenter = datacenter
        self.name = name
        self.payload = payload
        self.options = options
    }
}
