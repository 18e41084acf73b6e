/// Consul's `Node` as servers exchange it; on the wire a map keyed by the Go field names.
package struct Node: Equatable, Sendable {
    /// Node id (UUID) or empty.
    package var id: String
    /// Node name.
    package var node: String
    /// Address.
    package var address: String
    /// Datacenter that must serve the call; the receiver compares it with its own name.
    package var datacenter: String
    /// Alternative addresses by tag (lan, wan, lan_ipv4, wan_ipv4 …).
    package var taggedAddresses: [String: String]?
    /// Metadata.
    package var meta: [String: String]?
    package var raftIndex: RaftIndex

    package init(
        id: String = "",
        node: String = "",
        address: String = "",
        datacenter: String = "",
        taggedAddresses: [String: String]? = nil,
        meta: [String: String]? = nil,
        raftIndex: RaftIndex = RaftIndex()
    ) {
        self.id = id
        self.node = node
        self.address = address
        self.datacenter = datacenter
        self.taggedAddresses = taggedAddresses
        self.meta = meta
        self.raftIndex = raftIndex
    }
}
