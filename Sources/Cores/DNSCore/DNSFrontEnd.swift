package import FederationModel

/// How a question came: it decides how long the answer may be.
package enum DNSTransport: Equatable, Sendable { case udp, tcp }

package enum DNSAction: Equatable, Sendable {
    /// The whole message; over TCP the listener puts its length in front (RFC 1035 §4.2.2).
    case respond([UInt8])
    case drop
    /// Requests whose results `render` takes in the same order.
    case query([Request], DNSRendering)
    /// The agent's verdict on a datacenter.
    case verdict(datacenter: String, DNSRendering)
    /// For a recursor.
    case recurse(DNSRecursion)
}

/// How results become the answer: the listener keeps it beside its requests.
package struct DNSRendering: Equatable, Sendable {
    enum Kind: Equatable, Sendable {
        case node
        case service(name: String)
        case preparedQuery
        /// `isSOA` puts the zone in front of its servers.
        case nameservers(isSOA: Bool)
        case pointer(IPAddress)
        case verdict
    }

    let query: DNSQuery
    let transport: DNSTransport
    let kind: Kind
    /// Where the instances are.
    var datacenter: String
    /// What to ask a recursor when nothing of ours has the address.
    var recursion: DNSRecursion?
}

/// Consul's DNS interface: questions about nodes and services become catalog requests, their results answers.
package struct DNSFrontEnd: Sendable {
    /// Behind a pointer: each question on its way holds a front end.
    private let shared: Shared<DNSContext>

    package var context: DNSContext {
        _read { yield shared.record }
    }

    let domain: DNSName
    private let altDomain: DNSName?

    /// - Returns: nil when a domain is no domain name.
    package init?(context: DNSContext) {
        guard let domain = DNSName(context.domain), domain != .root, let altDomain = DNSName(context.altDomain),
            domain.prefixed(by: "hostmaster") != nil
        else { return nil }
        shared = Shared(context)
        self.domain = domain.lowercased
        self.altDomain = altDomain == .root ? nil : altDomain.lowercased
    }

    package func plan(_ packet: [UInt8], _ transport: DNSTransport) -> DNSAction {
        let query: DNSQuery
        do throws(DNSReader.Failure) {
            query = try DNSReader.read(packet)
        } catch {
            switch error {
            case .ignored: return .drop
            case .refused(let id, let code, let opcode, let isRecursionDesired):
                return .respond(
                    DNSWriter.refusal(id: id, code, opcode: opcode, isRecursionDesired: isRecursionDesired))
            }
        }
        return plan(query, packet, transport)
    }

    /// Whether a name is answered from the catalog.
    func isOurs(_ name: DNSName) -> Bool { labels(of: name.lowercased) != nil }

    private func labels(of name: DNSName) -> [String]? {
        name.labels(below: domain) ?? altDomain.flatMap { name.labels(below: $0) }
    }

    func plan(_ query: DNSQuery, _ packet: [UInt8], _ transport: DNSTransport) -> DNSAction {
        let name = query.question.name.lowercased
        if let address = ReverseName.address(name) { return pointer(to: address, packet, query, transport) }
        guard let labels = labels(of: name) else {
            guard !context.hasRecursors else { return .recurse(DNSRecursion(packet, query, transport)) }
            // Reverse names that spell no address are refused as those of nobody are.
            if name.labels.last == "arpa" { return .respond(finish(query, noSuchPointer, transport)) }
            return .respond(finish(query, DNSResponse(code: .refused, isAuthoritative: false), transport))
        }
        switch query.question.type {
        case .axfr: return .respond(finish(query, DNSResponse(code: .notImplemented), transport))
        case .soa, .ns:
            let request = ServiceSpecificRequest(
                datacenter: context.datacenter, serviceName: "consul", options: options)
            let kind = DNSRendering.Kind.nameservers(isSOA: query.question.type == .soa)
            return .query(
                [.healthServiceNodes(request)],
                DNSRendering(query: query, transport: transport, kind: kind, datacenter: context.datacenter))
        default: return plan(labels, query, transport)
        }
    }

    private var options: QueryOptions {
        QueryOptions(token: context.token, allowStale: context.allowStale, maxStaleDuration: context.maxStale)
    }

    private func plan(_ labels: [String], _ query: DNSQuery, _ transport: DNSTransport) -> DNSAction {
        guard let subject = Subject(labels, isSRV: query.question.type == .srv) else {
            return .respond(finish(query, noSuchDomain, transport))
        }
        switch subject {
        case .node(let name, let datacenter):
            // Other types have nothing to say of a node, whether it exists or not.
            guard [.a, .aaaa, .txt, .any].contains(query.question.type) else {
                return .respond(finish(query, DNSResponse(), transport))
            }
            let datacenter = datacenter ?? context.datacenter
            let request = NodeSpecificRequest(datacenter: datacenter, node: name, options: options)
            return .query(
                [.catalogNodeServices(request)],
                DNSRendering(query: query, transport: transport, kind: .node, datacenter: datacenter))
        case .service(let name, let tag, let datacenter):
            let datacenter = datacenter ?? context.datacenter
            let request = ServiceSpecificRequest(
                datacenter: datacenter, serviceName: name, serviceTags: tag.isEmpty ? nil : [tag],
                tagFilter: !tag.isEmpty, options: options)
            return .query(
                [.healthServiceNodes(request)],
                DNSRendering(query: query, transport: transport, kind: .service(name: name), datacenter: datacenter))
        case .query(let name, let datacenter):
            let datacenter = datacenter ?? context.datacenter
            let request = PreparedQueryExecuteRequest(
                datacenter: datacenter, queryIDOrName: name,
                agent: QuerySource(datacenter: context.datacenter, node: context.node), options: options)
            return .query(
                [.preparedQueryExecute(request)],
                DNSRendering(query: query, transport: transport, kind: .preparedQuery, datacenter: datacenter))
        case .datacenter(let name):
            guard [.txt, .any].contains(query.question.type) else {
                return .respond(finish(query, DNSResponse(), transport))
            }
            return .verdict(
                datacenter: name,
                DNSRendering(query: query, transport: transport, kind: .verdict, datacenter: name))
        case .address(let text): return .respond(finish(query, address(text, query), transport))
        }
    }

    /// `<8 or 32 hexadecimal digits>.addr`: the address they spell, whatever type was asked for.
    private func address(_ text: String, _ query: DNSQuery) -> DNSResponse {
        guard text.utf8.count == 8 || text.utf8.count == 32 else { return DNSResponse() }
        guard let bytes = Hex.decode(text), let address = IPAddress(bytes: bytes) else { return noSuchDomain }
        let record = DNSRecord(name: query.question.name.lowercased, ttl: context.nodeTTL, body: .address(address))
        return DNSResponse(units: [DNSResponse.Unit(answer: record)])
    }

    private func pointer(
        to address: IPAddress, _ packet: [UInt8], _ query: DNSQuery, _ transport: DNSTransport
    ) -> DNSAction {
        let nodes = DCSpecificRequest(datacenter: context.datacenter, options: options)
        let services = ServiceSpecificRequest(
            datacenter: context.datacenter, serviceAddress: address.description, options: options)
        return .query(
            [.catalogListNodes(nodes), .catalogServiceNodes(services)],
            DNSRendering(
                query: query, transport: transport, kind: .pointer(address), datacenter: context.datacenter,
                recursion: context.hasRecursors ? DNSRecursion(packet, query, transport) : nil))
    }

    var noSuchPointer: DNSResponse {
        DNSResponse(code: .serverFailure, isAuthoritative: false, isRecursionAvailable: true)
    }

    var noSuchDomain: DNSResponse { DNSResponse(code: .noSuchDomain, authority: [soa]) }

    /// The start of authority of our domain, also under the alternative one.
    var soa: DNSRecord {
        let soa = DNSRecord.SOA(
            primary: domain.prefixed(by: "ns") ?? domain, mailbox: domain.prefixed(by: "hostmaster") ?? domain,
            serial: context.serial, refresh: context.soa.refresh, retry: context.soa.retry, expire: context.soa.expire,
            minimum: context.soa.minimumTTL)
        return DNSRecord(name: domain, ttl: context.soa.minimumTTL, body: .soa(soa))
    }
}
