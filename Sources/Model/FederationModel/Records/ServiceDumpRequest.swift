/// A read of all instances of a datacenter.
package struct ServiceDumpRequest: Equatable, Sendable {
    /// Datacenter that must serve the call; the receiver compares it with its own name.
    package var datacenter: String
    /// Empty (typical), `connect-proxy`, `mesh-gateway`, `terminating-gateway` or `ingress-gateway`.
    package var serviceKind: String
    /// Keep only instances of that kind.
    package var useServiceKind: Bool
    /// Sort by round-trip time from this node.
    package var source: QuerySource
    package var options: QueryOptions

    package init(
        datacenter: String = "",
        serviceKind: String = "",
        useServiceKind: Bool = false,
        source: QuerySource = QuerySource(),
        options: QueryOptions = QueryOptions()
    ) {
        self.datacenter = datacenter
        self.serviceKind = serviceKind
        self.useServiceKind = useServiceKind
        self.source = source
        self.options = options
    }
}
