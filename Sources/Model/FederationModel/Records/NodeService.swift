/// Consul's `NodeService` as servers exchange it; on the wire a map keyed by the Go field names.
package struct NodeService: Equatable, Sendable {
    /// Kind.
    package var kind: String
    /// Service instance id.
    package var id: String
    /// Service name.
    package var service: String
    /// Tags.
    package var tags: [String]?
    /// Address.
    package var address: String
    /// Alternative addresses by tag (lan, wan, lan_ipv4, wan_ipv4 …).
    package var taggedAddresses: [String: ServiceAddress]?
    /// Metadata.
    package var meta: [String: String]?
    /// Port.
    package var port: Int
    /// DNS weights.
    package var weights: Weights?
    /// External writers may change tags.
    package var enableTagOverride: Bool
    /// Mesh proxy options.
    package var proxy: ConnectProxyConfig
    /// Mesh options.
    package var connect: ServiceConnect
    /// On the wire in 1.8.7 although hidden from JSON.
    package var locallyRegisteredAsSidecar: Bool
    package var raftIndex: RaftIndex

    package init(
        kind: String = "",
        id: String = "",
        service: String = "",
        tags: [String]? = nil,
        address: String = "",
        taggedAddresses: [String: ServiceAddress]? = nil,
        meta: [String: String]? = nil,
        port: Int = 0,
        weights: Weights? = nil,
        enableTagOverride: Bool = false,
        proxy: ConnectProxyConfig = ConnectProxyConfig(),
        connect: ServiceConnect = ServiceConnect(),
        locallyRegisteredAsSidecar: Bool = false,
        raftIndex: RaftIndex = RaftIndex()
    ) {
        self.kind = kind
        self.id = id
        self.service = service
        self.tags = tags
        self.address = address
        self.taggedAddresses = taggedAddresses
        self.meta = meta
        self.port = port
        self.weights = weights
        self.enableTagOverride = enableTagOverride
        self.proxy = proxy
        self.connect = connect
        self.locallyRegisteredAsSidecar = locallyRegisteredAsSidecar
        self.raftIndex = raftIndex
    }
}
