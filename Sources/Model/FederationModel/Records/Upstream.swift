/// Consul's `Upstream` as servers exchange it; on the wire a map keyed by the Go field names.
package struct Upstream: Equatable, Sendable {
    /// Service or prepared_query.
    package var destinationType: String
    /// Empty in the open edition.
    package var destinationNamespace: String
    /// Destination service.
    package var destinationName: String
    /// Datacenter that must serve the call; the receiver compares it with its own name.
    package var datacenter: String
    /// Listen address of the upstream.
    package var localBindAddress: String
    /// Listen port of the upstream.
    package var localBindPort: Int
    /// Options.
    package var config: [String: DynamicValue]?
    /// Mesh-gateway mode.
    package var meshGateway: MeshGatewayConfig
    /// Internal, empty.
    package var ingressHosts: [String]?

    package init(
        destinationType: String = "",
        destinationNamespace: String = "",
        destinationName: String = "",
        datacenter: String = "",
        localBindAddress: String = "",
        localBindPort: Int = 0,
        config: [String: DynamicValue]? = nil,
        meshGateway: MeshGatewayConfig = MeshGatewayConfig(),
        ingressHosts: [String]? = nil
    ) {
        self.destinationType = destinationType
        self.destinationNamespace = destinationNamespace
        self.destinationName = destinationName
        self.datacenter = datacenter
        self.localBindAddress = localBindAddress
        self.localBindPort = localBindPort
        self.config = config
        self.meshGateway = meshGateway
        self.ingressHosts = ingressHosts
    }
}
