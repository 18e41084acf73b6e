/// Consul's `Coordinate` as servers exchange it; on the wire a map keyed by the Go field names.
package struct Coordinate: Equatable, Sendable {
    /// Node name.
    package var node: String
    /// LAN segment, empty in the open edition.
    package var segment: String
    /// Network coordinate.
    package var coord: SerfCoordinate?

    package init(
        node: String = "",
        segment: String = "",
        coord: SerfCoordinate? = nil
    ) {
        self.node = node
        self.segment = segment
        self.coord = coord
    }
}
