/// Every option there is. Keys and flags are Consul's (1.8).
extension AgentConfiguration {
    package static let options: [ConfigurationOption] =
        roleOptions + addressOptions + joinOptions + processOptions + catalogOptions + protocolOptions + dnsOptions
        + federationOptions + optionsWithoutEffect

    private static let roleOptions: [ConfigurationOption] = [
        .bool("server", flag: "server", \.isServer, "run as a server of the datacenter"),
        .bool("bootstrap", flag: "bootstrap", \.bootstrap, "elect itself as the only server"),
        .integer(
            "bootstrap_expect", flag: "bootstrap-expect", \.bootstrapExpect, 0...101, standard: "0",
            "servers that must be there before the first election"),
        .text("datacenter", flag: "datacenter", \.datacenter, standard: "dc1", "the datacenter of this agent"),
        .text("node_name", flag: "node", \.nodeName, standard: "the host's name", "unique in the datacenter"),
        .text("node_id", flag: "node-id", \.nodeID, standard: "drawn once", "a UUID, kept in the data directory"),
        .map("node_meta", flag: "node-meta", \.nodeMeta, "key:value of the node, may be repeated"),
        .text("data_dir", flag: "data-dir", \.dataDirectory, "where state is kept; required unless -dev"),
    ]

    private static let addressOptions: [ConfigurationOption] = [
        .text("bind_addr", flag: "bind", \.bindAddress, standard: "0.0.0.0", "address of gossip and server RPC"),
        .text("client_addr", flag: "client", \.clientAddress, standard: "127.0.0.1", "addresses of HTTP and DNS"),
        .text(
            "advertise_addr", flag: "advertise", \.advertiseAddress, standard: "the bind address",
            "told to the LAN pool"),
        .text(
            "advertise_addr_wan", flag: "advertise-wan", \.advertiseAddressWAN, standard: "the advertised address",
            "told to the WAN pool"),
        .text(
            "serf_lan", flag: "serf-lan-bind", \.serfLANAddress, standard: "the bind address", "address of LAN gossip"),
        .text(
            "serf_wan", flag: "serf-wan-bind", \.serfWANAddress, standard: "the bind address", "address of WAN gossip"),
        .bool(
            "translate_wan_addrs", \.translatesWANAddresses, "answer queries from elsewhere with WAN addresses"),
        port("http", flag: "http-port", \.ports.http, standard: "8500", "HTTP API"),
        port("dns", flag: "dns-port", \.ports.dns, standard: "8600", "DNS, UDP and TCP"),
        port("server", flag: "server-port", \.ports.server, standard: "8300", "server RPC and Raft"),
        port("serf_lan", flag: "serf-lan-port", \.ports.serfLAN, standard: "8301", "LAN gossip, TCP and UDP"),
        port("serf_wan", flag: "serf-wan-port", \.ports.serfWAN, standard: "8302", "WAN gossip, TCP and UDP"),
        port("https", flag: "https-port", \.ports.https, standard: "-1", "HTTPS API", hasEffect: false),
        port("grpc", flag: "grpc-port", \.ports.grpc, standard: "-1", "gRPC", hasEffect: false),
    ]

    private static let joinOptions: [ConfigurationOption] = [
        .list("start_join", flag: "join", \.startJoin, "joined at the start, or the agent exits; may be repeated"),
        .list("start_join_wan", flag: "join-wan", \.startJoinWAN, "the same for the WAN pool"),
        .list("retry_join", flag: "retry-join", \.retryJoin, "joined until it succeeds; may be repeated"),
        .list("retry_join_wan", flag: "retry-join-wan", \.retryJoinWAN, "the same for the WAN pool"),
        .duration(
            "retry_interval", flag: "retry-interval", \.retryInterval, standard: "30s", "longest pause of retry_join"),
        .duration(
            "retry_interval_wan", flag: "retry-interval-wan", \.retryIntervalWAN, standard: "30s",
            "longest pause of retry_join_wan"),
        .integer(
            "retry_max", flag: "retry-max", \.retryMax, 0...1_000_000, standard: "0",
            "attempts of retry_join; 0: for ever"),
        .integer(
            "retry_max_wan", flag: "retry-max-wan", \.retryMaxWAN, 0...1_000_000, standard: "0",
            "attempts of retry_join_wan; 0: for ever"),
        .bool("rejoin_after_leave", flag: "rejoin", \.rejoinAfterLeave, "join the known members also after a leave"),
        .text("encrypt", flag: "encrypt", \.encrypt, "gossip key: base64 of 16, 24 or 32 bytes"),
        .bool(
            "disable_keyring_file", flag: "disable-keyring-file", \.disableKeyringFile,
            "keep the gossip keys in memory only"),
        .bool("encrypt_verify_incoming", \.encryptVerifyIncoming, "refuse plain gossip", standard: "true"),
        .bool("encrypt_verify_outgoing", \.encryptVerifyOutgoing, "send encrypted gossip only", standard: "true"),
        .duration(
            "reconnect_timeout", \.reconnectTimeoutLAN, standard: "72h", "until a failed LAN member is forgotten"),
        .duration("reconnect_timeout_wan", \.reconnectTimeoutWAN, standard: "72h", "the same for the WAN pool"),
        .optionalBool("leave_on_terminate", \.leaveOnTerminate, standard: "false for servers", "leave at SIGTERM"),
        .optionalBool(
            "skip_leave_on_interrupt", \.skipLeaveOnInterrupt, standard: "true for servers", "do not leave at SIGINT"),
    ]

    private static let processOptions: [ConfigurationOption] = [
        .text("log_level", flag: "log-level", \.logLevel, standard: "info", "trace, debug, info, warn or err"),
        .bool("log_json", flag: "log-json", \.logJSON, "one JSON object a line"),
        .text("pid_file", flag: "pid-file", \.pidFile, "holds the process id while the agent runs"),
        .bool("ui", flag: "ui", \.ui, "accepted; there is no user interface yet", hasEffect: false),
    ]

    private static let catalogOptions: [ConfigurationOption] = [
        .trees("services", single: false, \.services, "service instances of this agent"),
        .trees("service", single: true, \.services, "one of them"),
        .trees("checks", single: false, \.checks, "checks of this agent"),
        .trees("check", single: true, \.checks, "one of them"),
        .duration(
            "check_update_interval", \.checkUpdateInterval, standard: "5m", "pause of syncs when only output changed"),
        .bool("discard_check_output", \.discardCheckOutput, "keep no output of checks"),
    ]

    private static let protocolOptions: [ConfigurationOption] =
        [
            .integer(
                "performance.raft_multiplier", \.raftMultiplier, 1...10, standard: "1", "scales every Raft timing"),
            .duration(
                "performance.leave_drain_time", \.leaveDrainTime, standard: "5s",
                "a server that has left still serves others"),
            .duration("performance.rpc_hold_timeout", \.rpcHoldTimeout, standard: "7s", "wait for a leader"),
            .integer(
                "raft_snapshot_threshold", \.raftSnapshotThreshold, 16...1_000_000_000, standard: "16384",
                "log entries between snapshots"),
            .duration(
                "raft_snapshot_interval", \.raftSnapshotInterval, standard: "30s", "pause of looking at the threshold"),
            .integer(
                "raft_trailing_logs", \.raftTrailingLogs, 0...1_000_000_000, standard: "10240",
                "log entries kept behind a snapshot"),
            .integer(
                "limits.http_max_conns_per_client", \.limits.httpMaxConnectionsPerClient, 0...1_000_000,
                standard: "200", "0: no limit"),
            .integer(
                "limits.rpc_max_conns_per_client", \.limits.rpcMaxConnectionsPerClient, 0...1_000_000,
                standard: "100", "0: no limit"),
            .duration(
                "limits.rpc_handshake_timeout", \.limits.rpcHandshakeTimeout, standard: "5s",
                "for the first byte of a server connection"),
            .duration(
                "limits.https_handshake_timeout", \.limits.httpsHandshakeTimeout, standard: "5s", "of TLS",
                hasEffect: false),
            .integer(
                "limits.kv_max_value_size", \.limits.kvMaxValueBytes, 1...64 << 20, standard: "524288",
                "bytes of a value"),
            .integer(
                "limits.txn_max_req_len", \.limits.txnMaxRequestBytes, 1...64 << 20, standard: "524288",
                "bytes of a transaction"),
            .duration(
                "session_ttl_min", \.minSessionTTL, standard: "10s", "shortest time to live of a session"),
            .number(
                "limits.rpc_rate", \.limits.rpcRate, standard: "-1", "requests per second; negative: no limit",
                hasEffect: false),
            .integer(
                "limits.rpc_max_burst", \.limits.rpcMaxBurst, 0...1_000_000_000, standard: "1000", "over the rate",
                hasEffect: false),
        ]
        + tuning(
            "gossip_lan", \.gossipLAN.gossipInterval, \.gossipLAN.gossipNodes, \.gossipLAN.probeInterval,
            \.gossipLAN.probeTimeout,
            \.gossipLAN.suspicionMultiplier, \.gossipLAN.retransmitMultiplier)
        + tuning(
            "gossip_wan", \.gossipWAN.gossipInterval, \.gossipWAN.gossipNodes, \.gossipWAN.probeInterval,
            \.gossipWAN.probeTimeout,
            \.gossipWAN.suspicionMultiplier, \.gossipWAN.retransmitMultiplier)

    private static let optionsWithoutEffect: [ConfigurationOption] = [
        .text(
            "primary_datacenter", \.primaryDatacenter, "the one that access control is replicated from",
            hasEffect: false),
        .ignored("telemetry", "sinks of metrics"),
        .ignored("disable_update_check", "there is no update check"),
        .ignored("disable_anonymous_signature", "there is no update check"),
        .ignored("disable_host_node_id", flag: "disable-host-node-id", kind: .boolean, "node IDs are always drawn"),
        .ignored("disable_remote_exec", "there is no remote execution"),
        .ignored("enable_script_checks", flag: "enable-script-checks", kind: .boolean, "there are no script checks"),
        .ignored(
            "enable_local_script_checks", flag: "enable-local-script-checks", kind: .boolean,
            "there are no script checks"),
        .ignored("enable_debug", "profiling endpoints"),
        .ignored("enable_syslog", flag: "syslog", kind: .boolean, "logs go to standard error"),
        .ignored("log_file", flag: "log-file", kind: .text, "logs go to standard error"),
        .ignored("protocol", flag: "protocol", kind: .integer, "of the gossip pools"),
        .ignored("raft_protocol", flag: "raft-protocol", kind: .integer, "Consul's Raft"),
        .ignored("connect", "service mesh"),
        .ignored("acl", "access control"),
        .ignored("autopilot", "dead servers are always dropped"),
        .ignored("ui_config", "there is no user interface yet"),
        .map(
            "http_config.response_headers", flag: "", \.httpResponseHeaders, "headers of every answer of the HTTP API"),
        .list("http_config.block_endpoints", \.httpBlockedEndpoints, "prefixes of paths that are answered 403"),
        .ignored("http_config.allow_write_http_from", "networks that may write"),
        .ignored("http_config.use_cache", "cached reads are always served"),
    ]

    private static func port(
        _ name: String, flag: String, _ path: ConfigurationOption.Path<Int>, standard: String, _ summary: String,
        hasEffect: Bool = true
    ) -> ConfigurationOption {
        .integer(
            "ports.\(name)", flag: flag, path, -1...65_535, standard: standard, "port of \(summary); -1: off",
            hasEffect: hasEffect)
    }

    private typealias Path<Value> = ConfigurationOption.Path<Value>

    private static func tuning(
        _ key: String, _ gossipInterval: Path<Duration?>, _ gossipNodes: Path<Int?>, _ probeInterval: Path<Duration?>,
        _ probeTimeout: Path<Duration?>, _ suspicion: Path<Int?>, _ retransmit: Path<Int?>
    ) -> [ConfigurationOption] {
        [
            .optionalDuration("\(key).gossip_interval", gossipInterval, "between two gossip rounds"),
            .optionalInteger("\(key).gossip_nodes", gossipNodes, 0...1000, "members told in a round"),
            .optionalDuration("\(key).probe_interval", probeInterval, "between two probes"),
            .optionalDuration("\(key).probe_timeout", probeTimeout, "of a direct probe"),
            .optionalInteger("\(key).suspicion_mult", suspicion, 1...100, "of the suspicion timeout"),
            .optionalInteger("\(key).retransmit_mult", retransmit, 1...100, "of broadcasts"),
        ]
    }
}
