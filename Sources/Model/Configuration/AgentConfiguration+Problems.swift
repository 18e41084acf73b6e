import Determinism
import FederationModel

extension AgentConfiguration {
    /// Every rule that the values break together or alone; `file` is empty, the builder fills it in.
    package func problems() -> [ConfigurationProblem] {
        var found: [ConfigurationProblem] = []
        func check(_ holds: Bool, _ key: String, _ reason: @autoclosure () -> String) {
            if !holds { found.append(ConfigurationProblem(file: "", key: key, reason: reason())) }
        }
        checkRole(check)
        checkAddresses(check)
        checkPorts(check)
        checkJoining(check)
        checkProtocols(check)
        for problem in federationProblems() { check(false, problem.key, problem.reason) }
        return found
    }

    private typealias Check = (Bool, String, @autoclosure () -> String) -> Void

    private func checkRole(_ check: Check) {
        check(isServer || !bootstrap, "bootstrap", "needs server mode")
        check(isServer || bootstrapExpect == 0, "bootstrap_expect", "needs server mode")
        check(!bootstrap || bootstrapExpect == 0 || isDevelopment, "bootstrap_expect", "excludes bootstrap")
        check(!isDevelopment || bootstrapExpect == 0, "bootstrap_expect", "excludes -dev")
        check(!dataDirectory.isEmpty || isDevelopment, "data_dir", "is required unless -dev is given")
        let name = datacenter.utf8
        let isName = !name.isEmpty && name.count <= 64 && name.allSatisfy(Self.isNameByte)
        check(isName, "datacenter", "\"\(datacenter)\" is not 1 to 64 letters, digits, - and _")
        check(
            nodeName.utf8.count <= 128 && !nodeName.utf8.contains { $0 <= 32 || $0 == UInt8(ascii: "/") || $0 == 127 },
            "node_name", "\"\(nodeName)\" is longer than 128 bytes or has spaces or slashes")
        check(nodeID.isEmpty || NodeID(nodeID) != nil, "node_id", "\"\(nodeID)\" is not a UUID")
        check(nodeMeta.count <= 64, "node_meta", "has \(nodeMeta.count) entries, at most 64 are allowed")
        for (key, value) in nodeMeta.sorted(by: { $0.key < $1.key }) {
            let isKey = !key.isEmpty && key.utf8.count <= 128 && key.utf8.allSatisfy(Self.isNameByte)
            check(isKey, "node_meta", "\"\(key)\" is not 1 to 128 letters, digits, - and _")
            check(!key.hasPrefix("consul-"), "node_meta", "\"\(key)\": the prefix consul- is reserved")
            check(value.utf8.count <= 512, "node_meta", "\"\(key)\" has a value longer than 512 bytes")
        }
        let levels = ["trace", "debug", "info", "notice", "warn", "warning", "err", "error"]
        check(
            levels.contains(logLevel.lowercased()), "log_level",
            "\"\(logLevel)\" is none of trace, debug, info, warn, err")
    }

    private func checkAddresses(_ check: Check) {
        let single = [
            ("bind_addr", bindAddress), ("advertise_addr", advertiseAddress),
            ("advertise_addr_wan", advertiseAddressWAN), ("serf_lan", serfLANAddress), ("serf_wan", serfWANAddress),
        ]
        for (key, text) in single where !text.isEmpty {
            check(!text.contains("{{"), key, "address templates are not supported")
            guard !text.contains("{{") else { continue }
            let address = IPAddress(text)
            check(address != nil, key, "\"\(text)\" is not an IP address")
            if let address, key.hasPrefix("advertise") {
                check(address.bytes.contains { $0 != 0 }, key, "\"\(text)\" cannot be reached by others")
            }
        }
        check(!bindAddress.isEmpty, "bind_addr", "is empty")
        check(!clientAddresses.isEmpty, "client_addr", "is empty")
        for text in clientAddresses {
            check(IPAddress(text) != nil, "client_addr", "\"\(text)\" is not an IP address")
        }
    }

    private func checkPorts(_ check: Check) {
        check(ports.server > 0, "ports.server", "cannot be switched off")
        check(ports.serfLAN > 0, "ports.serf_lan", "cannot be switched off")
        let named = [
            ("ports.http", ports.http), ("ports.dns", ports.dns), ("ports.server", ports.server),
            ("ports.serf_lan", ports.serfLAN), ("ports.serf_wan", ports.serfWAN),
        ]
        for (position, (key, port)) in named.enumerated() where port > 0 {
            for (otherKey, other) in named[..<position] {
                check(other != port, key, "\(port) is also \(otherKey)")
            }
        }
        for (key, port) in named { check(port != 0, key, "0 is no port to listen on; -1 switches it off") }
    }

    private func checkJoining(_ check: Check) {
        let lists = [
            ("start_join", startJoin), ("start_join_wan", startJoinWAN), ("retry_join", retryJoin),
            ("retry_join_wan", retryJoinWAN),
        ]
        for (key, entries) in lists {
            for entry in entries {
                check(!entry.isEmpty, key, "has an empty entry")
                check(!entry.hasPrefix("provider="), key, "\"\(entry)\": cloud providers are not supported")
            }
        }
        check(ports.serfWAN > 0 || startJoinWAN.isEmpty, "start_join_wan", "needs ports.serf_wan")
        check(ports.serfWAN > 0 || retryJoinWAN.isEmpty, "retry_join_wan", "needs ports.serf_wan")
        check(retryInterval >= .seconds(1), "retry_interval", "is shorter than 1s")
        check(retryIntervalWAN >= .seconds(1), "retry_interval_wan", "is shorter than 1s")
        if !encrypt.isEmpty {
            let count = GossipKeyText.decode(encrypt)?.count
            check(
                count.map { [16, 24, 32].contains($0) } ?? false, "encrypt",
                "is not base64 of 16, 24 or 32 bytes\(count.map { " but of \($0)" } ?? "")")
        }
        check(reconnectTimeoutLAN >= .seconds(8 * 3600), "reconnect_timeout", "is shorter than 8h")
        check(reconnectTimeoutWAN >= .seconds(8 * 3600), "reconnect_timeout_wan", "is shorter than 8h")
    }

    private func checkProtocols(_ check: Check) {
        let pools = [
            ("gossip_lan", gossipLAN, Duration.seconds(1), Duration.milliseconds(500)),
            ("gossip_wan", gossipWAN, Duration.seconds(5), Duration.seconds(3)),
        ]
        for (key, pool, interval, timeout) in pools {
            let times = [
                ("gossip_interval", pool.gossipInterval), ("probe_interval", pool.probeInterval),
                ("probe_timeout", pool.probeTimeout),
            ]
            for (name, time) in times {
                if let time { check(time >= .milliseconds(1), "\(key).\(name)", "is shorter than 1ms") }
            }
            let (probe, limit) = (pool.probeInterval ?? interval, pool.probeTimeout ?? timeout)
            check(
                limit < probe, pool.probeTimeout == nil ? "\(key).probe_interval" : "\(key).probe_timeout",
                "the probe timeout \(DurationText.text(limit)) is not below the probe interval"
                    + " \(DurationText.text(probe))"
            )
        }
        for (key, time) in [
            ("performance.leave_drain_time", leaveDrainTime), ("performance.rpc_hold_timeout", rpcHoldTimeout),
            ("dns_config.node_ttl", dns.nodeTTL), ("dns_config.max_stale", dns.maxStale),
        ] {
            check(time >= .zero, key, "is negative")
        }
        check(limits.rpcHandshakeTimeout > .zero, "limits.rpc_handshake_timeout", "is not positive")
        let isDomain = { (text: String) in
            !text.isEmpty && text.utf8.count <= 253 && !text.hasPrefix(".") && !text.contains("..")
                && text.utf8.allSatisfy { Self.isNameByte($0) || $0 == UInt8(ascii: ".") }
        }
        check(isDomain(dns.domain), "domain", "\"\(dns.domain)\" is not a domain name")
        check(
            dns.alternateDomain.isEmpty || isDomain(dns.alternateDomain), "alt_domain",
            "\"\(dns.alternateDomain)\" is not a domain name")
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
