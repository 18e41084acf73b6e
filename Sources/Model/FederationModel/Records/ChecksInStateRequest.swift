/// Consul's `ChecksInStateRequest` as servers exchange it; on the wire a map keyed by the Go field names.
package struct ChecksInStateRequest: Equatable, Sendable {
    /// Datacenter that must serve the call; the receiver compares it with its own name.
    package var datacenter: String
    /// Keep only nodes whose metadata has all these pairs.
    package var nodeMetaFilters: [String: String]?
    /// Check state: passing, warning, critical or any.
    package var state: String
    /// Sort by round-trip time from this node.
    package var source: QuerySource
    package var options: QueryOptions

    package init(
        datacenter: String = "",
        nodeMetaFilters: [String: String]? = nil,
        state: String = "",
        source: QuerySource = QuerySource(),
        options: QueryOptions = QueryOptions()
    ) {
        self.datacenter = datacenter
        self.nodeMetaFilters = nodeMetaFilters
        self.state = state
        self.source = source
        self.options = options
    }
}
