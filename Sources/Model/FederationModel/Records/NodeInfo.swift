/// A node with its services and checks.
package struct NodeInfo: Equatable, Sendable {
    /// Node id.
    package var id: String
    /// Node name.
    package var node: String
    /// Address.
    package var address: String
    /// Alternative addresses by tag.
    package var taggedAddresses: [String: String]?
    /// Metadata.
    package var meta: [String: String]?
    /// Instances.
    package var services: [NodeService]?
    /// Checks.
    package var checks: [HealthCheck]?

    package init(
        id: String = "",
        node: String = "",
        address: String = "",
        taggedAddresses: [String: String]? = nil,
        meta: [String: String]? = nil,
        services: [NodeService]? = nil,
        checks: [HealthCheck]? = nil
    ) {
        self.id = id
        self.node = node
        self.address = address
        self.taggedAddresses = taggedAddresses
        self.meta = meta
        self.services = services
        self.checks = checks
    }
}
