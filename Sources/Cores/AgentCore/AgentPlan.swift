package import Configuration
package import FederationModel
import GossipCore
import HTTPCore
import RaftCore
import RoutingCore
package import ServerCore
import WireFormat

/// The operator's configuration, resolved: addresses looked up, definitions decoded, keys in place.
package struct AgentPlan: Sendable {
    /// One clear line of what is wrong and what to do.
    package struct Problem: Error, Equatable, CustomStringConvertible {
        package let description: String

        package init(description: String) { self.description = description }
    }

    package let configuration: AgentConfiguration
    package let bind: IPAddress
    /// Where gossip listens.
    package let bindLAN: IPAddress
    package let bindWAN: IPAddress
    package let advertise: IPAddress
    package let advertiseWAN: IPAddress
    package let clients: [IPAddress]
    package let recursors: [Endpoint]
    package let services: [ServiceDefinition]
    package let checks: [CheckDefinition]
    package let node: String

    let surroundings: AgentSurroundings

    package init(_ configuration: AgentConfiguration, in surroundings: AgentSurroundings) throws(Problem) {
        self.configuration = configuration
        self.surroundings = surroundings
        bind = try surroundings.address(configuration.bindAddress, key: "bind_addr")
        bindLAN = try configuration.serfLANAddress.isEmpty
            ? bind : surroundings.address(configuration.serfLANAddress, key: "serf_lan")
        bindWAN = try configuration.serfWANAddress.isEmpty
            ? bind : surroundings.address(configuration.serfWANAddress, key: "serf_wan")
        if configuration.advertiseAddress.isEmpty {
            advertise = try surroundings.advertised(bind)
        } else {
            advertise = try surroundings.address(configuration.advertiseAddress, key: "advertise_addr")
        }
        advertiseWAN =
            configuration.advertiseAddressWAN.isEmpty
            ? advertise : try surroundings.address(configuration.advertiseAddressWAN, key: "advertise_addr_wan")
        var clients: [IPAddress] = []
        for text in configuration.clientAddresses { clients.append(try surroundings.address(text, key: "client_addr")) }
        self.clients = clients
        var recursors: [Endpoint] = []
        for text in configuration.dns.recursors {
            guard let endpoint = Endpoint(text, defaultPort: 53) else {
                throw Problem(description: "recursors: \"\(text)\" is no address")
            }
            recursors.append(endpoint)
        }
        self.recursors = recursors
        node = configuration.nodeName.isEmpty ? surroundings.hostName : configuration.nodeName
        (services, checks) = try Self.definitions(configuration)
    }

    package static func definitions(
        _ configuration: AgentConfiguration
    ) throws(Problem) -> ([ServiceDefinition], [CheckDefinition]) {
        var problems: [String] = []
        var services: [ServiceDefinition] = []
        var checks: [CheckDefinition] = []
        for (position, value) in configuration.services.enumerated() {
            let (service, found) = ServiceDefinition.decode(config: try json(value))
            if let service { services.append(service) }
            problems += found.map { "services[\(position)].\($0.key): \($0.message)" }
        }
        for (position, value) in configuration.checks.enumerated() {
            let (check, found) = CheckDefinition.decode(config: try json(value))
            if let check { checks.append(check) }
            problems += found.map { "checks[\(position)].\($0.key): \($0.message)" }
        }
        guard problems.isEmpty else { throw Problem(description: problems.joined(separator: "\n")) }
        return (services, checks)
    }

    /// Definitions are decoded as the HTTP API decodes them, from JSON.
    private static func json(_ value: ConfigurationValue) throws(Problem) -> JSONValue {
        do throws(JSONError) {
            return try JSONReader.read(Array(value.jsonText.utf8))
        } catch {
            throw Problem(description: "services and checks: \(error)")
        }
    }

    // MARK: For the core

    package func serverConfiguration(nodeID: NodeID) throws(Problem) -> ServerConfiguration {
        let ports = configuration.ports
        var server = ServerConfiguration(
            datacenter: configuration.datacenter, node: node, nodeID: nodeID, isServer: configuration.isServer,
            rpcEndpoint: Endpoint(advertise, UInt16(clamping: ports.server)),
            lanEndpoint: Endpoint(advertise, UInt16(clamping: ports.serfLAN)),
            wanEndpoint: configuration.isServer && ports.serfWAN > 0
                ? Endpoint(advertiseWAN, UInt16(clamping: ports.serfWAN)) : nil, wanAddress: advertiseWAN)
        server.patterns = surroundings.patterns
        if configuration.isServer {
            if configuration.bootstrap || configuration.isDevelopment || configuration.bootstrapExpect == 1 {
                server.bootstrap = .alone
            } else if configuration.bootstrapExpect > 1 {
                server.bootstrap = .expect(configuration.bootstrapExpect)
            }
        }
        server.join.atStart = try startEndpoints(configuration.startJoin, ports.serfLAN, key: "start_join")
        (server.join.endpoints, server.join.names) = try joining(
            configuration.retryJoin, ports.serfLAN, key: "retry_join")
        server.join.interval = configuration.retryInterval
        server.join.maxAttemptCount = configuration.retryMax
        server.joinWAN.atStart = try startEndpoints(configuration.startJoinWAN, ports.serfWAN, key: "start_join_wan")
        (server.joinWAN.endpoints, server.joinWAN.names) = try joining(
            configuration.retryJoinWAN, ports.serfWAN, key: "retry_join_wan")
        server.joinWAN.interval = configuration.retryIntervalWAN
        server.joinWAN.maxAttemptCount = configuration.retryMaxWAN
        server.gossipLAN = timings(.consulLAN, configuration.gossipLAN)
        server.gossipWAN = timings(.consulWAN, configuration.gossipWAN)
        if let key = configuration.encryptionKey {
            do throws(Keyring.Problem) {
                server.keyring = try Keyring([key])
            } catch {
                throw Problem(description: "encrypt: \(error.text)")
            }
        }
        server.cipher = surroundings.cipher
        server.savesKeyrings = !configuration.disableKeyringFile
        server.verifiesIncomingGossip = configuration.encryptVerifyIncoming
        server.verifiesOutgoingGossip = configuration.encryptVerifyOutgoing
        server.reconnectTimeoutLAN = configuration.reconnectTimeoutLAN
        server.reconnectTimeoutWAN = configuration.reconnectTimeoutWAN
        server.routing = routing
        server.handshakeTimeout = configuration.limits.rpcHandshakeTimeout
        server.minSessionTTL = configuration.minSessionTTL
        server.discardsCheckOutput = configuration.discardCheckOutput
        server.checkUpdateInterval = configuration.checkUpdateInterval
        server.leaveDrainTime = configuration.leaveDrainTime
        server.snapshotInterval = configuration.raftSnapshotInterval
        server.rejoinAfterLeave = configuration.rejoinAfterLeave
        server.raft = RaftConfiguration.scaled(by: configuration.raftMultiplier)
        server.snapshotThreshold = configuration.raftSnapshotThreshold
        server.trailingLogCount = configuration.raftTrailingLogs
        server.holdTimeout = configuration.rpcHoldTimeout
        server.maxConnectionsPerAddress = configuration.limits.rpcMaxConnectionsPerClient
        server.nodeMeta = configuration.nodeMeta
        server.services = services
        server.checks = checks
        return server
    }

    /// Names of the start are looked up once, before anything runs: the agent does not start without them.
    private func startEndpoints(_ texts: [String], _ port: Int, key: String) throws(Problem) -> [Endpoint] {
        let joining = try joining(texts, port, key: key)
        let found = joining.endpoints
            + joining.names.flatMap { name in surroundings.lookUp(name.host).map { Endpoint($0, name.port) } }
        guard texts.isEmpty || !found.isEmpty else {
            throw Problem(description: "\(key): no address for \(texts.joined(separator: ", "))")
        }
        return found
    }

    private func joining(
        _ texts: [String], _ port: Int, key: String
    ) throws(Problem) -> (endpoints: [Endpoint], names: [HostPort]) {
        var joining: (endpoints: [Endpoint], names: [HostPort]) = ([], [])
        let port = UInt16(clamping: port)
        for text in texts {
            if let endpoint = Endpoint(text, defaultPort: port) {
                joining.endpoints.append(endpoint)
            } else if let name = HostPort(text, defaultPort: port) {
                joining.names.append(name)
            } else {
                throw Problem(description: "\(key): \"\(text)\" is neither an address nor host:port")
            }
        }
        return joining
    }

    private var routing: RouterConfiguration {
        let options = configuration.federation
        var routing = RouterConfiguration(datacenter: configuration.datacenter)
        routing.pingInterval = options.pingInterval
        routing.pingTimeout = options.pingTimeout
        routing.missesToCondemn = options.missesToCondemn
        routing.refusalsToCondemn = options.refusalsToCondemn
        routing.answersToClear = options.answersToClear
        routing.leaderlessDelay = options.leaderlessDelay
        routing.worseningDelay = options.worseningDelay
        routing.recoveryDelay = options.recoveryDelay
        return routing
    }

    private func timings(_ preset: GossipTimings, _ tuning: AgentConfiguration.GossipTuning) -> GossipTimings {
        var timings = configuration.isDevelopment ? preset.forDevelopment : preset
        timings.gossipInterval = tuning.gossipInterval ?? timings.gossipInterval
        timings.gossipNodeCount = tuning.gossipNodes ?? timings.gossipNodeCount
        timings.probeInterval = tuning.probeInterval ?? timings.probeInterval
        timings.probeTimeout = tuning.probeTimeout ?? timings.probeTimeout
        timings.suspicionMultiplier = tuning.suspicionMultiplier ?? timings.suspicionMultiplier
        timings.retransmitMultiplier = tuning.retransmitMultiplier ?? timings.retransmitMultiplier
        return timings
    }
}
