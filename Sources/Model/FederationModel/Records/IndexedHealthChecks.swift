/// Consul's `IndexedHealthChecks` as servers exchange it; on the wire a map keyed by the Go field names.
package struct IndexedHealthChecks: Equatable, Sendable {
    /// Result rows.
    package var healthChecks: [HealthCheck]?
    package var meta: QueryMeta

    package init(
        healthChecks: [HealthCheck]? = nil,
        meta: QueryMeta = QueryMeta()
    ) {
        self.healthChecks = healthChecks
        self.meta = meta
    }
}
