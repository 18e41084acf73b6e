import Determinism
import FederationModel
import RPCCore
import RoutingCore

/// The router's pings on their way. The router asks again only when one has ended, so they are few.
struct Pings: Sendable {
    struct Ping: Sendable {
        let id: PingID
        /// The answer is one of our own; else it is Consul's to the question for its leader.
        let isOurs: Bool
        let sentAt: Instant
        /// On a new connection, to learn whether connects succeed.
        let isFresh: Bool
    }

    /// By the number of the call.
    private var calls = NumberTable<Ping>()

    mutating func sent(_ ping: Ping, as call: CallID) { calls[call.value] = ping }

    /// - Returns: nil when the call is none of the router's pings.
    mutating func take(_ call: CallID) -> Ping? { calls.removeValue(forKey: call.value) }
}

/// What every answer to a ping says, as text: made when it changes, not for each of sixty a second.
struct PongTexts: Sendable {
    private var leader: Endpoint?
    private var leaderText = ""
    private var cluster = ClusterID.none
    private var clusterText = ClusterID.none.description

    /// Empty without a leader.
    mutating func text(of leader: Endpoint?) -> String {
        if leader != self.leader {
            self.leader = leader
            leaderText = leader?.description ?? ""
        }
        return leaderText
    }

    mutating func text(of cluster: ClusterID) -> String {
        if cluster != self.cluster {
            self.cluster = cluster
            clusterText = cluster.description
        }
        return clusterText
    }
}
