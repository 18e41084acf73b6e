package import Determinism
package import FederationModel

extension DNSFrontEnd {
    /// The answer to a question that was planned as requests, with their results in the same order.
    /// - Parameters:
    ///   - known: where aliases lead, as far as it was found out.
    ///   - random: shuffles the instances, so that clients spread.
    package func render(
        _ rendering: DNSRendering, _ results: [Result<Response, FederationError>], _ known: DNSAliases = DNSAliases(),
        random: inout SeededRandom
    ) -> [UInt8] {
        finish(rendering.query, response(rendering, results, known, random: &random), rendering.transport)
    }

    func response(
        _ rendering: DNSRendering, _ results: [Result<Response, FederationError>], _ known: DNSAliases,
        random: inout SeededRandom
    ) -> DNSResponse {
        if case .pointer(let address) = rendering.kind { return pointer(address, results, rendering.query) }
        guard let first = results.first else { return failure }
        let answer: Response
        switch first {
        case .success(let response): answer = response
        case .failure(.unknownDatacenter), .failure(.left), .failure(.forgotten): return noSuchDomain
        case .failure(.remote(let text)) where text.contains("Query not found"): return noSuchDomain
        case .failure:
            if case .nameservers(isSOA: true) = rendering.kind { return nameservers([], isSOA: true) }
            return failure
        }
        // Whoever has never heard from a leader cannot tell what does not exist.
        let mayDeny = answer.meta.map { $0.knownLeader || $0.lastContact > .zero } ?? true
        let denial = mayDeny ? noSuchDomain : failure
        switch rendering.kind {
        case .node:
            guard case .nodeServices(let body) = answer else { return failure }
            guard let node = body.nodeServices?.node else { return denial }
            return self.node(node, rendering, known)
        case .service(let name):
            guard case .checkServiceNodes(let body) = answer else { return failure }
            let rows = drawn(body, rendering.transport, random: &random)
            return rows.isEmpty ? denial : service(rows, ttl: context.ttl(ofService: name), rendering, known)
        case .preparedQuery:
            guard case .queryResult(let body) = answer else { return failure }
            // Somebody may have an instance who could not be asked.
            if body.nodes?.isEmpty ?? true { return body.isPartial ? failure : denial }
            return preparedQuery(body, rendering, known)
        case .nameservers(let isSOA):
            guard case .checkServiceNodes(let body) = answer else { return failure }
            return nameservers(drawn(body, rendering.transport, random: &random), isSOA: isSOA)
        case .pointer, .verdict: return failure
        }
    }

    private var failure: DNSResponse { DNSResponse(code: .serverFailure) }

    /// More instances than an answer can hold are not looked at: the smallest record has 16 bytes.
    static let maxDatagramInstances = maxDatagramBytes / 16
    private static let maxInstances = maxMessageBytes / 16

    /// The healthy instances in an order of their own.
    private func drawn(
        _ body: IndexedCheckServiceNodes, _ transport: DNSTransport, random: inout SeededRandom
    ) -> [CheckServiceNode] {
        var rows = healthy(body.nodes ?? [])
        rows.shuffle(using: &random)
        return Array(rows.prefix(transport == .udp ? Self.maxDatagramInstances : Self.maxInstances))
    }

    /// Without instances that a check calls critical, or with `only_passing` anything but passing.
    func healthy(_ rows: [CheckServiceNode]) -> [CheckServiceNode] {
        rows.filter { row in
            (row.checks ?? []).allSatisfy { check in
                context.onlyPassing
                    ? check.status == CheckStatus.passing.rawValue : check.status != CheckStatus.critical.rawValue
            }
        }
    }

    // MARK: Nodes

    private func node(_ node: Node, _ rendering: DNSRendering, _ known: DNSAliases) -> DNSResponse {
        let question = rendering.query.question
        var response = DNSResponse()
        let meta = metaRecords(node, name: question.name, ttl: context.nodeTTL)
        if question.type != .txt {
            let family = AddressFamily(of: question.type)
            let address = node.shownAddress(family, isWAN: isTranslated(rendering))
            let records = addressRecords(address, name: question.name, type: question.type, ttl: context.nodeTTL)
            response.units = (records + following(records, known, rendering, ttl: context.nodeTTL))
                .map { DNSResponse.Unit(answer: $0) }
        }
        switch question.type {
        case .txt, .any: response.units += meta.map { DNSResponse.Unit(answer: $0) }
        default: if context.addsNodeMeta { response.additional = meta }
        }
        return response
    }

    /// A or AAAA of an address when the question's type takes it; CNAME of a host name for any type (RFC 1034 §3.6.2).
    private func addressRecords(_ text: String, name: DNSName, type: DNSType, ttl: UInt32) -> [DNSRecord] {
        if let address = IPAddress(text) {
            let own: DNSType = address.isIPv6 ? .aaaa : .a
            guard type == own || type == .any || type == .srv || type == .txt else { return [] }
            return [DNSRecord(name: name, ttl: ttl, body: .address(address))]
        }
        guard let target = DNSName(text), target != .root else { return [] }
        return [DNSRecord(name: name, ttl: ttl, body: .cname(target))]
    }

    /// Node metadata as text records: `key=value` (RFC 1464), a key that begins with `rfc1035-` gives its value alone.
    private func metaRecords(_ node: Node, name: DNSName, ttl: UInt32) -> [DNSRecord] {
        (node.meta ?? [:]).sorted { $0.key < $1.key }.map { key, value in
            let text = key.hasPrefix("rfc1035-") ? value : Self.escaped(key) + "=" + value
            var rest = Array(text.utf8)[...]
            var chunks: [[UInt8]] = []
            repeat {
                chunks.append(Array(rest.prefix(255)))
                rest = rest.dropFirst(255)
            } while !rest.isEmpty
            return DNSRecord(name: name, ttl: ttl, body: .txt(chunks))
        }
    }

    /// A key of RFC 1464 §2: the equals sign and the quote itself are quoted.
    private static func escaped(_ key: String) -> String {
        var escaped = ""
        for character in key {
            if character == "=" || character == "`" { escaped.append("`") }
            escaped.append(character)
        }
        return escaped
    }

    // MARK: Services

    /// The instances in the order in which the query gives them, with its own time to live.
    private func preparedQuery(
        _ body: PreparedQueryExecuteResponse, _ rendering: DNSRendering, _ known: DNSAliases
    ) -> DNSResponse {
        var rendering = rendering
        rendering.datacenter = body.datacenter
        let limit = rendering.transport == .udp ? Self.maxDatagramInstances : Self.maxInstances
        let own = Duration(goText: body.dns.ttl).map { UInt32(clamping: $0.wholeNanoseconds / 1_000_000_000) }
        return service(
            Array((body.nodes ?? []).prefix(limit)), ttl: own ?? context.ttl(ofService: body.service), rendering,
            known)
    }

    private func service(
        _ rows: [CheckServiceNode], ttl: UInt32, _ rendering: DNSRendering, _ known: DNSAliases
    ) -> DNSResponse {
        guard !rows.isEmpty else { return noSuchDomain }
        let isSRV = rendering.query.question.type == .srv
        var response = DNSResponse(isLimited: true)
        response.units =
            isSRV ? instances(rows, ttl: ttl, rendering, known) : addresses(rows, ttl: ttl, rendering, known)
        if response.units.isEmpty { response.authority = [soa] }
        return response
    }

    /// Where an instance is reached: at an address of its own, at its node's, or under a host name.
    private enum Place {
        case node(IPAddress)
        case own(IPAddress)
        case host(DNSName)
    }

    /// Nil when it has no address of the family.
    private func place(of row: CheckServiceNode, _ rendering: DNSRendering) -> Place? {
        guard let node = row.node, let service = row.service else { return nil }
        let (family, isWAN) = (AddressFamily(of: rendering.query.question.type), isTranslated(rendering))
        let own = service.shownAddress(family, isWAN: isWAN)
        if let address = IPAddress(own) { return .own(address) }
        if own.isEmpty {
            let ofNode = node.shownAddress(family, isWAN: isWAN)
            guard let address = IPAddress(ofNode) else {
                return ofNode.isEmpty ? nil : DNSName(ofNode).map { .host($0) }
            }
            // A node's name leads to its plain address: another one is spelt out.
            return node.address == ofNode ? .node(address) : .own(address)
        }
        guard let name = DNSName(own), name != .root else { return nil }
        // A service that is an alias of the name asked for would lead back here.
        if name.lowercased == rendering.query.question.name.lowercased,
            let address = IPAddress(node.shownAddress(family, isWAN: isWAN))
        {
            return .node(address)
        }
        return .host(name)
    }

    /// The host names that an answer will name.
    func hosts(of rendering: DNSRendering, _ results: [Result<Response, FederationError>]) -> [DNSName] {
        guard case .success(let answer)? = results.first, rendering.query.question.type != .txt || !isNode(rendering)
        else { return [] }
        var names: [DNSName] = []
        func collect(_ rows: [CheckServiceNode], _ rendering: DNSRendering) {
            for row in rows where names.count < DNSAliases.maxCount && Self.mayBeNamed(row) {
                if case .host(let name)? = place(of: row, rendering), !names.contains(name) { names.append(name) }
            }
        }
        switch (rendering.kind, answer) {
        case (.node, .nodeServices(let body)):
            let family = AddressFamily(of: rendering.query.question.type)
            let address = body.nodeServices?.node?.shownAddress(family, isWAN: isTranslated(rendering)) ?? ""
            if IPAddress(address) == nil, let name = DNSName(address), name != .root { names = [name] }
        case (.service, .checkServiceNodes(let body)): collect(healthy(body.nodes ?? []), rendering)
        case (.preparedQuery, .queryResult(let body)):
            var rendering = rendering
            rendering.datacenter = body.datacenter
            collect(body.nodes ?? [], rendering)
        default: break
        }
        return names
    }

    /// Cheap, for most instances have addresses.
    private static func mayBeNamed(_ row: CheckServiceNode) -> Bool {
        guard let node = row.node, let service = row.service else { return false }
        if isName(service.address) || service.address.isEmpty && isName(node.address) { return true }
        return service.taggedAddresses != nil || node.taggedAddresses?.contains { isName($0.value) } ?? false
    }

    private static func isName(_ text: String) -> Bool {
        var isNumber = true
        for byte in text.utf8 {
            if byte == UInt8(ascii: ":") { return false }
            isNumber = isNumber && (byte >= 48 && byte <= 57 || byte == UInt8(ascii: "."))
        }
        return !isNumber
    }

    private func isNode(_ rendering: DNSRendering) -> Bool { rendering.kind == .node }

    func addresses(
        _ rows: [CheckServiceNode], ttl: UInt32, _ rendering: DNSRendering, _ known: DNSAliases
    ) -> [DNSResponse.Unit] {
        let question = rendering.query.question
        var seen: Set<DNSRecord> = []
        var records: [DNSRecord] = []
        for row in rows {
            let body: DNSRecord.Body
            switch place(of: row, rendering) {
            case .node(let address), .own(let address):
                let own: DNSType = address.isIPv6 ? .aaaa : .a
                guard [own, .any, .srv, .txt].contains(question.type) else { continue }
                body = .address(address)
            case .host(let name): body = .cname(name)
            case nil: continue
            }
            let record = DNSRecord(name: question.name, ttl: ttl, body: body)
            guard seen.insert(record).inserted else { continue }
            records.append(record)
            if context.aRecordLimit > 0 && records.count >= context.aRecordLimit { break }
        }
        // An alias stands alone (RFC 1034 §3.6.2): the first record decides which kind is answered.
        if let first = records.first, first.type == .cname {
            return ([first] + following([first], known, rendering, ttl: ttl)).map { DNSResponse.Unit(answer: $0) }
        }
        return records.filter { $0.type != .cname }.map { DNSResponse.Unit(answer: $0) }
    }

    private func instances(
        _ rows: [CheckServiceNode], ttl: UInt32, _ rendering: DNSRendering, _ known: DNSAliases
    ) -> [DNSResponse.Unit] {
        var seen: Set<DNSRecord> = []
        var units: [DNSResponse.Unit] = []
        for row in rows {
            guard let node = row.node, let service = row.service, let place = place(of: row, rendering)
            else { continue }
            let target: DNSName?
            var additional: [DNSRecord] = []
            switch place {
            case .host(let name):
                target = name
                additional = records(of: name, known, rendering, ttl: ttl)
            case .node(let address):
                target = nodeName(node, rendering)
                additional = target.map { [DNSRecord(name: $0, ttl: ttl, body: .address(address))] } ?? []
            case .own(let address):
                target = domain.prefixed(by: "\(Hex.encode(address.bytes)).addr.\(rendering.datacenter)")
                additional = target.map { [DNSRecord(name: $0, ttl: ttl, body: .address(address))] } ?? []
            }
            guard let target else { continue }
            let port = UInt16(clamping: service.shownPort(isWAN: isTranslated(rendering)))
            let answer = DNSRecord(
                name: rendering.query.question.name, ttl: ttl,
                body: .srv(priority: 1, weight: weight(row), port: port, target: target))
            guard seen.insert(answer).inserted else { continue }
            if context.addsNodeMeta, let name = nodeName(node, rendering) {
                additional += metaRecords(node, name: name, ttl: ttl)
            }
            units.append(DNSResponse.Unit(answer: answer, additional: additional))
        }
        return units
    }

    private func nodeName(_ node: Node, _ rendering: DNSRendering) -> DNSName? {
        domain.prefixed(by: "\(node.node).node.\(rendering.datacenter)")
    }

    /// Weight of the state the checks are in; 1 unless the service says otherwise.
    private func weight(_ row: CheckServiceNode) -> UInt16 {
        let weights = row.service?.weights ?? Weights(passing: 1, warning: 1)
        let hasWarning = (row.checks ?? []).contains { $0.status == CheckStatus.warning.rawValue }
        return UInt16(clamping: hasWarning ? weights.warning : weights.passing)
    }

    private func isTranslated(_ rendering: DNSRendering) -> Bool {
        context.translatesWANAddresses && rendering.datacenter != context.datacenter
    }

    // MARK: Zone and reverse lookups

    /// Name servers of the zone: at most 3 of our servers, with their addresses.
    private func nameservers(_ rows: [CheckServiceNode], isSOA: Bool) -> DNSResponse {
        var servers: [(DNSName, IPAddress)] = []
        for row in rows {
            guard let node = row.node, let address = IPAddress(node.address),
                let name = domain.prefixed(by: "\(node.node).node.\(context.datacenter)")
            else { continue }
            servers.append((name, address))
            if servers.count == 3 { break }
        }
        let records = servers.map { DNSRecord(name: domain, ttl: context.nodeTTL, body: .ns($0.0)) }
        var response = DNSResponse()
        response.additional = servers.map { DNSRecord(name: $0.0, ttl: context.nodeTTL, body: .address($0.1)) }
        if isSOA {
            response.units = [DNSResponse.Unit(answer: soa)]
            response.authority = records
        } else {
            response.units = records.map { DNSResponse.Unit(answer: $0) }
        }
        return response
    }

    private func pointer(
        _ address: IPAddress, _ results: [Result<Response, FederationError>], _ query: DNSQuery
    ) -> DNSResponse {
        guard let name = pointerName(address, results) else { return noSuchPointer }
        // Consul gives reverse names no time to live, whatever `node_ttl` says.
        let record = DNSRecord(name: query.question.name, ttl: 0, body: .ptr(name))
        return DNSResponse(units: [DNSResponse.Unit(answer: record)])
    }

    /// The node with the address, else a service.
    func pointerName(_ address: IPAddress, _ results: [Result<Response, FederationError>]) -> DNSName? {
        for case .success(let response) in results {
            if case .nodes(let body) = response,
                let node = body.nodes?.first(where: { IPAddress($0.address) == address })
            {
                return domain.prefixed(by: "\(node.node).node.\(context.datacenter)")
            }
            if case .serviceNodes(let body) = response,
                let row = body.serviceNodes?.first(where: { IPAddress($0.serviceAddress) == address })
            {
                return domain.prefixed(by: "\(row.serviceName).service.\(context.datacenter)")
            }
        }
        return nil
    }
}
