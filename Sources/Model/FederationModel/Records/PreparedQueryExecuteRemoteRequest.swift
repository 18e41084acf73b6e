/// Consul's `PreparedQueryExecuteRemoteRequest` as servers exchange it; on the wire a map keyed by the Go field names.
package struct PreparedQueryExecuteRemoteRequest: Equatable, Sendable {
    /// Datacenter that must serve the call; the receiver compares it with its own name.
    package var datacenter: String
    /// The query.
    package var query: PreparedQuery
    /// Most instances of the answer; 0: all.
    package var limit: Int
    /// Only mesh instances.
    package var connect: Bool
    package var options: QueryOptions

    package init(
        datacenter: String = "",
        query: PreparedQuery = PreparedQuery(),
        limit: Int = 0,
        connect: Bool = false,
        options: QueryOptions = QueryOptions()
    ) {
        self.datacenter = datacenter
        self.query = query
        self.limit = limit
        self.connect = connect
        self.options = options
    }
}
