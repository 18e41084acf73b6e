/// What is known of a request's failure besides its kind, for its JSON form, and of its way, also when it succeeded.
/// Travels between agents of ours.
package struct ErrorDetails: Equatable, Sendable {
    private struct Fields: Equatable, Sendable {
        var datacenter = ""
        var server = ""
        var elapsed = Duration.zero
        var nearNames: [String] = []
        var route = ""
        var relay = ""
    }

    private final class Known: Sendable {
        let fields: Fields

        init(_ fields: Fields) { self.fields = fields }
    }

    /// Nil: nothing is known, as of nearly every call. Each header and answer carries details along, so what there is
    /// stands aside.
    private var known: Known?

    private var fields: Fields { known?.fields ?? Fields() }

    private mutating func change(_ change: (inout Fields) -> Void) {
        var fields = fields
        change(&fields)
        known = fields == Fields() ? nil : Known(fields)
    }

    /// Which one the request was for.
    package var datacenter: String {
        get { known?.fields.datacenter ?? "" }
        set { change { $0.datacenter = newValue } }
    }

    /// Whose word the failure is: the name of the server that was asked last, the innermost that is known. Empty when
    /// none was asked.
    package var server: String {
        get { known?.fields.server ?? "" }
        set { change { $0.server = newValue } }
    }

    /// From the request's arrival at the agent that answers to its failure. Does not travel: each hop has its own.
    package var elapsed: Duration {
        get { known?.fields.elapsed ?? .zero }
        set { change { $0.elapsed = newValue } }
    }

    /// Datacenters whose names are near to an unknown one, the nearest first.
    package var nearNames: [String] {
        get { known?.fields.nearNames ?? [] }
        set { change { $0.nearNames = newValue } }
    }

    /// The way it took, when its caller wants to know it.
    package var route: String {
        get { known?.fields.route ?? "" }
        set { change { $0.route = newValue } }
    }

    /// The datacenter that handed it on to the one it was for.
    package var relay: String {
        get { known?.fields.relay ?? "" }
        set { change { $0.relay = newValue } }
    }

    package init(datacenter: String = "", server: String = "", elapsed: Duration = .zero, nearNames: [String] = []) {
        guard !datacenter.isEmpty || !server.isEmpty || elapsed != .zero || !nearNames.isEmpty else { return }
        known = Known(Fields(datacenter: datacenter, server: server, elapsed: elapsed, nearNames: nearNames))
    }

    package static func == (left: ErrorDetails, right: ErrorDetails) -> Bool {
        left.known === right.known || left.fields == right.fields
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
