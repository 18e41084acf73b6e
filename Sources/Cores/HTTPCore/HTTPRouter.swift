import Determinism
import FederationModel
import WireFormat

/// Turns HTTP requests of Consul's API into typed requests, and their answers into HTTP responses.
package struct HTTPRouter: Sendable {
    /// Behind a pointer: each request on its way holds a router.
    private let shared: Shared<HTTPContext>

    package var context: HTTPContext {
        _read { yield shared.record }
    }

    package init(context: HTTPContext) { shared = Shared(context) }

    /// Every path of the API with its methods, sorted: what documents are held against.
    package static var endpoints: [(path: String, methods: [String])] { Route.all }

    /// - Parameter random: draws the identity of a fired event; other requests draw nothing.
    package func route(_ request: HTTPRequest, random: inout some RandomNumberGenerator) -> HTTPAction {
        if request.method == "OPTIONS", request.target == "*" { return .respond(HTTPResponse(status: 200)) }
        let target = Self.originForm(Array(request.target.utf8))
        let mark = target.firstIndex(of: UInt8(ascii: "?"))
        guard target.first == UInt8(ascii: "/"),
            let path = Percent.decode(target[..<(mark ?? target.endIndex)], plusIsSpace: false)
        else { return .respond(.malformedTarget(ErrorForm(request))) }
        let queryText = mark.map { target[($0 + 1)...] } ?? []
        if let clean = Path.cleaned(path) {
            return .respond(redirect(to: clean, queryText, method: request.method))
        }
        guard Path.isPrintable(path) else { return .respond(.unprintablePath(ErrorForm(request))) }
        if path == [UInt8(ascii: "/")] { return .respond(.welcome) }
        guard let (route, rest) = Route.find(path) else {
            if Route.needsSlash(path) {
                return .respond(redirect(to: path + [UInt8(ascii: "/")], queryText, method: request.method))
            }
            return .respond(HTTPResponse(status: 404))
        }
        if context.blockedEndpoints.contains(where: { path.starts(with: $0.utf8) }) {
            let problem = HTTPProblem(status: 403, "Endpoint is blocked by agent configuration", kind: .denied)
            return .respond(respond(to: problem, ErrorForm(request)))
        }
        if request.method == "OPTIONS", !Self.answersOptions(route) {
            let headers = commonHeaders + [(name: "Allow", value: route.methods.text)]
            return .respond(HTTPResponse(status: 200, headers: headers))
        }
        guard route.methods.allows(request.method) || Self.answersOptions(route) else {
            let problem = HTTPProblem(
                status: 405, request.method == "HEAD" ? "" : "method \(request.method) not allowed",
                allow: route.methods.text)
            return .respond(respond(to: problem, ErrorForm(request)))
        }
        guard let query = queryText.isEmpty ? Query() : Query(queryText) else {
            let kind = (name: "X-Isthmus-Error", value: ErrorKind.badRequest.rawValue)
            let headers = commonHeaders + (ErrorForm(request).showsKind ? [kind] : [])
            return .respond(HTTPResponse(status: 500, headers: headers))
        }
        do throws(HTTPProblem) {
            let call = try Call(request: request, query: query, rest: rest, context: context)
            if route.handler.isNamespaced { try call.refuseNamespace() }
            return try checked(try action(for: route.handler, call, random: &random), call)
        } catch {
            return .respond(respond(to: error, ErrorForm(request, query)))
        }
    }

    private func action(
        for handler: Route.Handler, _ call: Call, random: inout some RandomNumberGenerator
    ) throws(HTTPProblem) -> HTTPAction {
        switch handler {
        case .keyValue: try keyValue(call)
        case .catalogDatacenters:
            .request(.catalogListDatacenters(DatacentersRequest(options: call.options)), call.rendering(.value))
        case .catalogNodes: .request(.catalogListNodes(call.datacenterRequest()), call.rendering(.list))
        case .catalogServices: .request(.catalogListServices(call.datacenterRequest()), call.rendering(.list))
        case .catalogService: .request(.catalogServiceNodes(try call.serviceRequest()), call.rendering(.list))
        case .catalogConnect:
            .request(.catalogServiceNodes(try call.serviceRequest(.connect)), call.rendering(.list))
        case .catalogNode: .request(.catalogNodeServices(try call.nodeRequest()), call.rendering(.nodeServices))
        case .catalogNodeServices:
            .request(.catalogNodeServiceList(try call.nodeRequest()), call.rendering(.nodeServiceList))
        case .catalogRegister: try register(call)
        case .catalogDeregister: try deregister(call)
        case .healthNode: .request(.healthNodeChecks(try call.nodeRequest()), call.rendering(.list))
        case .healthChecks: .request(.healthServiceChecks(try call.serviceRequest()), call.rendering(.list))
        case .healthService: try healthService(call)
        case .healthConnect: try healthService(call, .connect)
        case .healthIngress: try healthService(call, .ingress)
        case .healthState: try healthState(call)
        case .sessionCreate: try createSession(call)
        case .sessionDestroy: try destroySession(call)
        case .sessionRenew: try renewSession(call)
        case .sessionInfo: try session(call)
        case .sessionNode: .request(.sessionNodeSessions(try call.nodeRequest()), call.rendering(.sessions))
        case .sessionList: .request(.sessionList(call.sessionRequest()), call.rendering(.sessions))
        case .transaction: try transaction(call)
        case .snapshot: try snapshot(call)
        case .queries: try preparedQueries(call)
        case .query: try preparedQuery(call)
        case .raftConfiguration:
            .request(.operatorRaftConfiguration(call.datacenterRequest()), call.rendering(.value))
        case .raftPeer: try removePeer(call)
        case .autopilotConfiguration: try autopilotConfiguration(call)
        case .autopilotHealth: .request(.operatorServerHealth(call.datacenterRequest()), call.rendering(.value))
        case .statusLeader: .request(.statusLeader(call.datacenterRequest()), call.rendering(.value))
        case .statusPeers: .request(.statusPeers(call.datacenterRequest()), call.rendering(.value))
        case .coordinateNodes:
            .request(.coordinateListNodes(call.datacenterRequest()), call.coordinateRendering(isOne: false))
        case .coordinateDatacenters: .request(.coordinateListDatacenters, call.rendering(.value))
        case .coordinateNode:
            .request(.coordinateNode(call.nodeRequest(call.restText)), call.coordinateRendering(isOne: true))
        case .coordinateUpdate: try updateCoordinate(call)
        case .eventFire: try fireEvent(call, random: &random)
        case .operatorKeyring: try keyring(call)
        case .eventList: listEvents(call)
        case .agentMaintenance: try maintenance(ofService: nil, call)
        case .serviceMaintenance: try maintenance(ofService: try call.restText(orMissing: "service ID"), call)
        case .agentHealthByName: try agentHealth(.name(call.restText), call)
        case .agentHealthByID: try agentHealth(.id(call.restText), call)
        case .agentHost: .shell(.host, call.rendering(.done))
        case .agentMonitor: try monitor(call)
        case .agentReload: .shell(.reload, call.rendering(.done))
        case .accessControl, .agentToken: throw HTTPProblem(status: 401, "ACL support disabled", kind: .denied)
        case .meshDisabled: throw HTTPProblem.meshDisabled
        case .discoveryChain where call.rest.isEmpty: throw .invalid("Missing chain name")
        case .discoveryChain: .respond(respond(to: .meshDisabled, call.errors, extra: metaHeaders(QueryMeta())))
        case .intentions: try intentions(call)
        case .intention: try intention(call)
        case .intentionMatch: try matchIntentions(call)
        case .intentionCheck: try checkIntention(call)
        case .meshRoots: .respond(respond(to: .meshDisabled, call.errors, extra: metaHeaders(QueryMeta())))
        case .meshConfiguration: try meshConfiguration(call)
        case .meshAuthorize: try authorizeMesh(call)
        case .gatewayServices: try emptyList(.gatewayServices, call, named: "gateway name")
        case .gatewayInstances: try emptyList(.emptyList, call, named: "gateway name")
        case .interfaceNodes: interfaceNodes(call)
        case .interfaceNode: try interfaceNode(call)
        case .interfaceServices: interfaceServices(call)
        case .configEntries: try configEntries(call)
        case .configWrite: try writeConfig(call)
        case .federationDatacenters: federation(nil, call)
        case .federationDatacenter: federation(try call.restText(orMissing: "datacenter"), call)
        case .federationExplain: try explain(call)
        case .federationMatrix: .agent(.reachability, call.rendering(.federation(isOne: false)))
        case .federationHistory: .agent(.verdictHistory, call.rendering(.federation(isOne: false)))
        case .federationForget:
            .agent(
                .forget(
                    datacenter: try call.restText(orMissing: "datacenter"), isForced: call.query.has("force")),
                call.rendering(.done))
        case .federationForgotten: .agent(.forgotten, call.rendering(.federation(isOne: false)))
        case .agentSelf: .agent(.selfInfo, call.rendering(.agentSelf))
        case .agentMembers: try members(call)
        case .agentJoin: try join(call)
        case .agentLeave: .agent(.leave, call.rendering(.done))
        case .agentForceLeave:
            .agent(
                .forceLeave(node: call.restText, prune: call.query.has("prune"), wan: call.isWAN),
                call.rendering(.done))
        case .agentServices: try agentServices(call)
        case .agentService: agentService(call)
        case .agentChecks: try agentChecks(call)
        case .registerService: try registerService(call)
        case .deregisterService:
            .agent(.deregisterService(id: try call.restText(orFailing: "ServiceID missing")), call.rendering(.done))
        case .registerCheck: try registerCheck(call)
        case .deregisterCheck:
            .agent(.deregisterCheck(id: try call.restText(orFailing: "CheckID missing")), call.rendering(.done))
        case .passCheck: report(.passing, call)
        case .warnCheck: report(.warning, call)
        case .failCheck: report(.critical, call)
        case .updateCheck: try updateCheck(call)
        case .agentMetrics:
            .agent(.metrics, call.rendering(.agentMetrics(prometheus: call.query.first("format") == "prometheus")))
        }
    }

    /// A proxy may send the whole URL (RFC 9112 §3.2.2): what follows the host counts.
    private static func originForm(_ target: [UInt8]) -> [UInt8] {
        guard target.first != UInt8(ascii: "/") else { return target }
        for scheme in ["http://", "https://"] where target.starts(with: scheme.utf8) {
            let rest = target.dropFirst(scheme.utf8.count)
            return rest.firstIndex(of: UInt8(ascii: "/")).map { Array(rest[$0...]) } ?? [UInt8(ascii: "/")]
        }
        return target
    }

    /// A prepared query and what is below it tell their methods themselves.
    private static func answersOptions(_ route: Route) -> Bool {
        if case .query = route.handler { true } else { false }
    }

    /// Headers of every answer of the API.
    package var commonHeaders: [(name: String, value: String)] {
        var headers = context.responseHeaders
        headers.append((name: "Vary", value: "Accept-Encoding"))
        if context.translatesWANAddresses { headers.append((name: "X-Consul-Translate-Addresses", value: "true")) }
        return headers
    }

    func respond(
        to problem: HTTPProblem, _ form: ErrorForm, _ details: ErrorDetails = ErrorDetails(),
        extra: [(name: String, value: String)] = []
    ) -> HTTPResponse {
        var headers = commonHeaders
        if form.isJSON { headers.append((name: "Vary", value: "Accept")) }
        if let allow = problem.allow { headers.append((name: "Allow", value: allow)) }
        headers += extra
        if form.showsKind { headers.append((name: "X-Isthmus-Error", value: problem.kind.rawValue)) }
        if form.isJSON {
            var details = details
            if details.datacenter.isEmpty { details.datacenter = context.datacenter }
            var json = JSONWriter(isPretty: false)
            json.write(problem, details)
            var answer = Self.json(json, headers)
            answer.status = problem.status
            return answer
        }
        headers.append((name: "Content-Type", value: "text/plain; charset=utf-8"))
        return HTTPResponse(status: problem.status, headers: headers, body: Array(problem.text.utf8))
    }

    /// 301, with a page for readers as Go has it.
    private func redirect(to path: [UInt8], _ query: ArraySlice<UInt8>, method: String) -> HTTPResponse {
        var location = Percent.encodePath(path)
        if !query.isEmpty { location += "?" + String(decoding: query, as: UTF8.self) }
        // Whatever could end a header line was escaped in the path; a listener never passes it in a query.
        guard !location.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return .malformedTarget(ErrorForm()) }
        guard method == "GET" || method == "HEAD" else {
            return HTTPResponse(status: 301, headers: [(name: "Location", value: location)])
        }
        let headers = [(name: "Content-Type", value: "text/html; charset=utf-8"), (name: "Location", value: location)]
        let page = method == "GET" ? "<a href=\"\(Self.escaped(location))\">Moved Permanently</a>.\n\n" : ""
        return HTTPResponse(status: 301, headers: headers, body: Array(page.utf8))
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&#34;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}

extension HTTPResponse {
    /// `/`, where Consul without its user interface says so.
    static let welcome = HTTPResponse(
        status: 200, headers: [(name: "Content-Type", value: "text/plain; charset=utf-8")],
        body: Array("Consul Agent".utf8))

    static func unprintablePath(_ form: ErrorForm) -> HTTPResponse {
        let kind = (name: "X-Isthmus-Error", value: ErrorKind.badRequest.rawValue)
        return HTTPResponse(status: 400, headers: form.showsKind ? [kind] : [])
    }

    /// What Go's server says to a target it cannot parse.
    static func malformedTarget(_ form: ErrorForm) -> HTTPResponse {
        var headers = [
            (name: "Content-Type", value: "text/plain; charset=utf-8"), (name: "Connection", value: "close"),
        ]
        if form.showsKind { headers.append((name: "X-Isthmus-Error", value: ErrorKind.badRequest.rawValue)) }
        return HTTPResponse(status: 400, headers: headers, body: Array("400 Bad Request".utf8))
    }
}
