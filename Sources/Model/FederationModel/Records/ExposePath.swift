/// Consul's `ExposePath` as servers exchange it; on the wire a map keyed by the Go field names.
package struct ExposePath: Equatable, Sendable {
    /// Port exposed.
    package var listenerPort: Int
    /// Path exposed.
    package var path: String
    /// Application port.
    package var localPathPort: Int
    /// Tcp, http, http2 or grpc.
    package var protocolName: String
    /// Derived from a check.
    package var parsedFromCheck: Bool

    package init(
        listenerPort: Int = 0,
        path: String = "",
        localPathPort: Int = 0,
        protocolName: String = "",
        parsedFromCheck: Bool = false
    ) {
        self.listenerPort = listenerPort
        self.path = path
        self.localPathPort = localPathPort
        self.protocolName = protocolName
        self.parsedFromCheck = parsedFromCheck
    }
}
