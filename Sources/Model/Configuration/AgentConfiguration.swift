import FederationModel

/// Everything one agent is told at its start. Empty text means "not given"; the shell then takes what the option's
/// description says.
package struct AgentConfiguration: Equatable, Sendable {
    // Role and identity.
    package var isServer = false
    /// `-dev`: one server with everything in a temporary directory.
    package var isDevelopment = false
    package var bootstrap = false
    /// Servers that must be present before the first election; 0 when not given.
    package var bootstrapExpect = 0
    package var datacenter = "dc1"
    package var primaryDatacenter = ""
    /// The host's name when empty.
    package var nodeName = ""
    package var nodeID = ""
    package var nodeMeta: [String: String] = [:]
    package var dataDirectory = ""

    // Addresses.
    package var bindAddress = "0.0.0.0"
    /// Where HTTP and DNS listen: addresses separated by spaces.
    package var clientAddress = "127.0.0.1"
    /// The bind address when empty, or the first private one when that is unspecified.
    package var advertiseAddress = ""
    package var advertiseAddressWAN = ""
    package var serfLANAddress = ""
    package var serfWANAddress = ""
    package var translatesWANAddresses = false
    package var ports = Ports()

    // Joining. Entries are `host[:port]`, as typed.
    package var startJoin: [String] = []
    package var startJoinWAN: [String] = []
    package var retryJoin: [String] = []
    package var retryJoinWAN: [String] = []
    package var retryInterval: Duration = .seconds(30)
    package var retryIntervalWAN: Duration = .seconds(30)
    /// Attempts before the agent gives up and exits; 0 means never.
    package var retryMax = 0
    package var retryMaxWAN = 0
    package var rejoinAfterLeave = false
    /// Base64 of 16, 24 or 32 bytes; empty for plain gossip.
    package var encrypt = ""
    package var disableKeyringFile = false
    package var encryptVerifyIncoming = true
    package var encryptVerifyOutgoing = true
    package var reconnectTimeoutLAN: Duration = .seconds(72 * 3600)
    package var reconnectTimeoutWAN: Duration = .seconds(72 * 3600)

    // Leaving; nil takes Consul's default for the role.
    package var leaveOnTerminate: Bool?
    package var skipLeaveOnInterrupt: Bool?

    // Logs and process.
    package var logLevel = "info"
    package var logJSON = false
    package var pidFile = ""
    package var ui = false
    /// Sent with every answer of the HTTP API.
    package var httpResponseHeaders: [String: String] = [:]
    /// Prefixes of paths that are answered 403.
    package var httpBlockedEndpoints: [String] = []

    // Catalog entries of this agent, still as trees.
    package var services: [ConfigurationValue] = []
    package var checks: [ConfigurationValue] = []

    // Protocols.
    package var raftMultiplier = 1
    package var leaveDrainTime: Duration = .seconds(5)
    package var rpcHoldTimeout: Duration = .seconds(7)
    package var raftSnapshotThreshold = 16_384
    package var minSessionTTL: Duration = .seconds(10)
    package var raftSnapshotInterval: Duration = .seconds(30)
    package var raftTrailingLogs = 10_240
    package var gossipLAN = GossipTuning()
    package var gossipWAN = GossipTuning()
    package var limits = Limits()
    package var checkUpdateInterval: Duration = .seconds(300)
    package var discardCheckOutput = false
    package var dns = DNSOptions()
    package var federation = FederationOptions()

    package init() {}

    /// TCP ports of the listeners; -1 switches one off.
    package struct Ports: Equatable, Sendable {
        package var http = Int(DefaultPort.http)
        package var https = -1
        package var grpc = -1
        package var dns = Int(DefaultPort.dns)
        package var server = Int(DefaultPort.server)
        package var serfLAN = Int(DefaultPort.serfLAN)
        package var serfWAN = Int(DefaultPort.serfWAN)
    }

    /// Overrides of a pool's preset; nil keeps the preset's value.
    package struct GossipTuning: Equatable, Sendable {
        package var gossipInterval: Duration?
        package var gossipNodes: Int?
        package var probeInterval: Duration?
        package var probeTimeout: Duration?
        package var suspicionMultiplier: Int?
        package var retransmitMultiplier: Int?
    }

    package struct Limits: Equatable, Sendable {
        package var httpMaxConnectionsPerClient = 200
        package var rpcMaxConnectionsPerClient = 100
        package var rpcHandshakeTimeout: Duration = .seconds(5)
        package var httpsHandshakeTimeout: Duration = .seconds(5)
        package var kvMaxValueBytes = 512 * 1024
        package var txnMaxRequestBytes = 512 * 1024
        /// Requests per second to the servers; negative means no limit.
        package var rpcRate = -1.0
        package var rpcMaxBurst = 1000
    }

    package struct ServiceTTL: Equatable, Sendable {
        package var name: String
        package var ttl: Duration
    }

    package struct DNSOptions: Equatable, Sendable {
        package var domain = "consul."
        package var alternateDomain = ""
        package var recursors: [String] = []
        package var allowsStale = true
        package var maxStale: Duration = .seconds(10 * 365 * 24 * 3600)
        /// Resolvers ask again after 1 to 5 seconds: well before, so that a second question finds a verdict.
        package var answerTimeout: Duration = .milliseconds(500)
        package var nodeTTL: Duration = .zero
        /// By service name; `*` stands for any, a trailing `*` for a prefix. Sorted by name.
        package var serviceTTL: [ServiceTTL] = []
        package var enablesTruncate = false
        package var onlyPassing = false
        package var recursorTimeout: Duration = .seconds(2)
        /// Answers in one UDP datagram.
        package var udpAnswerLimit = 3
        /// A and AAAA records in one answer; 0 means no limit.
        package var addressRecordLimit = 0
        package var disablesCompression = false
        package var addsNodeMetaText = true
        /// Seconds in SOA records.
        package var soaRefresh = 3600
        package var soaRetry = 600
        package var soaExpire = 86_400
        package var soaMinimumTTL = 0
    }
}

extension AgentConfiguration {
    /// SIGTERM makes a client leave and a server only stop.
    package var leavesOnTerminate: Bool { leaveOnTerminate ?? !isServer }

    /// SIGINT makes a client leave and a server only stop.
    package var leavesOnInterrupt: Bool { !(skipLeaveOnInterrupt ?? isServer) }

    /// The gossip key; nil when none was given. `problems()` has refused a malformed one.
    package var encryptionKey: [UInt8]? { encrypt.isEmpty ? nil : GossipKeyText.decode(encrypt) }

    /// The addresses HTTP and DNS listen on.
    package var clientAddresses: [String] { clientAddress.split(separator: " ").map(String.init) }
}
