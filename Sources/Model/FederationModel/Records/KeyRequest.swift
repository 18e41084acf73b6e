/// Consul's `KeyRequest` as servers exchange it; on the wire a map keyed by the Go field names.
package struct KeyRequest: Equatable, Sendable {
    /// Datacenter that must serve the call; the receiver compares it with its own name.
    package var datacenter: String
    /// Key (KVS.Get) or prefix (KVS.List).
    package var key: ByteString
    package var options: QueryOptions

    package init(
        datacenter: String = "",
        key: ByteString = ByteString(),
        options: QueryOptions = QueryOptions()
    ) {
        self.datacenter = datacenter
        self.key = key
        self.options = options
    }
}
