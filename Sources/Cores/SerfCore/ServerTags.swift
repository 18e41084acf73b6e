package import FederationModel

/// What Consul's and our servers say of themselves in their tags (`wire/serf-gossip.md` 6.2).
package struct ServerTags: Equatable, Sendable {
    package enum AccessControl: String, Sendable {
        case off = "0"
        case on = "1"
        case legacy = "2"
        case unknown = "3"
    }

    /// Of the member these were read from; empty before.
    package var memberName = ""
    /// The member's address with the server RPC port; nil before they were read from a member.
    package var endpoint: Endpoint?
    package var status = PoolMember.Status.alive

    package var datacenter = ""
    package var segment = ""
    /// A UUID in text; empty when the tag is missing.
    package var id = ""
    /// Server RPC.
    package var port = DefaultPort.server
    /// LAN only: the port of the WAN pool.
    package var wanJoinPort: UInt16?
    /// `bootstrap_expect`; 0 when absent.
    package var expect = 0
    package var isBootstrap = false
    package var version = 2
    package var versionMin = 2
    package var versionMax = 3
    package var raftVersion = 3
    /// `version:revision`.
    package var build = "\(Build.consulVersion):"
    package var accessControl = AccessControl.off
    package var isNonVoter = false
    package var usesTLS = false
    /// Feature flags but our own, without `ft_`.
    package var features: [String: Int] = [:]
    /// `ft_isthmus`: our own protocol; nil for a foreign server.
    package var isthmusProtocol: Int?
    /// `cid`: first eight hexadecimal digits of the cluster ID.
    package var clusterPrefix: String?

    package init() {}

    /// The node's name without the suffix of its datacenter that names have in the WAN pool.
    package var nodeName: String {
        let suffix = "." + datacenter
        return memberName.hasSuffix(suffix) ? String(memberName.dropLast(suffix.count)) : memberName
    }

    /// Nil unless the member is a server with well-formed tags.
    package init?(member: PoolMember) {
        let tags = member.tags
        guard tags["role"] == "consul", let port = tags["port"].flatMap({ UInt16($0) }),
            let version = tags["vsn"].flatMap({ Int($0) }), let build = tags["build"], Self.isBuild(build)
        else { return nil }
        memberName = member.name
        endpoint = Endpoint(member.endpoint.address, port)
        status = member.status
        datacenter = tags["dc"] ?? ""
        segment = tags["segment"] ?? ""
        id = tags["id"] ?? ""
        self.port = port
        self.version = version
        self.build = build
        versionMin = tags["vsn_min"].flatMap { Int($0) } ?? version
        versionMax = tags["vsn_max"].flatMap { Int($0) } ?? version
        isBootstrap = tags["bootstrap"] != nil
        isNonVoter = tags["nonvoter"] != nil || tags["read_replica"] != nil
        usesTLS = tags["use_tls"] != nil
        accessControl = tags["acls"].flatMap { AccessControl(rawValue: $0) } ?? .unknown
        clusterPrefix = tags["cid"]
        for (key, value) in tags {
            switch key {
            case "wan_join_port":
                guard let port = UInt16(value) else { return nil }
                wanJoinPort = port
            case "expect":
                guard let count = Int(value) else { return nil }
                expect = count
            case "raft_vsn":
                guard let number = Int(value) else { return nil }
                raftVersion = number
            case "ft_isthmus":
                guard let number = Int(value) else { return nil }
                isthmusProtocol = number
            case _ where key.hasPrefix("ft_"):
                guard let number = Int(value) else { return nil }
                features[String(key.dropFirst(3))] = number
            case _ where key.hasPrefix("sl_"):
                guard let colon = value.lastIndex(of: ":"), UInt16(value[value.index(after: colon)...]) != nil else {
                    return nil
                }
            default: continue
            }
        }
    }

    /// The tags a server gossips.
    package var tags: [String: String] {
        var tags = [
            "role": "consul", "dc": datacenter, "segment": segment, "id": id, "port": "\(port)", "vsn": "\(version)",
            "vsn_min": "\(versionMin)", "vsn_max": "\(versionMax)", "raft_vsn": "\(raftVersion)", "build": build,
            "acls": accessControl.rawValue,
        ]
        tags["wan_join_port"] = wanJoinPort.map { "\($0)" }
        if expect > 0 { tags["expect"] = "\(expect)" }
        if isBootstrap { tags["bootstrap"] = "1" }
        if isNonVoter { tags["nonvoter"] = "1" }
        if usesTLS { tags["use_tls"] = "1" }
        for (name, number) in features { tags["ft_\(name)"] = "\(number)" }
        tags["ft_isthmus"] = isthmusProtocol.map { "\($0)" }
        tags["cid"] = clusterPrefix
        return tags
    }

    /// What a client agent gossips in the LAN pool.
    package static func client(datacenter: String, segment: String, id: String) -> [String: String] {
        let server = ServerTags()
        return [
            "role": "node", "dc": datacenter, "segment": segment, "id": id, "vsn": "\(server.version)",
            "vsn_min": "\(server.versionMin)", "vsn_max": "\(server.versionMax)", "build": server.build,
            "acls": server.accessControl.rawValue,
        ]
    }

    /// Digits, dot, digits, dot, digits somewhere.
    private static func isBuild(_ text: String) -> Bool {
        var groupCount = 0
        var hasDigits = false
        for byte in text.utf8 {
            switch byte {
            case 48...57:
                hasDigits = true
                if groupCount == 2 { return true }
            case 46 where hasDigits:
                groupCount += 1
                hasDigits = false
            default:
                groupCount = 0
                hasDigits = false
            }
        }
        return false
    }
}
