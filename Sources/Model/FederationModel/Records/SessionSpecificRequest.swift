/// Consul's `SessionSpecificRequest` as servers exchange it; on the wire a map keyed by the Go field names.
package struct SessionSpecificRequest: Equatable, Sendable {
    /// Datacenter that must serve the call; the receiver compares it with its own name.
    package var datacenter: String
    /// Session id.
    package var sessionID: String
    /// The same, for servers before 1.7.
    package var session: String
    package var options: QueryOptions

    package init(
        datacenter: String = "",
        sessionID: String = "",
        session: String = "",
        options: QueryOptions = QueryOptions()
    ) {
        self.datacenter = datacenter
        self.sessionID = sessionID
        self.session = session
        self.options = options
    }
}
