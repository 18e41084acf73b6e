/// Consul's `DeregisterRequest` as servers exchange it; on the wire a map keyed by the Go field names.
package struct DeregisterRequest: Equatable, Sendable {
    /// Datacenter that must serve the call; the receiver compares it with its own name.
    package var datacenter: String
    /// Node name.
    package var node: String
    /// Service instance id; empty for node level.
    package var serviceID: String
    /// Check id.
    package var checkID: String
    package var write: WriteRequest

    package init(
        datacenter: String = "",
        node: String = "",
        serviceID: String = "",
        checkID: String = "",
        write: WriteRequest = WriteRequest()
    ) {
        self.datacenter = datacenter
        self.node = node
        self.serviceID = serviceID
        self.checkID = checkID
        self.write = write
    }
}
