import AgentCore
import Configuration
import Determinism
import FederationModel
import HTTPCore
import ServerCore
import WireFormat

/// The configuration in Consul's form.
enum DebugConfiguration {
    static func tree(_ plan: AgentPlan, nodeID: NodeID) -> JSONValue {
        guard let defaults = try? JSONReader.read(Array(DebugDefaults.json.utf8)), let members = defaults.members else {
            preconditionFailure("the defaults of DebugConfig are no JSON object")
        }
        var own = values(plan, nodeID: nodeID)
        own.merge(addresses(plan)) { $1 }
        own.merge(domainNames(plan.configuration.dns)) { $1 }
        return JSONValue(
            .object(
                members.map { member in
                    JSONMember(name: member.name, value: own[member.name].map { JSONValue($0) } ?? member.value)
                }))
    }

    private static func values(_ plan: AgentPlan, nodeID: NodeID) -> [String: JSONValue.Kind] {
        let options = plan.configuration
        return [
            "Bootstrap": .bool(options.bootstrap),
            "BootstrapExpect": number(options.bootstrapExpect),
            "CheckUpdateInterval": .string(options.checkUpdateInterval.goText),
            "DataDir": .string(options.dataDirectory),
            "Datacenter": .string(options.datacenter),
            "DevMode": .bool(options.isDevelopment),
            "DiscardCheckOutput": .bool(options.discardCheckOutput),
            "EnableUI": .bool(options.ui),
            "EncryptVerifyIncoming": .bool(options.encryptVerifyIncoming),
            "EncryptVerifyOutgoing": .bool(options.encryptVerifyOutgoing),
            "HTTPMaxConnsPerClient": number(options.limits.httpMaxConnectionsPerClient),
            "KVMaxValueSize": number(options.limits.kvMaxValueBytes),
            "LeaveDrainTime": .string(options.leaveDrainTime.goText),
            "LeaveOnTerm": .bool(options.leavesOnTerminate),
            "NodeID": .string(nodeID.description),
            "NodeMeta": map(options.nodeMeta),
            "NodeName": .string(plan.node),
            "PidFile": .string(options.pidFile),
            "PrimaryDatacenter": .string(
                options.primaryDatacenter.isEmpty ? options.datacenter : options.primaryDatacenter),
            "RPCHoldTimeout": .string(options.rpcHoldTimeout.goText),
            "RaftSnapshotThreshold": number(options.raftSnapshotThreshold),
            "RaftTrailingLogs": number(options.raftTrailingLogs),
            "RejoinAfterLeave": .bool(options.rejoinAfterLeave),
            "RetryJoinIntervalLAN": .string(options.retryInterval.goText),
            "RetryJoinIntervalWAN": .string(options.retryIntervalWAN.goText),
            "RetryJoinLAN": list(options.retryJoin),
            "RetryJoinMaxAttemptsLAN": number(options.retryMax),
            "RetryJoinMaxAttemptsWAN": number(options.retryMaxWAN),
            "RetryJoinWAN": list(options.retryJoinWAN),
            "ServerMode": .bool(options.isServer),
            "SkipLeaveOnInt": .bool(!options.leavesOnInterrupt),
            "StartJoinAddrsLAN": list(options.startJoin),
            "StartJoinAddrsWAN": list(options.startJoinWAN),
            "TranslateWANAddrs": .bool(options.translatesWANAddresses),
            "TxnMaxReqLen": number(options.limits.txnMaxRequestBytes),
            "Version": .string(Build.consulVersion),
        ]
    }

    private static func addresses(_ plan: AgentPlan) -> [String: JSONValue.Kind] {
        let ports = plan.configuration.ports
        func endpoint(_ address: IPAddress, _ port: Int) -> JSONValue.Kind {
            .string("tcp://\(Endpoint(address, UInt16(clamping: port)))")
        }
        func clients(_ networks: [String], _ port: Int) -> JSONValue.Kind {
            list(
                port <= 0
                    ? []
                    : plan.clients.flatMap { client in
                        networks.map { "\($0)://\(Endpoint(client, UInt16(clamping: port)))" }
                    })
        }
        let family = plan.advertise.isIPv6 ? "ipv6" : "ipv4"
        let tagged = [
            "lan": plan.advertise, "lan_\(family)": plan.advertise, "wan": plan.advertiseWAN,
            "wan_\(family)": plan.advertiseWAN,
        ]
        return [
            "AdvertiseAddrLAN": .string(plan.advertise.description),
            "AdvertiseAddrWAN": .string(plan.advertiseWAN.description),
            "BindAddr": .string(plan.bind.description),
            "ClientAddrs": list(plan.clients.map(\.description)),
            "DNSAddrs": clients(["tcp", "udp"], ports.dns),
            "DNSPort": number(ports.dns),
            "HTTPAddrs": clients(["tcp"], ports.http),
            "HTTPPort": number(ports.http),
            "RPCAdvertiseAddr": endpoint(plan.advertise, ports.server),
            "RPCBindAddr": endpoint(plan.bind, ports.server),
            "SerfAdvertiseAddrLAN": endpoint(plan.advertise, ports.serfLAN),
            "SerfAdvertiseAddrWAN": endpoint(plan.advertiseWAN, ports.serfWAN),
            "SerfBindAddrLAN": endpoint(plan.bindLAN, ports.serfLAN),
            "SerfBindAddrWAN": endpoint(plan.bindWAN, ports.serfWAN),
            "SerfPortLAN": number(ports.serfLAN),
            "SerfPortWAN": number(ports.serfWAN),
            "ServerPort": number(ports.server),
            "TaggedAddresses": map(tagged.mapValues(\.description)),
        ]
    }

    private static func domainNames(_ dns: AgentConfiguration.DNSOptions) -> [String: JSONValue.Kind] {
        [
            "DNSARecordLimit": number(dns.addressRecordLimit),
            "DNSAllowStale": .bool(dns.allowsStale),
            "DNSAltDomain": .string(dns.alternateDomain),
            "DNSDisableCompression": .bool(dns.disablesCompression),
            "DNSDomain": .string(dns.domain),
            "DNSEnableTruncate": .bool(dns.enablesTruncate),
            "DNSMaxStale": .string(dns.maxStale.goText),
            "DNSNodeMetaTXT": .bool(dns.addsNodeMetaText),
            "DNSNodeTTL": .string(dns.nodeTTL.goText),
            "DNSOnlyPassing": .bool(dns.onlyPassing),
            "DNSRecursorTimeout": .string(dns.recursorTimeout.goText),
            "DNSRecursors": list(dns.recursors),
            "DNSServiceTTL": map(
                Dictionary(dns.serviceTTL.map { ($0.name, $0.ttl.goText) }, uniquingKeysWith: { $1 })),
            "DNSUDPAnswerLimit": number(dns.udpAnswerLimit),
            "DNSSOA": .object(
                [
                    ("Expire", dns.soaExpire), ("Minttl", dns.soaMinimumTTL), ("Refresh", dns.soaRefresh),
                    ("Retry", dns.soaRetry),
                ].map { JSONMember(name: $0.0, value: JSONValue(number($0.1))) }),
        ]
    }

    private static func number(_ value: Int) -> JSONValue.Kind { .number(String(value)) }

    private static func list(_ texts: [String]) -> JSONValue.Kind { .array(texts.map { JSONValue(.string($0)) }) }

    private static func map(_ texts: [String: String]) -> JSONValue.Kind {
        .object(
            texts.sorted { $0.key < $1.key }.map { JSONMember(name: $0.key, value: JSONValue(.string($0.value))) })
    }
}
