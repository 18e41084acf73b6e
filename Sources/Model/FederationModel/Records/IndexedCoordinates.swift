/// Consul's `IndexedCoordinates` as servers exchange it; on the wire a map keyed by the Go field names.
package struct IndexedCoordinates: Equatable, Sendable {
    /// Result rows.
    package var coordinates: [Coordinate]?
    package var meta: QueryMeta

    package init(
        coordinates: [Coordinate]? = nil,
        meta: QueryMeta = QueryMeta()
    ) {
        self.coordinates = coordinates
        self.meta = meta
    }
}
