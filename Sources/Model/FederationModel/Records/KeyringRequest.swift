/// Consul's `KeyringRequest` as servers exchange it; on the wire a map keyed by the Go field names.
package struct KeyringRequest: Equatable, Sendable {
    /// List, install, use or remove.
    package var operation: String
    /// Base64 gossip key.
    package var key: String
    /// Datacenter that must serve the call; the receiver compares it with its own name.
    package var datacenter: String
    /// Set on the fan-out leg: answer for your own datacenter only.
    package var forwarded: Bool
    /// Serf relay factor 0-5.
    package var relayFactor: UInt64
    /// Do not fan out.
    package var localOnly: Bool
    package var options: QueryOptions

    package init(
        operation: String = "",
        key: String = "",
        datacenter: String = "",
        forwarded: Bool = false,
        relayFactor: UInt64 = 0,
        localOnly: Bool = false,
        options: QueryOptions = QueryOptions()
    ) {
        self.operation = operation
        self.key = key
        self.datacenter = datacenter
        self.forwarded = forwarded
        self.relayFactor = relayFactor
        self.localOnly = localOnly
        self.options = options
    }
}
