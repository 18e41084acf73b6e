/// Consul's `PreparedQuerySpecificRequest` as servers exchange it; on the wire a map keyed by the Go field names.
package struct PreparedQuerySpecificRequest: Equatable, Sendable {
    /// Datacenter that must serve the call; the receiver compares it with its own name.
    package var datacenter: String
    /// Query id.
    package var queryID: String
    package var options: QueryOptions

    package init(
        datacenter: String = "",
        queryID: String = "",
        options: QueryOptions = QueryOptions()
    ) {
        self.datacenter = datacenter
        self.queryID = queryID
        self.options = options
    }
}
