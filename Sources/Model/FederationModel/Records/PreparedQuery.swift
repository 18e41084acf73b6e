/// Consul's `PreparedQuery` as servers exchange it; on the wire a map keyed by the Go field names.
package struct PreparedQuery: Equatable, Sendable {
    /// A UUID.
    package var id: String
    /// Name, or prefix of a template.
    package var name: String
    /// The session with whose end the query goes.
    package var session: String
    /// Token captured in the query.
    package var token: String
    /// Makes the query a template.
    package var template: QueryTemplate
    /// What to look up.
    package var service: ServiceQuery
    /// DNS options.
    package var dns: QueryDNSOptions
    package var raftIndex: RaftIndex

    package init(
        id: String = "",
        name: String = "",
        session: String = "",
        token: String = "",
        template: QueryTemplate = QueryTemplate(),
        service: ServiceQuery = ServiceQuery(),
        dns: QueryDNSOptions = QueryDNSOptions(),
        raftIndex: RaftIndex = RaftIndex()
    ) {
        self.id = id
        self.name = name
        self.session = session
        self.token = token
        self.template = template
        self.service = service
        self.dns = dns
        self.raftIndex = raftIndex
    }
}
