/// Consul's `KeyringResponses` as servers exchange it; on the wire a map keyed by the Go field names.
package struct KeyringResponses: Equatable, Sendable {
    /// One per pool.
    package var responses: [KeyringResponse]?
    package var meta: QueryMeta

    package init(
        responses: [KeyringResponse]? = nil,
        meta: QueryMeta = QueryMeta()
    ) {
        self.responses = responses
        self.meta = meta
    }
}
