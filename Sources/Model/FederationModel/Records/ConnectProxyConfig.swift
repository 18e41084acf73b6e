/// Consul's `ConnectProxyConfig` as servers exchange it; on the wire a map keyed by the Go field names.
package struct ConnectProxyConfig: Equatable, Sendable {
    /// Service the proxy fronts.
    package var destinationServiceName: String
    /// Instance the proxy fronts.
    package var destinationServiceID: String
    /// Address of the local application.
    package var localServiceAddress: String
    /// Port of the local application.
    package var localServicePort: Int
    /// Options.
    package var config: [String: DynamicValue]?
    /// Upstreams of the proxy.
    package var upstreams: [Upstream]?
    /// Mesh-gateway mode.
    package var meshGateway: MeshGatewayConfig
    /// Exposed paths.
    package var expose: ExposeConfig

    package init(
        destinationServiceName: String = "",
        destinationServiceID: String = "",
        localServiceAddress: String = "",
        localServicePort: Int = 0,
        config: [String: DynamicValue]? = nil,
        upstreams: [Upstream]? = nil,
        meshGateway: MeshGatewayConfig = MeshGatewayConfig(),
        expose: ExposeConfig = ExposeConfig()
    ) {
        self.destinationServiceName = destinationServiceName
        self.destinationServiceID = destinationServiceID
        self.localServiceAddress = localServiceAddress
        self.localServicePort = localServicePort
        self.config = config
        self.upstreams = upstreams
        self.meshGateway = meshGateway
        self.expose = expose
    }
}
