extension AgentConfiguration {
    static let dnsOptions: [ConfigurationOption] = [
        .text("domain", flag: "domain", \.dns.domain, standard: "consul.", "answered for by DNS"),
        .text("alt_domain", flag: "alt-domain", \.dns.alternateDomain, "a second one"),
        .list("recursors", flag: "recursor", \.dns.recursors, "asked for other domains"),
        .bool("dns_config.allow_stale", \.dns.allowsStale, "answer from any server", standard: "true"),
        .duration("dns_config.max_stale", \.dns.maxStale, standard: "87600h", "beyond which the leader is asked"),
        .duration(
            "dns_config.answer_timeout", \.dns.answerTimeout, standard: "500ms",
            "to SERVFAIL when the answer is not known by then; other domains have recursor_timeout"),
        .duration("dns_config.node_ttl", \.dns.nodeTTL, standard: "0s", "of node answers"),
        ConfigurationOption(
            key: "dns_config.service_ttl", flag: "", kind: .map, standard: "", summary: "of service answers, by name",
            hasEffect: true, apply: applyServiceTTL),
        .bool("dns_config.enable_truncate", \.dns.enablesTruncate, "set TC on shortened UDP answers"),
        .bool("dns_config.only_passing", \.dns.onlyPassing, "leave out instances with warnings"),
        .duration(
            "dns_config.recursor_timeout", \.dns.recursorTimeout, standard: "2s", "of other domains"),
        .integer(
            "dns_config.udp_answer_limit", \.dns.udpAnswerLimit, 1...1000, standard: "3", "records in a UDP answer"),
        .integer(
            "dns_config.a_record_limit", \.dns.addressRecordLimit, 0...1000, standard: "0", "addresses in an answer"),
        .bool("dns_config.disable_compression", \.dns.disablesCompression, "write names in full"),
        .bool(
            "dns_config.enable_additional_node_meta_txt", \.dns.addsNodeMetaText, "TXT records of node metadata",
            standard: "true"),
        .ignored("dns_config.use_cache", "there is no cache of answers"),
        .ignored("dns_config.cache_max_age", "there is no cache of answers"),
        .integer("dns_config.soa.refresh", \.dns.soaRefresh, seconds, standard: "3600", "seconds in SOA records"),
        .integer("dns_config.soa.retry", \.dns.soaRetry, seconds, standard: "600", "seconds in SOA records"),
        .integer("dns_config.soa.expire", \.dns.soaExpire, seconds, standard: "86400", "seconds in SOA records"),
        .integer("dns_config.soa.min_ttl", \.dns.soaMinimumTTL, seconds, standard: "0", "seconds in SOA records"),
    ]

    private static let seconds = 0...Int(Int32.max)

    @Sendable private static func applyServiceTTL(
        _ value: ConfigurationValue, _ configuration: inout AgentConfiguration
    ) -> String? {
        guard case .object(let entries) = value else {
            return "expected an object of durations, found \(value.typeName)"
        }
        for entry in entries {
            guard case .string(let text) = entry.value, let ttl = DurationText.parse(text), ttl >= .zero else {
                return "\"\(entry.key)\" has no duration such as \"10s\""
            }
            configuration.dns.serviceTTL.removeAll { $0.name == entry.key }
            configuration.dns.serviceTTL.append(ServiceTTL(name: entry.key, ttl: ttl))
        }
        configuration.dns.serviceTTL.sort { $0.name < $1.name }
        return nil
    }
}
