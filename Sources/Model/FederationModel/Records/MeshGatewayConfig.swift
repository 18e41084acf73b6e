/// Consul's `MeshGatewayConfig` as servers exchange it; on the wire a map keyed by the Go field names.
package struct MeshGatewayConfig: Equatable, Sendable {
    /// Empty, none, local or remote.
    package var mode: String

    package init(
        mode: String = ""
    ) {
        self.mode = mode
    }
}
