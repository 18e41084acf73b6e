/// Consul's `TxnRequest` as servers exchange it; on the wire a map keyed by the Go field names.
package struct TxnRequest: Equatable, Sendable {
    /// Datacenter that must serve the call; the receiver compares it with its own name.
    package var datacenter: String
    /// Operations in order.
    package var ops: [TxnOp]?
    package var write: WriteRequest

    package init(
        datacenter: String = "",
        ops: [TxnOp]? = nil,
        write: WriteRequest = WriteRequest()
    ) {
        self.datacenter = datacenter
        self.ops = ops
        self.write = write
    }
}
