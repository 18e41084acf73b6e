/// Consul's `HealthCheck` as servers exchange it; on the wire a map keyed by the Go field names.
package struct HealthCheck: Equatable, Sendable {
    /// Node name.
    package var node: String
    /// Check id.
    package var checkID: String
    /// Name.
    package var name: String
    /// Passing, warning or critical.
    package var status: String
    /// Free text.
    package var notes: String
    /// Check output.
    package var output: String
    /// Service instance id; empty for node level.
    package var serviceID: String
    /// Service name.
    package var serviceName: String
    /// Tags.
    package var serviceTags: [String]?
    /// Check type such as http, ttl or empty.
    package var type: String
    /// Check definition.
    package var definition: HealthCheckDefinition
    package var raftIndex: RaftIndex

    package init(
        node: String = "",
        checkID: String = "",
        name: String = "",
        status: String = "",
        notes: String = "",
        output: String = "",
        serviceID: String = "",
        serviceName: String = "",
        serviceTags: [String]? = nil,
        type: String = "",
        definition: HealthCheckDefinition = HealthCheckDefinition(),
        raftIndex: RaftIndex = RaftIndex()
    ) {
        self.node = node
        self.checkID = checkID
        self.name = name
        self.status = status
        self.notes = notes
        self.output = output
        self.serviceID = serviceID
        self.serviceName = serviceName
        self.serviceTags = serviceTags
        self.type = type
        self.definition = definition
        self.raftIndex = raftIndex
    }
}
