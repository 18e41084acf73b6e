/// Consul's `QuerySource` as servers exchange it; on the wire a map keyed by the Go field names.
package struct QuerySource: Equatable, Sendable {
    /// Datacenter of the origin.
    package var datacenter: String
    /// LAN segment, empty in the open edition.
    package var segment: String
    /// Node to sort from; empty = no sort.
    package var node: String
    /// Client IP, used by near=_ip.
    package var ip: String

    package init(
        datacenter: String = "",
        segment: String = "",
        node: String = "",
        ip: String = ""
    ) {
        self.datacenter = datacenter
        self.segment = segment
        self.node = node
        self.ip = ip
    }
}
