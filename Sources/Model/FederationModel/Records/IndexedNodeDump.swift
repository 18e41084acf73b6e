/// Nodes with everything registered on them.
package struct IndexedNodeDump: Equatable, Sendable {
    /// Result rows.
    package var dump: [NodeInfo]?
    package var meta: QueryMeta

    package init(
        dump: [NodeInfo]? = nil,
        meta: QueryMeta = QueryMeta()
    ) {
        self.dump = dump
        self.meta = meta
    }
}
