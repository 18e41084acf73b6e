/// Consul's `ServiceQuery` as servers exchange it; on the wire a map keyed by the Go field names.
package struct ServiceQuery: Equatable, Sendable {
    /// Service name.
    package var service: String
    /// Other datacenters to try.
    package var failover: QueryDatacenterOptions
    /// No instance with a warning.
    package var onlyPassing: Bool
    /// Checks that do not count.
    package var ignoreCheckIDs: [String]?
    /// Sort origin: a node, `_agent` or `_ip`.
    package var near: String
    /// Required tags; `!` before one forbids it.
    package var tags: [String]?
    /// Required node metadata.
    package var nodeMeta: [String: String]?
    /// Required service metadata.
    package var serviceMeta: [String: String]?
    /// Only mesh instances.
    package var connect: Bool

    package init(
        service: String = "",
        failover: QueryDatacenterOptions = QueryDatacenterOptions(),
        onlyPassing: Bool = false,
        ignoreCheckIDs: [String]? = nil,
        near: String = "",
        tags: [String]? = nil,
        nodeMeta: [String: String]? = nil,
        serviceMeta: [String: String]? = nil,
        connect: Bool = false
    ) {
        self.service = service
        self.failover = failover
        self.onlyPassing = onlyPassing
        self.ignoreCheckIDs = ignoreCheckIDs
        self.near = near
        self.tags = tags
        self.nodeMeta = nodeMeta
        self.serviceMeta = serviceMeta
        self.connect = connect
    }
}
