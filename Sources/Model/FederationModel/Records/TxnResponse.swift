/// Consul's `TxnResponse` as servers exchange it; on the wire a map keyed by the Go field names.
package struct TxnResponse: Equatable, Sendable {
    /// Nil when the transaction failed.
    package var results: [TxnResult]?
    /// Nil when it succeeded.
    package var errors: [TxnError]?

    package init(
        results: [TxnResult]? = nil,
        errors: [TxnError]? = nil
    ) {
        self.results = results
        self.errors = errors
    }
}
