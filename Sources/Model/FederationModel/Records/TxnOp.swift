/// Consul's `TxnOp` as servers exchange it; on the wire a map keyed by the Go field names. One of its parts is set.
package struct TxnOp: Equatable, Sendable {
    /// Key operation.
    package var kv: TxnKVOp?
    /// Internal to Consul; refused here.
    package var intention: DynamicValue?
    /// Node operation.
    package var node: TxnNodeOp?
    /// Service operation.
    package var service: TxnServiceOp?
    /// Check operation.
    package var check: TxnCheckOp?
    /// Internal to Consul; refused here.
    package var session: DynamicValue?

    package init(
        kv: TxnKVOp? = nil,
        intention: DynamicValue? = nil,
        node: TxnNodeOp? = nil,
        service: TxnServiceOp? = nil,
        check: TxnCheckOp? = nil,
        session: DynamicValue? = nil
    ) {
        self.kv = kv
        self.intention = intention
        self.node = node
        self.service = service
        self.check = check
        self.session = session
    }
}
