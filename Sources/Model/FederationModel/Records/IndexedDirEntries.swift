/// Consul's `IndexedDirEntries` as servers exchange it; on the wire a map keyed by the Go field names.
package struct IndexedDirEntries: Equatable, Sendable {
    /// Result rows, nil when none.
    package var entries: [DirEntry]?
    package var meta: QueryMeta

    package init(
        entries: [DirEntry]? = nil,
        meta: QueryMeta = QueryMeta()
    ) {
        self.entries = entries
        self.meta = meta
    }
}
