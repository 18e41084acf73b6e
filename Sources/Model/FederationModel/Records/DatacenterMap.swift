/// Consul's `DatacenterMap` as servers exchange it; on the wire a map keyed by the Go field names.
package struct DatacenterMap: Equatable, Sendable {
    /// Datacenter that must serve the call; the receiver compares it with its own name.
    package var datacenter: String
    /// Wan for the WAN pool.
    package var areaID: String
    /// Result rows.
    package var coordinates: [Coordinate]?

    package init(
        datacenter: String = "",
        areaID: String = "",
        coordinates: [Coordinate]? = nil
    ) {
        self.datacenter = datacenter
        self.areaID = areaID
        self.coordinates = coordinates
    }
}
