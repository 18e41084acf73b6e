/// What is known of a request's failure besides its kind, for its JSON form, and of its way, also when it succeeded.
/// Travels between agents of ours.
package struct ErrorDetails: Equatable, Sendable {
    /// Which one the request was for.
    package var datacenter: String
    /// Whose word the failure is: the name of the server that was asked last, the innermost that is known. Empty when
    /// none was asked.
    package var server: String
    /// From the request's arrival at the agent that answers to its failure. Does not travel: each hop has its own.
    package var elapsed: Duration
    /// Datacenters whose names are near to an unknown one, the nearest first.
    package var nearNames: [String]
    /// The way it took, when its caller wants to know it.
    package var route = ""
    /// The datacenter that handed it on to the one it was for.
    package var relay = ""

    package init(datacenter: String = "", server: String = "", elapsed: Duration = .zero, nearNames: [String] = []) {
        self.datacenter = datacenter
        self.server = server
        self.elapsed = elapsed
        self.nearNames = nearNames
    }

    /// More are noise to who mistyped a name.
    package static let maxNearNames = 3

    /// Of an answer that is no failure.
    package mutating func takeRoute(_ inner: ErrorDetails) {
        if !inner.route.isEmpty { route = inner.route }
        if !inner.relay.isEmpty { relay = inner.relay }
    }

    /// A peer's details win where it has any: it is nearer to the cause.
    package mutating func take(_ inner: ErrorDetails) {
        if !inner.datacenter.isEmpty { datacenter = inner.datacenter }
        if !inner.server.isEmpty { server = inner.server }
        if !inner.nearNames.isEmpty { nearNames = inner.nearNames }
        takeRoute(inner)
    }
}
