/// Consul's `ServiceCheck`: a check of a service on which a session depends.
package struct SessionCheck: Equatable, Sendable {
    /// Check id.
    package var id: String
    /// Empty in the open edition.
    package var namespace: String

    package init(
        id: String = "",
        namespace: String = ""
    ) {
        self.id = id
        self.namespace = namespace
    }
}
