/// Consul's `TxnReadRequest` as servers exchange it; on the wire a map keyed by the Go field names.
package struct TxnReadRequest: Equatable, Sendable {
    /// Datacenter that must serve the call; the receiver compares it with its own name.
    package var datacenter: String
    /// Operations in order.
    package var ops: [TxnOp]?
    package var options: QueryOptions

    package init(
        datacenter: String = "",
        ops: [TxnOp]? = nil,
        options: QueryOptions = QueryOptions()
    ) {
        self.datacenter = datacenter
        self.ops = ops
        self.options = options
    }
}
