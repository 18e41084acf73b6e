import FederationModel

/// A server as a request sees it: where it stands in the order, and why there.
package struct Candidate: Equatable, Sendable {
    package enum Standing: Equatable, Sendable {
        /// It leads its datacenter, and the request needs the leader.
        case leader
        /// Its last ping or call was answered.
        case healthy
        /// Something went unanswered since its last answer.
        case doubtful
        /// A call outlasted its limit and nothing came from it since that call was sent.
        case suspect
        /// Its calls fail although its pings are answered.
        case tripped
        /// Enough pings failed, none was answered since: passed over.
        case silent
        /// It left the pool: passed over.
        case left
        /// It belongs to another cluster of that name: passed over.
        case otherCluster

        package var isUsable: Bool {
            switch self {
            case .leader, .healthy, .doubtful, .suspect, .tripped: true
            case .silent, .left, .otherCluster: false
            }
        }

        /// For people, a clause.
        package var words: String {
            switch self {
            case .leader: "leads the datacenter"
            case .healthy: "answers"
            case .doubtful: "has not answered the last time"
            case .suspect: "has been silent since a slow call"
            case .tripped: "fails calls although it answers pings"
            case .silent: "does not answer"
            case .left: "has left"
            case .otherCluster: "belongs to another cluster"
            }
        }
    }

    package var server: RouteServer
    package var standing: Standing
    /// Smoothed; nil while it was never measured.
    package var roundTrip: Duration?

    package init(_ server: RouteServer, _ standing: Standing, roundTrip: Duration?) {
        self.server = server
        self.standing = standing
        self.roundTrip = roundTrip
    }
}
