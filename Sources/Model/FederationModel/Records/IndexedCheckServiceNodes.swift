/// Consul's `IndexedCheckServiceNodes` as servers exchange it; on the wire a map keyed by the Go field names.
package struct IndexedCheckServiceNodes: Equatable, Sendable {
    /// Result rows.
    package var nodes: [CheckServiceNode]?
    package var meta: QueryMeta

    package init(
        nodes: [CheckServiceNode]? = nil,
        meta: QueryMeta = QueryMeta()
    ) {
        self.nodes = nodes
        self.meta = meta
    }
}
