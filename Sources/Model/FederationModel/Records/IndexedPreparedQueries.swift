/// Consul's `IndexedPreparedQueries` as servers exchange it; on the wire a map keyed by the Go field names.
package struct IndexedPreparedQueries: Equatable, Sendable {
    /// Result rows.
    package var queries: [PreparedQuery]?
    package var meta: QueryMeta

    package init(
        queries: [PreparedQuery]? = nil,
        meta: QueryMeta = QueryMeta()
    ) {
        self.queries = queries
        self.meta = meta
    }
}
