/// Consul's `ServiceAddress` as servers exchange it; on the wire a map keyed by the Go field names.
package struct ServiceAddress: Equatable, Sendable {
    /// Address.
    package var address: String
    /// Port.
    package var port: Int

    package init(
        address: String = "",
        port: Int = 0
    ) {
        self.address = address
        self.port = port
    }
}
