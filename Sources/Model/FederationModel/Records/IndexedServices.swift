/// Consul's `IndexedServices` as servers exchange it; on the wire a map keyed by the Go field names.
package struct IndexedServices: Equatable, Sendable {
    /// Result: name → tags.
    package var services: [String: [String]]?
    package var meta: QueryMeta

    package init(
        services: [String: [String]]? = nil,
        meta: QueryMeta = QueryMeta()
    ) {
        self.services = services
        self.meta = meta
    }
}
