package import Determinism
package import FederationModel

/// A server of any datacenter as the WAN pool shows it, its tags already parsed.
package struct RouteServer: Equatable, Sendable {
    /// `<node>.<datacenter>`, its name in the WAN pool.
    package var name: String
    package var node: String
    package var datacenter: String
    /// The member's address and its `port` tag: server RPC.
    package var endpoint: Endpoint
    /// Carries `ft_isthmus`: answers methods of our own.
    package var isIsthmus: Bool
    /// The tag `cid`; nil before bootstrap and for Consul servers.
    package var clusterTag: String?
    package var status: PoolMember.Status

    package init(
        name: String, node: String, datacenter: String, endpoint: Endpoint, isIsthmus: Bool, clusterTag: String?,
        status: PoolMember.Status
    ) {
        self.name = name
        self.node = node
        self.datacenter = datacenter
        self.endpoint = endpoint
        self.isIsthmus = isIsthmus
        self.clusterTag = clusterTag
        self.status = status
    }
}

/// One ping in the air.
package struct PingID: Hashable, Sendable {
    package let value: UInt64
    package init(_ value: UInt64) { self.value = value }
}

/// How a ping failed, by what it proves.
package enum PingFailure: Equatable, Sendable {
    /// Nobody listens: the machine answers and the server does not run.
    case refused
    case connectTimeout
    /// A new connection was accepted, and nothing came back within the limit.
    case silentAfterConnect
    /// Proves neither that connects succeed nor that they fail.
    case other(String)

    /// - Parameter fresh: the ping had a connection of its own. On a pooled one silence says nothing about connects.
    /// - Returns: nil for an error text of the peer, which is an answer, and for limits of ours, which prove nothing.
    package init?(_ failure: CallFailure, fresh: Bool) {
        switch failure {
        case .refused: self = .refused
        case .connectTimeout, .noAnswer(connected: false): self = .connectTimeout
        case .noAnswer(connected: true): self = fresh ? .silentAfterConnect : .other(failure.message)
        case .connectFailed, .lost, .notSent: self = .other(failure.message)
        case .application, .overloaded: return nil
        }
    }

    package var message: String {
        switch self {
        case .refused: "connection refused"
        case .connectTimeout: "connect timed out"
        case .silentAfterConnect: "accepts connections and does not answer"
        case .other(let text): text
        }
    }
}

package enum RouterInput: Equatable, Sendable {
    /// A server appeared or changed. Servers of the own datacenter are ignored.
    case updated(RouteServer)
    /// A member was reaped or pruned, by name.
    case removed(String)
    /// `leader`: `ip:port`, empty when it knows none, nil when it did not say.
    case pingAnswered(PingID, leader: String?, roundTrip: Duration)
    case pingFailed(PingID, PingFailure)
    /// The ping proves nothing (a limit of our own).
    case pingDropped(PingID)
    /// A forwarded request was answered, also by an error text. `roundTrip` nil: it waited at the server.
    case callAnswered(name: String, roundTrip: Duration?)
    case callFailed(name: String, CallFailure)
    /// A call sent then has outlasted its limit, or was overtaken by one to another server.
    case callSlow(name: String, sent: Instant)
    /// A ping or gossip of a server of that datacenter arrived here.
    case heard(datacenter: String)
    /// Rows that came with a ping's answer.
    case rows([CarriedRow])
    /// A server says that its row, which is held here, still says all.
    case rowHolds(server: String, datacenter: String)
}

extension RouterInput {
    /// The input for a ping whose call failed. An error text of the peer is an answer all the same.
    /// - Parameter roundTrip: from the ping to the failure; used when that was an answer.
    package static func pingCallFailed(
        _ id: PingID, _ failure: CallFailure, fresh: Bool, roundTrip: Duration
    ) -> RouterInput {
        if let proof = PingFailure(failure, fresh: fresh) { return .pingFailed(id, proof) }
        if case .application = failure { return .pingAnswered(id, leader: nil, roundTrip: roundTrip) }
        return .pingDropped(id)
    }
}

package enum RouterEffect: Equatable, Sendable {
    /// Ask with a limit of `RouterConfiguration.pingTimeout`: `Isthmus.Ping` an Isthmus server, `Status.Leader` one of
    /// Consul. `fresh`: on a new connection, to learn whether connects succeed.
    case ping(PingID, RouteServer, fresh: Bool)
    /// Send it a gossip ping beside ours: whether that arrives shows the other side if this direction works.
    case knock(RouteServer)
    case verdictChanged(datacenter: String, from: Verdict, to: Verdict, reason: String)
    /// Requests for it are refused from now on, before a verdict says so.
    case breakerOpened(datacenter: String)
    /// The verdict of the majority of the datacenters that can be heard.
    case federationVerdictChanged(datacenter: String, from: Verdict, to: Verdict, reason: String)
    case log(LogLine)
}

/// Times and limits of the ping schedule and the verdicts.
package struct RouterConfiguration: Equatable, Sendable {
    package var datacenter: String
    package var pingInterval = Duration.seconds(1)
    /// Each interval is stretched or shortened by up to this share.
    package var pingJitter = 0.2
    /// A round that is due so soon leaves with one that is due: a turn of the agent costs more than a ping.
    package var pingSlack: Duration { pingInterval / 20 }
    /// As many rounds that left together are due together again; with more, what is urgent would find no budget left.
    package var roundsTogether = 16
    package var pingTimeout = Duration.seconds(1)
    /// Servers of one datacenter asked at once while any ping is missing.
    package var maxPingsPerRound = 7
    /// In any second, to all datacenters.
    package var maxPingsPerSecond = 64
    package var missesToCondemn = 3
    package var refusalsToCondemn = 2
    package var answersToClear = 2
    /// How long a quorum must be without a leader: longer than an election.
    package var leaderlessDelay = Duration.seconds(2)
    /// A frozen server's accept queue fills in time and connects begin to fail: so many in a row turn it unreachable.
    package var connectFailuresToUnfreeze = 10
    /// How long the evidence must support a worse verdict before it stands, beyond the counts above.
    package var worseningDelay = Duration.zero
    /// The same for a better one. A datacenter that answers again is `degraded` until then, never unreachable.
    package var recoveryDelay = Duration.zero
    /// This server's node name, for its row.
    package var node = ""
    /// What stood on the calendar's clock at `Instant.zero`, as Unix nanoseconds: stamps of rows and changes.
    package var calendarOrigin: Int64 = 0
    /// A datacenter whose youngest row is older cannot be heard: several rounds of pings of all its servers.
    package var rowLifetime = Duration.seconds(15)

    package init(datacenter: String) { self.datacenter = datacenter }
}
