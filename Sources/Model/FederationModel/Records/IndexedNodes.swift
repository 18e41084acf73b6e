/// Consul's `IndexedNodes` as servers exchange it; on the wire a map keyed by the Go field names.
package struct IndexedNodes: Equatable, Sendable {
    /// Result rows.
    package var nodes: [Node]?
    package var meta: QueryMeta

    package init(
        nodes: [Node]? = nil,
        meta: QueryMeta = QueryMeta()
    ) {
        self.nodes = nodes
        self.meta = meta
    }
}
