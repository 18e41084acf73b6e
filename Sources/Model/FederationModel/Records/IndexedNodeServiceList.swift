/// Consul's `IndexedNodeServiceList` as servers exchange it; on the wire a map keyed by the Go field names.
package struct IndexedNodeServiceList: Equatable, Sendable {
    /// Result; Node nil if none.
    package var nodeServices: NodeServiceList
    package var meta: QueryMeta

    package init(
        nodeServices: NodeServiceList = NodeServiceList(),
        meta: QueryMeta = QueryMeta()
    ) {
        self.nodeServices = nodeServices
        self.meta = meta
    }
}
