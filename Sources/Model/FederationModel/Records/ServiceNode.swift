/// Consul's `ServiceNode` as servers exchange it; on the wire a map keyed by the Go field names.
package struct ServiceNode: Equatable, Sendable {
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
    /// Node metadata.
    package var nodeMeta: [String: String]?
    /// Empty (typical), connect-proxy, mesh-gateway, terminating-gateway or ingress-gateway.
    package var serviceKind: String
    /// Service instance id; empty for node level.
    package var serviceID: String
    /// Service name.
    package var serviceName: String
    /// Tags.
    package var serviceTags: [String]?
    /// Service address, empty = node address.
    package var serviceAddress: String
    /// Alternative service addresses by tag.
    package var serviceTaggedAddresses: [String: ServiceAddress]?
    /// DNS weights.
    package var serviceWeights: Weights
    /// Service metadata.
    package var serviceMeta: [String: String]?
    /// Port.
    package var servicePort: Int
    /// External writers may change tags.
    package var serviceEnableTagOverride: Bool
    /// Mesh proxy options.
    package var serviceProxy: ConnectProxyConfig
    /// Mesh options.
    package var serviceConnect: ServiceConnect
    package var raftIndex: RaftIndex

    package init(
        id: String = "",
        node: String = "",
        address: String = "",
        datacenter: String = "",
        taggedAddresses: [String: String]? = nil,
        nodeMeta: [String: String]? = nil,
        serviceKind: String = "",
        serviceID: String = "",
        serviceName: String = "",
        serviceTags: [String]? = nil,
        serviceAddress: String = "",
        serviceTaggedAddresses: [String: ServiceAddress]? = nil,
        serviceWeights: Weights = Weights(),
        serviceMeta: [String: String]? = nil,
        servicePort: Int = 0,
        serviceEnableTagOverride: Bool = false,
        serviceProxy: ConnectProxyConfig = ConnectProxyConfig(),
        serviceConnect: ServiceConnect = ServiceConnect(),
        raftIndex: RaftIndex = RaftIndex()
    ) {
        self.id = id
        self.node = node
        self.address = address
        self.datacenter = datacenter
        self.taggedAddresses = taggedAddresses
        self.nodeMeta = nodeMeta
        self.serviceKind = serviceKind
        self.serviceID = serviceID
        self.serviceName = serviceName
        self.serviceTags = serviceTags
        self.serviceAddress = serviceAddress
        self.serviceTaggedAddresses = serviceTaggedAddresses
        self.serviceWeights = serviceWeights
        self.serviceMeta = serviceMeta
        self.servicePort = servicePort
        self.serviceEnableTagOverride = serviceEnableTagOverride
        self.serviceProxy = serviceProxy
        self.serviceConnect = serviceConnect
        self.raftIndex = raftIndex
    }
}
