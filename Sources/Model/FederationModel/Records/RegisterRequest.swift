/// Consul's `RegisterRequest` as servers exchange it; on the wire a map keyed by the Go field names.
package struct RegisterRequest: Equatable, Sendable {
    /// Datacenter that must serve the call; the receiver compares it with its own name.
    package var datacenter: String
    /// Node id (UUID) or empty.
    package var id: String
    /// Node name.
    package var node: String
    /// Address.
    package var address: String
    /// Alternative addresses by tag (lan, wan, lan_ipv4, wan_ipv4 …).
    package var taggedAddresses: [String: String]?
    /// Node metadata.
    package var nodeMeta: [String: String]?
    /// Service instance to register, or nil.
    package var service: NodeService?
    /// One check, or nil.
    package var check: HealthCheck?
    /// Checks.
    package var checks: [HealthCheck]?
    /// Do not touch an existing node record.
    package var skipNodeUpdate: Bool
    package var write: WriteRequest
    package var raftIndex: RaftIndex

    package init(
        datacenter: String = "",
        id: String = "",
        node: String = "",
        address: String = "",
        taggedAddresses: [String: String]? = nil,
        nodeMeta: [String: String]? = nil,
        service: NodeService? = nil,
        check: HealthCheck? = nil,
        checks: [HealthCheck]? = nil,
        skipNodeUpdate: Bool = false,
        write: WriteRequest = WriteRequest(),
        raftIndex: RaftIndex = RaftIndex()
    ) {
        self.datacenter = datacenter
        self.id = id
        self.node = node
        self.address = address
        self.taggedAddresses = taggedAddresses
        self.nodeMeta = nodeMeta
        self.service = service
        self.check = check
        self.checks = checks
        self.skipNodeUpdate = skipNodeUpdate
        self.write = write
        self.raftIndex = raftIndex
    }
}
