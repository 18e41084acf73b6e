/// Consul's `TxnServiceOp` as servers exchange it; on the wire a map keyed by the Go field names.
package struct TxnServiceOp: Equatable, Sendable {
    /// Operation verb.
    package var verb: String
    /// Node name.
    package var node: String
    /// The instance.
    package var service: NodeService

    package init(
        verb: String = "",
        node: String = "",
        service: NodeService = NodeService()
    ) {
        self.verb = verb
        self.node = node
        self.service = service
    }
}
