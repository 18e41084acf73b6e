import Determinism
package import FederationModel
import WireFormat

extension HTTPRouter {
    /// The response to a request that was handed out by `route`.
    /// - Parameter details: of a failure, and of the way of a forwarded request.
    package func render(
        _ rendering: Rendering, _ result: Result<Response, FederationError>, _ details: ErrorDetails = ErrorDetails()
    ) -> HTTPResponse {
        var response = renderAnswer(rendering, result, details)
        if rendering.explains && !details.route.isEmpty {
            response.headers.append((name: "X-Isthmus-Route", value: details.route.headerText))
        }
        if !details.relay.isEmpty {
            response.headers.append((name: "X-Isthmus-Relay", value: details.relay.headerText))
        }
        return response
    }

    private func renderAnswer(
        _ rendering: Rendering, _ result: Result<Response, FederationError>, _ details: ErrorDetails
    ) -> HTTPResponse {
        switch result {
        case .success(let response):
            if let response = specialResponse(rendering, response) { return response }
            return renderBody(rendering, response)
        case .failure(let error):
            let showsMeta = rendering.endpoint.showsMetaOnFailure && error.httpStatus != 404
            let extra = showsMeta ? metaHeaders(QueryMeta()) : []
            return respond(to: error.problem, rendering.errors, details, extra: extra)
        }
    }

    /// Answers that are not plain JSON: nothing, a miss, a raw value.
    private func specialResponse(_ rendering: Rendering, _ response: Response) -> HTTPResponse? {
        if case .done = rendering.endpoint { return HTTPResponse(status: 200, headers: commonHeaders) }
        if case .snapshot(let body) = response {
            return render(snapshot: body, metaHeaders(body.meta), rendering.errors)
        }
        if case .keyring(let body) = response,
            let failure = keyringFailure(body.responses ?? [], rendering.errors)
        {
            return failure
        }
        if case .keyring(isList: false) = rendering.endpoint {
            return HTTPResponse(status: 200, headers: commonHeaders)
        }
        if let response = unserved(rendering, response) { return response }
        let isMiss: Bool
        let meta = response.meta ?? QueryMeta()
        if case .kvEntry(raw: true) = rendering.endpoint, case .dirEntries(let body) = response,
            let entry = body.entries?.first
        {
            let headers =
                commonHeaders + metaHeaders(body.meta) + [
                    (name: "Content-Type", value: "text/plain"), (name: "X-Content-Type-Options", value: "nosniff"),
                    (name: "Content-Security-Policy", value: "sandbox"),
                ]
            return HTTPResponse(status: 200, headers: headers, body: entry.value?.bytes ?? [])
        } else if case .dirEntries(let body) = response {
            isMiss = (body.entries ?? []).isEmpty
        } else if case .keyList(let body) = response {
            isMiss = (body.keys ?? []).isEmpty
        } else if case .interfaceNode = rendering.endpoint, case .nodeDump(let body) = response {
            guard body.dump?.isEmpty ?? true else { return nil }
            return HTTPResponse(status: 404, headers: commonHeaders)
        } else if case .sessionRenewed(let id) = rendering.endpoint, case .sessions(let body) = response {
            guard body.sessions?.isEmpty ?? true else { return nil }
            let problem = HTTPProblem(status: 404, "Session id '\(id)' not found", kind: .notFound)
            return respond(to: problem, rendering.errors)
        } else if case .coordinates(let segment, isOne: true) = rendering.endpoint,
            case .coordinates(let body) = response
        {
            guard Self.coordinates(body, inSegment: segment).isEmpty else { return nil }
            return HTTPResponse(status: 404, headers: commonHeaders)
        } else {
            return nil
        }
        return isMiss ? HTTPResponse(status: 404, headers: commonHeaders + metaHeaders(meta)) : nil
    }

    private func renderBody(_ rendering: Rendering, _ response: Response) -> HTTPResponse {
        var json = JSONWriter(isPretty: rendering.isPretty)
        switch response {
        case .empty:
            if case .eventFired(let event) = rendering.endpoint { json.write(event) } else { json.write(true) }
        case .string(let text):
            switch rendering.endpoint {
            case .created:
                json.beginObject()
                json.field("ID", text)
                json.endObject()
            case .destroyed: json.write(true)
            default: json.write(text)
            }
        case .strings(let texts): json.list(texts) { $0.write($1) }
        case .bool(let value): json.write(value || rendering.endpoint == .kvWritten)
        case .nodes(let body): json.list(body.nodes) { $0.write(shown($1)) }
        case .services(let body): json.write(services: body.services)
        case .serviceNodes(let body): json.list(body.serviceNodes) { $0.write(shown($1)) }
        case .nodeServices(let body): json.write(nodeServices: shown(body.nodeServices))
        case .nodeServiceList(let body): json.write(shown(body.nodeServices))
        case .healthChecks(let body): json.list(body.healthChecks) { $0.write($1) }
        case .nodeDump(let body):
            if case .interfaceNode = rendering.endpoint, let info = body.dump?.first {
                json.write(info)
            } else {
                json.list(body.dump) { $0.write($1) }
            }
        case .checkServiceNodes(let body) where rendering.endpoint == .interfaceServices:
            json.list(ServiceSummary.list(body.nodes ?? [])) { $0.write($1) }
        case .checkServiceNodes(let body):
            json.list(shownRows(body, rendering)) { $0.write(shown($1)) }
        case .dirEntries(let body): json.list(body.entries) { $0.write($1) }
        case .keyList(let body): json.list(body.keys) { $0.write($1) }
        case .coordinates(let body):
            var segment: String?
            if case .coordinates(let name, isOne: _) = rendering.endpoint { segment = name }
            json.list(Self.coordinates(body, inSegment: segment)) { $0.write($1) }
        case .sessions(let body): json.list(body.sessions) { $0.write($1) }
        case .txn(let body): json.write(transaction: body.results, body.errors, meta: nil)
        case .txnRead(let body): json.write(transaction: body.results, body.errors, meta: body.meta)
        case .queries(let body): json.list(body.queries) { $0.write($1) }
        case .queryResult(let body):
            json.write(body, rows: (body.nodes ?? []).map { shown($0) }, consistency: rendering.consistency)
        case .queryExplanation(let body): json.write(body, consistency: rendering.consistency)
        case .raftConfiguration(let body): json.write(body)
        case .autopilot(let body): json.write(body)
        case .serverHealth(let body): json.write(body)
        case .datacenterMaps(let maps): json.list(maps) { $0.write($1) }
        case .eventFired:
            if case .eventFired(let event) = rendering.endpoint { json.write(event) } else { json.null() }
        case .keyring(let body): json.list(body.responses) { $0.write($1) }
        case .routeExplanation(let body): json.write(body)
        case .snapshot, .serverStats, .isthmusPong: json.null()
        }
        var headers = commonHeaders
        if rendering.endpoint.showsMeta, let meta = response.meta { headers += metaHeaders(meta) }
        if rendering.endpoint.showsConsistency {
            headers.append((name: "X-Consul-Effective-Consistency", value: rendering.consistency.rawValue))
        }
        switch rendering.cacheAge {
        case .none: break
        case .miss: headers.append((name: "X-Cache", value: "MISS"))
        case .hit(let age):
            headers.append((name: "X-Cache", value: "HIT"))
            headers.append((name: "Age", value: String(age.components.seconds)))
        }
        if rendering.errors.showsKind, Self.hasNoInstance(response) {
            headers.append((name: "X-Isthmus-Error", value: ErrorKind.noInstance.rawValue))
        }
        var status = 200
        switch response {
        case .txnRead(let body):
            // A transaction has no index.
            headers += metaHeaders(body.meta).filter { $0.name != "X-Consul-Index" }
            if body.errors != nil { status = 409 }
        case .txn(let body) where body.errors != nil: status = 409
        case .serverHealth(let body) where !body.healthy: status = 429
        default: break
        }
        var answer = Self.json(json, headers)
        answer.status = status
        return answer
    }

    /// Without instances that do not pass, when only passing ones are asked for.
    func shownRows(_ body: IndexedCheckServiceNodes, _ rendering: Rendering) -> [CheckServiceNode] {
        var rows = body.nodes ?? []
        if case .healthService(passingOnly: true) = rendering.endpoint {
            rows.removeAll { row in (row.checks ?? []).contains { $0.status != CheckStatus.passing.rawValue } }
        }
        return rows
    }

    /// Consul's answer is an empty list of status 200: a program may want to tell it from one that never matched.
    private static func hasNoInstance(_ response: Response) -> Bool {
        switch response {
        case .serviceNodes(let body): body.serviceNodes?.isEmpty ?? true
        case .checkServiceNodes(let body): body.nodes?.isEmpty ?? true
        case .queryResult(let body): body.nodes?.isEmpty ?? true
        default: false
        }
    }

    static func json(_ json: consuming JSONWriter, _ headers: [(name: String, value: String)]) -> HTTPResponse {
        let headers = headers + [(name: "Content-Type", value: "application/json")]
        return HTTPResponse(status: 200, headers: headers, body: json.finished())
    }

    /// Index 0 is shown as 1; the last contact in whole milliseconds.
    func metaHeaders(_ meta: QueryMeta) -> [(name: String, value: String)] {
        [
            (name: "X-Consul-Index", value: String(max(1, meta.index))),
            (name: "X-Consul-Knownleader", value: Self.knownLeader(meta)),
            (name: "X-Consul-Lastcontact", value: Self.lastContact(meta)),
        ]
    }

    private static func knownLeader(_ meta: QueryMeta) -> String { meta.knownLeader ? "true" : "false" }

    private static func lastContact(_ meta: QueryMeta) -> String { String(max(0, meta.lastContact.wholeMilliseconds)) }

    /// Puts what changes without a change of the data into the headers of an answer that was rendered before.
    package static func show(_ meta: QueryMeta, in headers: inout [(name: String, value: String)]) {
        for index in headers.indices {
            switch headers[index].name {
            case "X-Consul-Knownleader": headers[index].value = knownLeader(meta)
            case "X-Consul-Lastcontact": headers[index].value = lastContact(meta)
            default: break
            }
        }
    }

    private static func coordinates(_ body: IndexedCoordinates, inSegment segment: String?) -> [Coordinate] {
        let coordinates = body.coordinates ?? []
        guard let segment else { return coordinates }
        return coordinates.filter { $0.segment == segment }
    }
}

/// `translate_wan_addrs`: rows of other datacenters are shown with their WAN addresses.
extension HTTPRouter {
    private func isRemote(_ datacenter: String) -> Bool {
        context.translatesWANAddresses && datacenter != context.datacenter
    }

    func shown(_ node: Node) -> Node {
        guard isRemote(node.datacenter) else { return node }
        var node = node
        node.address = node.shownAddress(.any, isWAN: true)
        return node
    }

    private func shown(_ service: NodeService, of datacenter: String) -> NodeService {
        guard isRemote(datacenter) else { return service }
        var service = service
        service.address = service.shownAddress(.any, isWAN: true)
        service.port = service.shownPort(isWAN: true)
        return service
    }

    func shown(_ row: ServiceNode) -> ServiceNode {
        guard isRemote(row.datacenter) else { return row }
        var row = row
        let (address, port) = (row.shownServiceAddress(.any, isWAN: true), row.shownPort(isWAN: true))
        row.address = row.shownAddress(.any, isWAN: true)
        row.serviceAddress = address
        row.servicePort = port
        return row
    }

    func shown(_ row: CheckServiceNode) -> CheckServiceNode {
        guard let node = row.node, isRemote(node.datacenter) else { return row }
        var row = row
        row.node = shown(node)
        row.service = row.service.map { shown($0, of: node.datacenter) }
        return row
    }

    func shown(_ body: NodeServices?) -> NodeServices? {
        guard var body, let node = body.node, isRemote(node.datacenter) else { return body }
        body.node = shown(node)
        body.services = body.services?.mapValues { shown($0, of: node.datacenter) }
        return body
    }

    func shown(_ body: NodeServiceList) -> NodeServiceList {
        guard let node = body.node, isRemote(node.datacenter) else { return body }
        var body = body
        body.node = shown(node)
        body.services = body.services?.map { shown($0, of: node.datacenter) }
        return body
    }
}

extension String {
    /// What peers say is shown in a header: whatever could end its line is left out.
    fileprivate var headerText: String {
        String(decoding: utf8.filter { $0 >= 0x20 && $0 < 0x7F }, as: UTF8.self)
    }
}
