/// Where a prepared query goes on when no instance is here.
package struct QueryDatacenterOptions: Equatable, Sendable {
    /// First this many datacenters by round trip.
    package var nearestN: Int
    /// Then these, in order.
    package var datacenters: [String]?

    package init(
        nearestN: Int = 0,
        datacenters: [String]? = nil
    ) {
        self.nearestN = nearestN
        self.datacenters = datacenters
    }
}
