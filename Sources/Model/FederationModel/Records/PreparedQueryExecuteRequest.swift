/// Consul's `PreparedQueryExecuteRequest` as servers exchange it; on the wire a map keyed by the Go field names.
package struct PreparedQueryExecuteRequest: Equatable, Sendable {
    /// Datacenter that must serve the call; the receiver compares it with its own name.
    package var datacenter: String
    /// Query id or name.
    package var queryIDOrName: String
    /// Most instances of the answer; 0: all.
    package var limit: Int
    /// Only mesh instances.
    package var connect: Bool
    /// Sort origin of the caller.
    package var source: QuerySource
    /// The agent that took the call.
    package var agent: QuerySource
    package var options: QueryOptions

    package init(
        datacenter: String = "",
        queryIDOrName: String = "",
        limit: Int = 0,
        connect: Bool = false,
        source: QuerySource = QuerySource(),
        agent: QuerySource = QuerySource(),
        options: QueryOptions = QueryOptions()
    ) {
        self.datacenter = datacenter
        self.queryIDOrName = queryIDOrName
        self.limit = limit
        self.connect = connect
        self.source = source
        self.agent = agent
        self.options = options
    }
}
