/// Consul's `TxnReadResponse` as servers exchange it; on the wire a map keyed by the Go field names.
package struct TxnReadResponse: Equatable, Sendable {
    /// Nil when the transaction failed.
    package var results: [TxnResult]?
    /// Nil when it succeeded.
    package var errors: [TxnError]?
    package var meta: QueryMeta

    package init(
        results: [TxnResult]? = nil,
        errors: [TxnError]? = nil,
        meta: QueryMeta = QueryMeta()
    ) {
        self.results = results
        self.errors = errors
        self.meta = meta
    }
}
