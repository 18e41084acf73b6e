import CatalogCore
import Determinism
import FederationModel
import HealthCore
import RPCCore
import RaftCore
import RoutingCore

/// Who waits for an answer.
enum Origin: Hashable, Sendable {
    /// A front end of this agent.
    case frontEnd(RequestID)
    /// Another agent, over the server RPC.
    case inbound(InboundID)
    /// The key operation of that number, which spans datacenters.
    case keyring(UInt64, datacenter: String)
    /// This agent itself.
    case own(OwnTask)
}

/// What this agent asks of its datacenter on its own account.
enum OwnTask: Hashable, Sendable {
    /// Anti-entropy: what the catalog says of this node.
    case fetchServices, fetchChecks
    case registerNode
    case registerService(id: String)
    case deregisterService(id: String)
    case registerCheck(id: String)
    case deregisterCheck(id: String)
    case updateCoordinate
    /// The checks of a node that an alias check here follows.
    case fetchAliased(AliasTarget)
}

/// A request between its arrival and its answer.
struct PendingRequest: Sendable {
    /// Where it is held up. Each stage says what its deadline means to the caller.
    enum Stage: Sendable {
        /// No leader is known, or the last one just failed; tried again when one appears.
        case parked
        /// Another server has it.
        case calling(CallID, Route)
        /// Another datacenter is asked, or is to be.
        case forwarding
        /// In the log; answered when this index is applied.
        case proposed(LogIndex, Term)
        /// Other datacenters are asked for the instances of a prepared query.
        case failingOver
        /// Leadership is being confirmed.
        case confirming
        /// A key operation: members of pools and other datacenters are asked.
        case gathering
        /// A blocking query whose data has not moved.
        case watching(WatchTable<UInt64>.ID)
    }

    /// Which server was chosen.
    enum Route: Sendable {
        case leader(Endpoint)
        /// A client agent's server.
        case server(Endpoint)
    }

    let origin: Origin
    let begun: Instant
    var request: Request
    /// From its beginning to `deadline`.
    let limit: Duration
    let deadline: Instant
    /// The request may stay parked until here (`wire/consul-rpc.md` 4.6).
    let parkUntil: Instant
    /// A blocking query ends here with the present data, when nothing moves before.
    let watchUntil: Instant
    /// `watchUntil` stands among the deadlines.
    var hasWatched = false
    /// Borders of datacenters that it has crossed on its way here, and whether its caller wants to know the way.
    let notes: CallNotes
    /// Calls of earlier plans in words, when its caller wants to know the way.
    var earlierCalls: [String] = []
    /// Of its failure, as far as it is known.
    var details = ErrorDetails()
    var stage: Stage = .parked
}
