/// Consul's `CoordinateUpdateRequest` as servers exchange it; on the wire a map keyed by the Go field names.
package struct CoordinateUpdateRequest: Equatable, Sendable {
    /// Datacenter that must serve the call; the receiver compares it with its own name.
    package var datacenter: String
    /// Node name.
    package var node: String
    /// LAN segment, empty in the open edition.
    package var segment: String
    /// Network coordinate.
    package var coord: SerfCoordinate?
    package var write: WriteRequest

    package init(
        datacenter: String = "",
        node: String = "",
        segment: String = "",
        coord: SerfCoordinate? = nil,
        write: WriteRequest = WriteRequest()
    ) {
        self.datacenter = datacenter
        self.node = node
        self.segment = segment
        self.coord = coord
        self.write = write
    }
}
