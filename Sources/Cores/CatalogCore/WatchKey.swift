package import FederationModel

/// What an answer was read from and a change touched: the narrowest thing that decides whether the answer is still
/// the same. Names of nodes and services are folded (`Fold.folded`); keys and states are as written.
package enum WatchKey: Hashable, Sendable {
    case key(ByteString)
    /// As a watch: any key with this prefix. As something touched: every key with this prefix.
    case prefix(ByteString)
    /// The list of nodes.
    case nodes
    /// The list of services.
    case services
    /// A node and its services.
    case node(ByteString)
    /// The checks of a node.
    case nodeChecks(ByteString)
    /// Instances of a service, their nodes and all their checks.
    case service(ByteString)
    /// The checks registered for a service.
    case serviceChecks(ByteString)
    /// Checks in one state; nil for any.
    case checks(state: ByteString?)
    case coordinates
    /// The list of sessions; one of them, by its key; those of a node.
    case sessions
    case session(ByteString)
    case nodeSessions(ByteString)
    /// The list of prepared queries.
    case queries
    /// Nothing that changes: the answer is given at once, whatever index was asked for.
    case never
    /// Services of nodes chosen by metadata. Never reported as touched: `nodes` and `services` are.
    case nodesAndServices
    /// Checks of nodes chosen by metadata. Never reported as touched: `nodes` and `checks` are.
    case nodesAndChecks
    /// Nodes, services and checks, all of them. Never reported as touched: `nodes`, `services` and `checks` are.
    case registrations
}
