/// Consul's `IndexedServiceNodes` as servers exchange it; on the wire a map keyed by the Go field names.
package struct IndexedServiceNodes: Equatable, Sendable {
    /// Result rows.
    package var serviceNodes: [ServiceNode]?
    package var meta: QueryMeta

    package init(
        serviceNodes: [ServiceNode]? = nil,
        meta: QueryMeta = QueryMeta()
    ) {
        self.serviceNodes = serviceNodes
        self.meta = meta
    }
}
