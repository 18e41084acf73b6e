/// Consul's `EventFireResponse` as servers exchange it; on the wire a map keyed by the Go field names.
package struct EventFireResponse: Equatable, Sendable {
    package var meta: QueryMeta

    package init(
        meta: QueryMeta = QueryMeta()
    ) {
        self.meta = meta
    }
}
