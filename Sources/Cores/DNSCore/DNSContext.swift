/// What the answers of one agent depend on: Consul's `domain`, `alt_domain`, `dns_config`, `translate_wan_addrs`.
package struct DNSContext: Sendable {
    /// `dns_config.soa`, seconds.
    package struct SOA: Equatable, Sendable {
        package var refresh: UInt32 = 3600
        package var retry: UInt32 = 600
        package var expire: UInt32 = 86400
        package var minimumTTL: UInt32 = 0

        package init() {}
    }

    package var datacenter: String
    /// Of the agent: prepared queries sort from it.
    package var node = ""
    /// With or without a dot at its end.
    package var domain: String = "consul"
    /// Empty when there is none.
    package var altDomain: String = ""
    /// Leave out instances with warnings too; critical ones are always left out.
    package var onlyPassing = false
    /// Mark answers that lost records as truncated.
    package var enableTruncate = false
    /// Answers of a UDP question without EDNS; above 8 it has no effect.
    package var udpAnswerLimit = 3
    /// Addresses in any answer; 0: no limit.
    package var aRecordLimit = 0
    /// Seconds.
    package var nodeTTL: UInt32 = 0
    /// Seconds by service name; `*` is the default, `prefix*` the longest prefix.
    package var serviceTTL: [String: UInt32] = [:]
    package var soa = SOA()
    /// `enable_additional_node_meta_txt`.
    package var addsNodeMeta = true
    package var allowStale = true
    /// An older stale answer is asked again at the leader; Consul's default is ten years.
    package var maxStale: Duration = .seconds(87600 * 3600)
    /// From a question's arrival to its answer, recursors apart.
    package var answerTimeout: Duration = .milliseconds(500)
    package var translatesWANAddresses = false
    /// Off with `disable_compression`.
    package var compressesNames = true
    /// Whether questions about other domains are passed on.
    package var hasRecursors = false
    /// Serial number of the SOA record: the shell puts the time of its start in seconds since 1970.
    package var serial: UInt32 = 1
    package var token = ""

    package init(datacenter: String) { self.datacenter = datacenter }

    func ttl(ofService name: String) -> UInt32 {
        if let exact = serviceTTL[name] { return exact }
        var best: (length: Int, ttl: UInt32)?
        for (pattern, ttl) in serviceTTL where pattern.hasSuffix("*") && name.hasPrefix(pattern.dropLast()) {
            // Two patterns of one length that both match are the same pattern: the order of the scan does not matter.
            if pattern.utf8.count > best?.length ?? 0 { best = (pattern.utf8.count, ttl) }
        }
        return best?.ttl ?? 0
    }
}
