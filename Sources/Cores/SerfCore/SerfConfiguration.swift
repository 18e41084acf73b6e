package import FederationModel
package import GossipCore

/// One node's part in a Serf pool (`wire/serf-gossip.md` 4.9, 5).
package struct SerfConfiguration: Sendable {
    package var name: String
    /// Advertised and bound.
    package var endpoint: Endpoint
    package var channel: Channel
    package var tags: [String: String]
    package var timings: GossipTimings
    package var keyring: Keyring?
    package var cipher: (any PacketCipher)?
    package var label: [UInt8] = []
    /// Off: undecryptable datagrams and plaintext streams are taken, while encryption is rolled out.
    package var verifiesIncoming = true
    /// Off: plaintext is sent.
    package var verifiesOutgoing = true
    package var mergeRule: MergeRule?
    /// Serf's delegate protocol that is spoken; 2–5 are understood.
    package var delegateVersion: UInt8 = 4
    /// After this a failed member is reaped.
    package var reconnectTimeout: Duration = .seconds(24 * 3600)
    /// After this a left member is reaped.
    package var tombstoneTimeout: Duration = .seconds(24 * 3600)
    package var reapInterval: Duration = .seconds(15)
    package var reconnectInterval: Duration = .seconds(30)
    /// Longest wait for a leave message to have its transmissions.
    package var broadcastTimeout: Duration = .seconds(5)
    /// How long pings are still answered after leaving.
    package var leavePropagateDelay: Duration = .seconds(1)
    /// How long intents about unknown members are kept.
    package var intentTimeout: Duration = .seconds(300)
    /// Name and payload, and the encoded message, of a user event.
    package var maxUserEventBytes = 512
    package var maxQueryBytes = 1024
    package var maxQueryResponseBytes = 1024
    /// The snapshot file as it was found, empty for a first start; nil: none is kept.
    package var snapshot: [UInt8]?
    package var rejoinsAfterLeave = false
    /// At the start every member of the last run is asked that no other one has told of, not the first that answers
    /// alone: that one may have started just now, too, and know as little.
    package var rejoinsEachMember = false
    /// Reads the expressions of queries' tag filters; nil: only literals, as `PlainPatterns` does.
    package var patterns: (any PatternMatcher)?

    package init(name: String, endpoint: Endpoint, channel: Channel, tags: [String: String], timings: GossipTimings) {
        self.name = name
        self.endpoint = endpoint
        self.channel = channel
        self.tags = tags
        self.timings = timings
    }

    /// A LAN pool as Consul runs it.
    package static func lan(name: String, endpoint: Endpoint, tags: [String: String] = [:]) -> SerfConfiguration {
        var configuration = SerfConfiguration(
            name: name, endpoint: endpoint, channel: .lan, tags: tags, timings: .consulLAN)
        configuration.adoptConsulDefaults()
        return configuration
    }

    /// The WAN pool as Consul runs it; `name` ends in the datacenter.
    package static func wan(name: String, endpoint: Endpoint, tags: [String: String] = [:]) -> SerfConfiguration {
        var configuration = SerfConfiguration(
            name: name, endpoint: endpoint, channel: .wan, tags: tags, timings: .consulWAN)
        configuration.adoptConsulDefaults()
        return configuration
    }

    private mutating func adoptConsulDefaults() {
        reconnectTimeout = .seconds(72 * 3600)
        leavePropagateDelay = .seconds(3)
    }

    /// Rules this configuration breaks; peers would drop what such a node says.
    package func problems() -> [String] {
        var problems: [String] = []
        if name.isEmpty || name.utf8.count > NodeRecord.maxNameBytes {
            problems.append("the name must have 1 to \(NodeRecord.maxNameBytes) bytes")
        }
        let metaCount = Tags.encode(tags).count
        if metaCount > NodeRecord.maxMetaBytes {
            problems.append("the tags take \(metaCount) bytes, at most \(NodeRecord.maxMetaBytes) are allowed")
        }
        if label.count > GossipSecurity.maxLabelBytes { problems.append("the label is too long") }
        if (keyring == nil) != (cipher == nil) { problems.append("keys and cipher go together") }
        if !(2...5).contains(delegateVersion) { problems.append("the delegate version must be 2 to 5") }
        return problems
    }

    var memberlist: MemberlistConfiguration {
        var memberlist = MemberlistConfiguration(name: name, endpoint: endpoint, channel: channel, timings: timings)
        memberlist.security.keyring = keyring
        memberlist.security.cipher = cipher
        memberlist.security.label = label
        memberlist.security.verifiesIncoming = verifiesIncoming
        memberlist.security.verifiesOutgoing = verifiesOutgoing
        memberlist.admission = mergeRule
        memberlist.versions = [1, 5, 2, 2, 5, delegateVersion]
        memberlist.meta = Tags.encode(tags)
        return memberlist
    }
}

/// Tag expressions come from outside: whoever reads them must take linear time.
package protocol PatternMatcher: Sendable {
    /// Unanchored search.
    /// - Returns: nil when the expression cannot be read.
    func finds(_ expression: String, in text: String) -> Bool?
}

/// Expressions without any special character but `^` in front and `$` behind.
package struct PlainPatterns: PatternMatcher {
    package init() {}

    package func finds(_ expression: String, in text: String) -> Bool? {
        var literal = Substring(expression)
        let isAnchoredAtStart = literal.hasPrefix("^")
        if isAnchoredAtStart { literal = literal.dropFirst() }
        let isAnchoredAtEnd = literal.hasSuffix("$")
        if isAnchoredAtEnd { literal = literal.dropLast() }
        guard !literal.contains(where: { "\\.+*?()|[]{}^$".contains($0) }) else { return nil }
        switch (isAnchoredAtStart, isAnchoredAtEnd) {
        case (true, true): return text == literal
        case (true, false): return text.hasPrefix(literal)
        case (false, true): return text.hasSuffix(literal)
        case (false, false): return literal.isEmpty || text.contains(literal)
        }
    }
}
