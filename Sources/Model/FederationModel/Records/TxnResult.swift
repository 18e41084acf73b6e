/// Consul's `TxnResult` as servers exchange it; on the wire a map keyed by the Go field names.
package struct TxnResult: Equatable, Sendable {
    /// Key.
    package var kv: DirEntry?
    /// Node.
    package var node: Node?
    /// Instance.
    package var service: NodeService?
    /// Check.
    package var check: HealthCheck?

    package init(
        kv: DirEntry? = nil,
        node: Node? = nil,
        service: NodeService? = nil,
        check: HealthCheck? = nil
    ) {
        self.kv = kv
        self.node = node
        self.service = service
        self.check = check
    }
}
