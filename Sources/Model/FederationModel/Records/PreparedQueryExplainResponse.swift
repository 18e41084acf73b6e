/// Consul's `PreparedQueryExplainResponse` as servers exchange it; on the wire a map keyed by the Go field names.
package struct PreparedQueryExplainResponse: Equatable, Sendable {
    /// The query as it would run.
    package var query: PreparedQuery
    package var meta: QueryMeta

    package init(
        query: PreparedQuery = PreparedQuery(),
        meta: QueryMeta = QueryMeta()
    ) {
        self.query = query
        self.meta = meta
    }
}
