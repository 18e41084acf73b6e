/// Consul's `TxnNodeOp` as servers exchange it; on the wire a map keyed by the Go field names.
package struct TxnNodeOp: Equatable, Sendable {
    /// Operation verb.
    package var verb: String
    /// The node.
    package var node: Node

    package init(
        verb: String = "",
        node: Node = Node()
    ) {
        self.verb = verb
        self.node = node
    }
}
