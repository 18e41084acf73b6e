/// Consul's `AutopilotSetConfigRequest` as servers exchange it; on the wire a map keyed by the Go field names.
package struct AutopilotSetConfigRequest: Equatable, Sendable {
    /// Datacenter that must serve the call; the receiver compares it with its own name.
    package var datacenter: String
    /// The new configuration.
    package var config: AutopilotConfiguration
    /// Only if the modify index is the same.
    package var cas: Bool
    package var write: WriteRequest

    package init(
        datacenter: String = "",
        config: AutopilotConfiguration = AutopilotConfiguration(),
        cas: Bool = false,
        write: WriteRequest = WriteRequest()
    ) {
        self.datacenter = datacenter
        self.config = config
        self.cas = cas
        self.write = write
    }
}
