/// Consul's `KeyListRequest` as servers exchange it; on the wire a map keyed by the Go field names.
package struct KeyListRequest: Equatable, Sendable {
    /// Datacenter that must serve the call; the receiver compares it with its own name.
    package var datacenter: String
    /// Key prefix.
    package var prefix: ByteString
    /// Stop at this separator (spelling is on the wire).
    package var seperator: ByteString
    package var options: QueryOptions

    package init(
        datacenter: String = "",
        prefix: ByteString = ByteString(),
        seperator: ByteString = ByteString(),
        options: QueryOptions = QueryOptions()
    ) {
        self.datacenter = datacenter
        self.prefix = prefix
        self.seperator = seperator
        self.options = options
    }
}
