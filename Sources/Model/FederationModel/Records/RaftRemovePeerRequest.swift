/// Consul's `RaftRemovePeerRequest` as servers exchange it; on the wire a map keyed by the Go field names.
package struct RaftRemovePeerRequest: Equatable, Sendable {
    /// Datacenter that must serve the call; the receiver compares it with its own name.
    package var datacenter: String
    /// Server RPC address of the peer.
    package var address: String
    /// Its node id.
    package var id: String
    package var write: WriteRequest

    package init(
        datacenter: String = "",
        address: String = "",
        id: String = "",
        write: WriteRequest = WriteRequest()
    ) {
        self.datacenter = datacenter
        self.address = address
        self.id = id
        self.write = write
    }
}
