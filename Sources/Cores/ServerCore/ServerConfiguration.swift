package import FederationModel
package import GossipCore
package import RaftCore
package import RoutingCore

/// Everything one agent is told at its start, already checked and resolved.
package struct ServerConfiguration: Sendable {
    package enum Bootstrap: Equatable, Sendable {
        /// Waits to be added by a leader.
        case never
        /// The first and only server.
        case alone
        /// Proposes or joins a peer set once this many servers are seen in the LAN pool.
        case expect(Int)
    }

    package var datacenter: String
    package var node: String
    package var nodeID: NodeID
    package var isServer: Bool
    package var bootstrap: Bootstrap = .never

    /// Where other agents of the datacenter reach our server RPC and gossip.
    package var rpcEndpoint: Endpoint
    package var lanEndpoint: Endpoint
    /// Where servers of other datacenters reach our gossip; nil on client agents and with the WAN pool off.
    package var wanEndpoint: Endpoint?
    /// Address shown to other datacenters.
    package var wanAddress: IPAddress

    package var join: Joining = Joining()
    package var joinWAN: Joining = Joining()

    package struct Joining: Equatable, Sendable {
        /// Joined once at the start; the agent ends when none of them answers.
        package var atStart: [Endpoint] = []
        /// Joined until one of them answers.
        package var endpoints: [Endpoint] = []
        /// The same by name, looked up at each attempt.
        package var names: [HostPort] = []
        /// Pause between attempts once the early ones (50 ms, doubling) have reached it.
        package var interval: Duration = .seconds(30)
        /// Failed attempts after which the agent ends; 0: it never does.
        package var maxAttemptCount = 0

        package init() {}
    }

    package var gossipLAN: GossipTimings = .consulLAN
    package var gossipWAN: GossipTimings = .consulWAN
    /// Of `-encrypt`: begins the ring of a pool that has none in `savedKeyrings`.
    package var keyring: Keyring?
    /// As read at start from `ServerCore.keyringName`, by pool.
    package var savedKeyrings: [Channel: Keyring] = [:]
    /// Off: rings live in memory only and begin with `keyring` at each start.
    package var savesKeyrings = true
    package var cipher: (any PacketCipher)?
    /// Serf snapshot files as read at start; empty before the first.
    package var lanSnapshot: [UInt8] = []
    package var wanSnapshot: [UInt8] = []
    package var rejoinAfterLeave = false
    /// Off while a pool is moved to encryption: plain gossip is taken, or sent.
    package var verifiesIncomingGossip = true
    package var verifiesOutgoingGossip = true
    /// Until a failed member is forgotten.
    package var reconnectTimeoutLAN: Duration = .seconds(72 * 3600)
    package var reconnectTimeoutWAN: Duration = .seconds(72 * 3600)
    /// Pings and verdicts; datacenter and node are filled in.
    package var routing = RouterConfiguration(datacenter: "")
    /// The file `ServerCore.commitFileName` as read at start; empty when there is none.
    package var commitFile: [UInt8] = []
    /// The file `ServerCore.forgottenName` as read at start; empty when there is none.
    package var forgottenFile: [UInt8] = []
    /// The file `ServerCore.datacentersName` as read at start; empty when there is none.
    package var datacentersFile: [UInt8] = []

    package var raft = RaftConfiguration.scaled(by: 1)
    /// Applied entries between snapshots.
    package var snapshotThreshold = 8192
    /// Entries kept behind a snapshot for slow followers.
    package var trailingLogCount = 10240

    package var nodeMeta: [String: String] = [:]
    package var services: [ServiceDefinition] = []
    package var checks: [CheckDefinition] = []

    /// How long a request waits for a leader to appear (`wire/consul-rpc.md` 4.6).
    package var holdTimeout: Duration = .seconds(7)
    /// What a request may take when its caller sets no limit, blocking time not counted.
    package var requestTimeout: Duration = .seconds(10)
    package var maxConnectionsPerAddress = 100
    /// For the first byte of an accepted server connection.
    package var handshakeTimeout: Duration = .seconds(5)
    /// Between two writes of a check whose output alone changes.
    package var checkUpdateInterval: Duration = .seconds(300)
    /// How long a server that has left still serves others.
    package var leaveDrainTime: Duration = .zero
    /// Between two looks at the snapshot threshold.
    package var snapshotInterval: Duration = .zero
    /// Consul's `session_ttl_min`.
    package var minSessionTTL: Duration = .seconds(10)
    /// Expressions in filters, prepared queries and events.
    package var patterns = PatternCompiler.none
    /// What stood on the calendar's clock at `Instant.zero`, as Unix nanoseconds: to show times to people.
    package var calendarOrigin: Int64 = 0
    /// The catalog gets the status of checks only.
    package var discardsCheckOutput = false

    package init(
        datacenter: String, node: String, nodeID: NodeID, isServer: Bool, rpcEndpoint: Endpoint, lanEndpoint: Endpoint,
        wanEndpoint: Endpoint?, wanAddress: IPAddress
    ) {
        self.datacenter = datacenter
        self.node = node
        self.nodeID = nodeID
        self.isServer = isServer
        self.rpcEndpoint = rpcEndpoint
        self.lanEndpoint = lanEndpoint
        self.wanEndpoint = wanEndpoint
        self.wanAddress = wanAddress
    }
}
