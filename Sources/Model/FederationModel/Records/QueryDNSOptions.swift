/// Consul's `QueryDNSOptions` as servers exchange it; on the wire a map keyed by the Go field names.
package struct QueryDNSOptions: Equatable, Sendable {
    /// Text duration of DNS answers.
    package var ttl: String

    package init(
        ttl: String = ""
    ) {
        self.ttl = ttl
    }
}
