/// Consul's `NodeSpecificRequest` as servers exchange it; on the wire a map keyed by the Go field names.
package struct NodeSpecificRequest: Equatable, Sendable {
    /// Datacenter that must serve the call; the receiver compares it with its own name.
    package var datacenter: String
    /// Node name.
    package var node: String
    package var options: QueryOptions

    package init(
        datacenter: String = "",
        node: String = "",
        options: QueryOptions = QueryOptions()
    ) {
        self.datacenter = datacenter
        self.node = node
        self.options = options
    }
}
