import Configuration
import Determinism
import FederationModel
import RaftCore
import RoutingCore

// What is known of a failed request besides its kind.

extension ServerCore {
    func name(of route: PendingRequest.Route) -> String {
        switch route {
        case .leader: replica?.node.leader.flatMap { servers.name(of: $0) } ?? ""
        case .server(let endpoint): servers.name(of: endpoint) ?? endpoint.description
        }
    }

    /// A server that knows no other datacenter yet and has some to join says so, instead of denying that one exists.
    func told(_ result: Result<Response, FederationError>) -> Result<Response, FederationError> {
        guard case .failure(.unknownDatacenter(let name)) = result, isAlone else { return result }
        return .failure(.notJoined(datacenter: name))
    }

    /// No other datacenter is known, and there are some to join: none of them has been reached since the start.
    var isAlone: Bool { configuration.isServer && joiner.owes(.wan) && datacentersByDistance.count <= 1 }

    func details(of error: FederationError, _ pending: PendingRequest, at now: Instant) -> ErrorDetails {
        var details = pending.details
        if details.datacenter.isEmpty { details.datacenter = pending.request.datacenter ?? configuration.datacenter }
        details.elapsed = max(.zero, now - pending.begun)
        if case .unknownDatacenter(let name) = error, details.nearNames.isEmpty, configuration.isServer {
            details.nearNames = NearestName.all(
                name, among: datacentersByDistance.sorted(), atMost: ErrorDetails.maxNearNames)
        }
        return details
    }
}
