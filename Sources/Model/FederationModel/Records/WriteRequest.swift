/// Fields that Consul embeds in other structures: on the wire they are keys of the outer map.
package struct WriteRequest: Equatable, Sendable {
    /// ACL secret the call runs under; empty means the anonymous token.
    package var token: String

    package init(
        token: String = ""
    ) {
        self.token = token
    }
}
