import Determinism
package import FederationModel
import WireFormat

/// One datacenter's part of an answer from several.
package struct DatacenterPart: Sendable {
    package var datacenter: String
    /// As it stood when the others were asked; nil when nothing is known.
    package var verdict: Verdict?
    package var result: Result<Response, FederationError>
    /// Of a failure.
    package var details: ErrorDetails
    /// From the question to its answer; zero when this agent had it at hand.
    package var roundTrip: Duration

    package init(
        datacenter: String, verdict: Verdict?, result: Result<Response, FederationError>, details: ErrorDetails,
        roundTrip: Duration
    ) {
        self.datacenter = datacenter
        self.verdict = verdict
        self.result = result
        self.details = details
        self.roundTrip = roundTrip
    }
}

extension HTTPRouter {
    /// An answer takes half of what a peer's single answer may (`RPCLimits.maxResponseBytes`): it is held as records
    /// and as text at once. Parts that do not fit are left out and say so.
    package static let maxBytesOfSeveral = 32 << 20

    /// Partial: what answered is shown, and the header says of each datacenter how it is. Fails only when none answers,
    /// as the first one does.
    /// - Parameter parts: in the order of the answer.
    package func render(_ rendering: Rendering, _ parts: [DatacenterPart]) -> HTTPResponse {
        var parts = parts
        let bodies = bounded(&parts, rendering)
        var headers = commonHeaders
        headers.append((name: "X-Isthmus-Datacenters", value: parts.map(\.headerText).joined(separator: ", ")))
        let metas = parts.compactMap { try? $0.result.get().meta }
        let status: Int
        if metas.isEmpty {
            guard let first = parts.first, case .failure(let error) = first.result else {
                return respond(to: .severalDatacenters, rendering.errors, extra: headers)
            }
            if !rendering.isEnvelope {
                return respond(to: error.problem, rendering.errors, first.details, extra: [headers[headers.count - 1]])
            }
            status = error.httpStatus
        } else {
            let isMiss = !rendering.isEnvelope && metas.count == parts.count && parts.allSatisfy(\.isMiss)
            status = isMiss ? 404 : 200
            headers += metaHeaders(
                QueryMeta(
                    index: metas.map(\.index).max() ?? 0, lastContact: metas.map(\.lastContact).max() ?? .zero,
                    knownLeader: metas.allSatisfy(\.knownLeader)))
            if rendering.endpoint.showsConsistency {
                headers.append((name: "X-Consul-Effective-Consistency", value: rendering.consistency.rawValue))
            }
            if isMiss { return HTTPResponse(status: 404, headers: headers) }
        }
        let compact = rendering.isEnvelope ? envelope(parts, bodies) : merged(parts, bodies)
        var answer = HTTPResponse(
            status: status, headers: headers + [(name: "Content-Type", value: "application/json")], body: compact)
        if rendering.isPretty, let value = try? JSONReader.read(compact) {
            var json = JSONWriter(isPretty: true)
            json.write(value)
            answer.body = json.finished()
        }
        return answer
    }

    /// Each part's own JSON, as many as fit.
    private func bounded(_ parts: inout [DatacenterPart], _ rendering: Rendering) -> [[UInt8]] {
        var left = Self.maxBytesOfSeveral
        return parts.indices.map { index in
            guard case .success(let response) = parts[index].result else { return [] }
            let body = fragment(response, rendering, datacenter: parts[index].datacenter)
            guard body.count <= left else {
                parts[index].result = .failure(.overloaded(what: "bytes of an answer from several datacenters"))
                parts[index].details.datacenter = parts[index].datacenter
                return []
            }
            left -= body.count
            return body
        }
    }

    /// What this datacenter alone would answer; rows that do not say where they are from are told so.
    private func fragment(_ response: Response, _ rendering: Rendering, datacenter: String) -> [UInt8] {
        var json = JSONWriter()
        switch response {
        case .healthChecks(let body): json.list(body.healthChecks) { $0.write($1, datacenter: datacenter) }
        case .dirEntries(let body): json.list(body.entries) { $0.write($1, datacenter: datacenter) }
        case .nodes(let body): json.list(body.nodes) { $0.write(shown($1)) }
        case .services(let body): json.write(services: body.services)
        case .serviceNodes(let body): json.list(body.serviceNodes) { $0.write(shown($1)) }
        case .nodeServices(let body): json.write(nodeServices: shown(body.nodeServices))
        case .nodeServiceList(let body): json.write(shown(body.nodeServices))
        case .checkServiceNodes(let body): json.list(shownRows(body, rendering)) { $0.write(shown($1)) }
        case .keyList(let body): json.list(body.keys) { $0.write($1) }
        default: json.null()
        }
        return json.finished()
    }

    /// Rows after rows, so that instances of one name stay apart; names of services and keys are united.
    private func merged(_ parts: [DatacenterPart], _ bodies: [[UInt8]]) -> [UInt8] {
        var services: [String: [String]]?
        var keys: Set<ByteString>?
        var rows: [UInt8] = []
        for (part, body) in zip(parts, bodies) {
            guard case .success(let response) = part.result else { continue }
            switch response {
            case .services(let found):
                services = services ?? [:]
                for (name, tags) in found.services ?? [:] {
                    let known = services?[name] ?? []
                    services?[name] = known + tags.filter { !known.contains($0) }
                }
            case .keyList(let found): keys = (keys ?? []).union(found.keys ?? [])
            case .nodeServices, .nodeServiceList:
                guard !part.isMiss else { continue }
                if !rows.isEmpty { rows.append(UInt8(ascii: ",")) }
                rows += body
            default:
                let inner = body.dropFirst().dropLast()
                if !rows.isEmpty && !inner.isEmpty { rows.append(UInt8(ascii: ",")) }
                rows += inner
            }
        }
        var json = JSONWriter()
        if let services {
            json.write(services: services.mapValues { $0.sorted() })
        } else if let keys {
            json.list(keys.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }) { $0.write($1) }
        } else {
            return [UInt8(ascii: "[")] + rows + [UInt8(ascii: "]")]
        }
        return json.finished()
    }

    private func envelope(_ parts: [DatacenterPart], _ bodies: [[UInt8]]) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.key("Datacenters")
        json.beginArray()
        for (part, body) in zip(parts, bodies) {
            json.beginObject()
            json.field("Datacenter", part.datacenter)
            json.key("Verdict")
            if let verdict = part.verdict { json.write(verdict.rawValue) } else { json.null() }
            json.field("RoundTrip", part.roundTrip.goText)
            switch part.result {
            case .success(let response):
                let meta = response.meta ?? QueryMeta()
                json.field("Age", max(.zero, meta.lastContact).goText)
                json.field("Index", max(1, meta.index))
                json.field("KnownLeader", meta.knownLeader)
                json.key("Error")
                json.null()
                json.key("Result")
                json.raw(body)
            case .failure(let error):
                json.key("Error")
                json.write(error.problem, part.details)
                json.key("Result")
                json.null()
            }
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return json.finished()
    }
}

extension DatacenterPart {
    /// Nothing is there by that name, or of that key.
    fileprivate var isMiss: Bool {
        guard case .success(let response) = result else { return false }
        switch response {
        case .dirEntries(let body): return body.entries?.isEmpty ?? true
        case .keyList(let body): return body.keys?.isEmpty ?? true
        case .nodeServices(let body): return body.nodeServices?.node == nil
        case .nodeServiceList(let body): return body.nodeServices.node == nil
        default: return false
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (97...122).contains(byte | 0x20) }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        isLetter(byte) || (48...57).contains(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }

    /// One entry of `X-Isthmus-Datacenters`, a list of structured fields (RFC 8941 §3.1): age and round trip in
    /// milliseconds.
    fileprivate var headerText: String {
        // A name that somebody made up must not end the line, nor fill it.
        let name = String(decoding: datacenter.utf8.filter(Self.isNameByte).prefix(64), as: UTF8.self)
        let isToken = name.utf8.first.map { Self.isLetter($0) } ?? false
        var text = isToken ? name : "\"\(name)\""
        if let verdict { text += ";verdict=\(verdict.rawValue)" }
        switch result {
        case .success(let response):
            let meta = response.meta ?? QueryMeta()
            text += ";age=\(max(0, meta.lastContact.wholeMilliseconds));rtt=\(roundTrip.milliseconds)"
            text += ";index=\(max(1, meta.index))"
            if !meta.knownLeader { text += ";leaderless" }
        case .failure(let error): text += ";rtt=\(roundTrip.milliseconds);error=\(error.kind.rawValue)"
        }
        return text
    }
}

extension Duration {
    /// Milliseconds with three decimals, as structured fields have decimals at most.
    fileprivate var milliseconds: String {
        let micros = max(0, wholeNanoseconds / 1000)
        let fraction = String(micros % 1000)
        return "\(micros / 1000)." + String(repeating: "0", count: 3 - fraction.utf8.count) + fraction
    }
}
