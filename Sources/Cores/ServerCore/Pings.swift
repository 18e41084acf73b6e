import Determinism
import FederationModel
import RPCCore
import RoutingCore

/// The router's pings on their way. The router asks again only when one has ended, so they are few.
struct Pings: Sendable {
    struct Ping: Sendable {
        let id: PingID
        let request: Request
        let sentAt: Instant
        /// On a new connection, to learn whether connects succeed.
        let isFresh: Bool
    }

    private var byCall: [CallID: Ping] = [:]

    mutating func sent(_ ping: Ping, as call: CallID) { byCall[call] = ping }

    /// - Returns: nil when the call is none of the router's pings.
    mutating func take(_ call: CallID) -> Ping? { byCall.removeValue(forKey: call) }
}
