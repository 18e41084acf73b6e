/// Consul's `PreparedQueryExecuteResponse` as servers exchange it; on the wire a map keyed by the Go field names.
package struct PreparedQueryExecuteResponse: Equatable, Sendable {
    /// Service that was looked up.
    package var service: String
    /// Instances.
    package var nodes: [CheckServiceNode]?
    /// DNS options.
    package var dns: QueryDNSOptions
    /// Where the instances are.
    package var datacenter: String
    /// Other datacenters that were tried.
    package var failovers: Int
    package var meta: QueryMeta
    /// Ours: no instance was found, and a datacenter that may have one could not be asked. Other peers skip it.
    package var isPartial = false

    package init(
        service: String = "",
        nodes: [CheckServiceNode]? = nil,
        dns: QueryDNSOptions = QueryDNSOptions(),
        datacenter: String = "",
        failovers: Int = 0,
        meta: QueryMeta = QueryMeta()
    ) {
        self.service = service
        self.nodes = nodes
        self.dns = dns
        self.datacenter = datacenter
        self.failovers = failovers
        self.meta = meta
    }
}
