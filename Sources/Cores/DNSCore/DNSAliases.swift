package import Determinism
package import FederationModel

/// Where the aliases of an answer lead: the records found for each host name, asked for before the answer is written.
package struct DNSAliases: Sendable {
    /// Host names followed for one answer: each costs a lookup, some of them at a recursor.
    static let maxCount = 8
    /// Steps from alias to alias; a circle ends here. As Consul has it.
    static let maxDepth = 3
    /// Records that one alias brings to an asker without EDNS. As Consul has it.
    static let maxPlainRecords = 5

    /// By names in lower case.
    private var found: [DNSName: [DNSRecord]] = [:]
    /// To be looked up, with the steps left.
    private var waiting: [(name: DNSName, depth: Int)] = []
    /// What is being looked up.
    private var current: (name: DNSName, depth: Int)?

    package init() {}

    /// Addresses and aliases behind a name, step by step.
    func records(of name: DNSName, depth: Int = maxDepth) -> [DNSRecord] {
        guard depth > 0, let records = found[name.lowercased] else { return [] }
        return records.flatMap { record -> [DNSRecord] in
            switch record.body {
            case .address: [record]
            case .cname(let target): [record] + self.records(of: target, depth: depth - 1)
            case .ns, .ptr, .soa, .txt, .srv: []
            }
        }
    }

    fileprivate mutating func want(_ names: [DNSName], depth: Int) {
        guard depth > 0 else { return }
        for name in names where found.count < Self.maxCount && found[name.lowercased] == nil {
            found[name.lowercased] = []
            waiting.append((name, depth))
        }
    }

    fileprivate mutating func next() -> DNSName? {
        guard !waiting.isEmpty else { return nil }
        current = waiting.removeFirst()
        return current?.name
    }

    fileprivate mutating func learn(_ records: [DNSRecord]) {
        guard let (name, depth) = current else { return }
        current = nil
        found[name.lowercased] = records
        want(records.compactMap { if case .cname(let target) = $0.body { target } else { nil } }, depth: depth - 1)
    }
}

/// What has to be asked to follow an alias.
package enum DNSAliasStep: Sendable {
    /// Requests whose results `learn` takes in the same order.
    case query([Request], DNSRendering)
    /// For a recursor.
    case recurse(DNSRecursion)
}

extension DNSFrontEnd {
    /// Takes up the aliases that an answer names. Call once, before `followNext`.
    package func follow(
        _ rendering: DNSRendering, _ results: [Result<Response, FederationError>], _ aliases: inout DNSAliases
    ) {
        aliases.want(hosts(of: rendering, results), depth: DNSAliases.maxDepth)
    }

    /// - Returns: nil when every alias has been followed as far as it goes.
    package func followNext(_ aliases: inout DNSAliases, random: inout SeededRandom) -> DNSAliasStep? {
        while let name = aliases.next() {
            let query = DNSQuery(
                id: UInt16.random(in: 0...UInt16.max, using: &random), isRecursionDesired: true,
                isCheckingDisabled: false,
                question: DNSQuestion(name: name, type: isOurs(name) ? .any : .a, classNumber: 1), edns: nil)
            guard isOurs(name) else {
                guard context.hasRecursors else { continue }
                let packet = DNSWriter.question(query)
                return .recurse(DNSRecursion(packet, query, .udp))
            }
            switch plan(query, [], .udp) {
            case .query(let requests, let rendering): return .query(requests, rendering)
            case .respond(let message): aliases.learn(DNSReader.answers(of: message))
            case .recurse, .drop, .verdict: continue
            }
        }
        return nil
    }

    package func learn(
        _ rendering: DNSRendering, _ results: [Result<Response, FederationError>], _ aliases: inout DNSAliases,
        random: inout SeededRandom
    ) {
        aliases.learn(response(rendering, results, DNSAliases(), random: &random).units.map(\.answer))
    }

    /// - Parameter message: of the recursor that settled the question; nil when none did.
    package func learn(_ message: [UInt8]?, _ aliases: inout DNSAliases) {
        aliases.learn(message.map { DNSReader.answers(of: $0) } ?? [])
    }

    /// What an alias brings along, with the time to live of the alias.
    func following(
        _ records: [DNSRecord], _ known: DNSAliases, _ rendering: DNSRendering, ttl: UInt32
    ) -> [DNSRecord] {
        records.flatMap { record -> [DNSRecord] in
            guard case .cname(let target) = record.body else { return [] }
            return self.records(of: target, known, rendering, ttl: ttl)
        }
    }

    func records(of name: DNSName, _ known: DNSAliases, _ rendering: DNSRendering, ttl: UInt32) -> [DNSRecord] {
        let records = known.records(of: name).map { DNSRecord(name: $0.name, ttl: ttl, body: $0.body) }
        return rendering.query.edns == nil ? Array(records.prefix(DNSAliases.maxPlainRecords)) : records
    }
}

extension AddressFamily {
    init(of type: DNSType) {
        switch type {
        case .a: self = .ipv4
        case .aaaa: self = .ipv6
        default: self = .any
        }
    }
}
