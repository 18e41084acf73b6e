/// Consul's `ServiceSpecificRequest` as servers exchange it; on the wire a map keyed by the Go field names.
package struct ServiceSpecificRequest: Equatable, Sendable {
    /// Datacenter that must serve the call; the receiver compares it with its own name.
    package var datacenter: String
    /// Keep only nodes whose metadata has all these pairs.
    package var nodeMetaFilters: [String: String]?
    /// Service name.
    package var serviceName: String
    /// Single legacy tag filter.
    package var serviceTag: String
    /// All tags required when TagFilter.
    package var serviceTags: [String]?
    /// Service-address filter.
    package var serviceAddress: String
    /// Apply the tag filters.
    package var tagFilter: Bool
    /// Sort by round-trip time from this node.
    package var source: QuerySource
    /// Look for mesh-capable instances.
    package var connect: Bool
    /// Look for ingress gateways of the service.
    package var ingress: Bool
    package var options: QueryOptions

    package init(
        datacenter: String = "",
        nodeMetaFilters: [String: String]? = nil,
        serviceName: String = "",
        serviceTag: String = "",
        serviceTags: [String]? = nil,
        serviceAddress: String = "",
        tagFilter: Bool = false,
        source: QuerySource = QuerySource(),
        connect: Bool = false,
        ingress: Bool = false,
        options: QueryOptions = QueryOptions()
    ) {
        self.datacenter = datacenter
        self.nodeMetaFilters = nodeMetaFilters
        self.serviceName = serviceName
        self.serviceTag = serviceTag
        self.serviceTags = serviceTags
        self.serviceAddress = serviceAddress
        self.tagFilter = tagFilter
        self.source = source
        self.connect = connect
        self.ingress = ingress
        self.options = options
    }
}
