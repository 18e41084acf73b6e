/// Consul's `IndexedNodeServices` as servers exchange it; on the wire a map keyed by the Go field names.
package struct IndexedNodeServices: Equatable, Sendable {
    /// Result, nil if no such node.
    package var nodeServices: NodeServices?
    package var meta: QueryMeta

    package init(
        nodeServices: NodeServices? = nil,
        meta: QueryMeta = QueryMeta()
    ) {
        self.nodeServices = nodeServices
        self.meta = meta
    }
}
