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
