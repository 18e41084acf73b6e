import FederationModel
import FilterCore
import WireFormat

extension HTTPRouter {
    func agentServices(_ call: Call) throws(HTTPProblem) -> HTTPAction {
        let filter = try call.filter(NodeService.self, context.patterns)
        return .agent(.services, call.rendering(.agentServices(filter)))
    }

    func agentChecks(_ call: Call) throws(HTTPProblem) -> HTTPAction {
        let filter = try call.filter(HealthCheck.self, context.patterns)
        return .agent(.checks, call.rendering(.agentChecks(filter)))
    }

    func agentService(_ call: Call) -> HTTPAction {
        let wait = call.options.maxQueryTime
        let request = AgentRequest.service(id: call.restText, hash: call.query.first("hash"), wait: wait)
        return .agent(request, call.rendering(.agentService))
    }

    func agentHealth(_ target: AgentHealthTarget, _ call: Call) throws(HTTPProblem) -> HTTPAction {
        switch target {
        case .name(let name): if name.isEmpty { throw .badPath("Missing service Name") }
        case .id(let id): if id.isEmpty { throw .badPath("Missing serviceID") }
        }
        let accepted = call.request.header("accept")?.lowercased() ?? ""
        let isText = call.query.first("format") == "text" || accepted == "text/plain"
        return .agent(.servicesAndChecks, call.rendering(.agentHealth(target, isText: isText)))
    }

    func maintenance(ofService service: String?, _ call: Call) throws(HTTPProblem) -> HTTPAction {
        guard call.query.has("enable") else { throw .badRequest("Missing value for enable") }
        let text = call.query.first("enable")
        guard let isEnabled = Bool(goText: text) else { throw .badRequest("Invalid value for enable: \"\(text)\"") }
        let request = AgentRequest.maintenance(
            service: service, isEnabled: isEnabled, reason: call.query.first("reason"))
        return .agent(request, call.rendering(.done))
    }

    func monitor(_ call: Call) throws(HTTPProblem) -> HTTPAction {
        let text = call.query.first("loglevel")
        guard let level = LogLine.Level(consulName: text.isEmpty ? "info" : text) else {
            throw .badRequest("Bad request: Unknown log level: \(text)")
        }
        return .shell(.monitor(level, isJSON: call.query.has("logjson")), call.rendering(.done))
    }

    func members(_ call: Call) throws(HTTPProblem) -> HTTPAction {
        let segment = call.query.first("segment")
        guard segment.isEmpty || segment == "_all" else {
            throw HTTPProblem(status: 500, "Network segments are not supported in this version of Consul")
        }
        if call.isWAN, !context.isServer {
            // A client agent has no WAN pool, not an empty one.
            var json = JSONWriter(isPretty: call.isPretty)
            json.null()
            return .respond(Self.json(json, commonHeaders))
        }
        return .agent(.members(wan: call.isWAN), call.rendering(.agentMembers))
    }

    /// `/v1/agent/join/<address>[:port]`; a host name is the shell's to resolve.
    func join(_ call: Call) throws(HTTPProblem) -> HTTPAction {
        let text = call.restText
        let rendering = call.rendering(.done)
        let defaultPort = call.isWAN ? context.wanPort : context.lanPort
        if let endpoint = Endpoint(text, defaultPort: defaultPort) {
            return .agent(.join([endpoint], wan: call.isWAN), rendering)
        }
        var host = text[...]
        var port = defaultPort
        if let colon = text.lastIndex(of: ":") {
            guard let number = UInt16(text[text.index(after: colon)...]) else { throw Self.unresolved(text) }
            host = text[..<colon]
            port = number
        }
        guard !host.isEmpty, host.utf8.count <= 253 else { throw Self.unresolved(text) }
        return .join(host: String(host), port: port, wan: call.isWAN, rendering)
    }

    private static func unresolved(_ text: String) -> HTTPProblem {
        HTTPProblem(
            status: 500, "1 error occurred:\n\t* Failed to resolve \(text): lookup \(text): no such host\n\n",
            kind: .failed)
    }

    func registerService(_ call: Call) throws(HTTPProblem) -> HTTPAction {
        var reader = try BodyReader.read(call.request.body)
        let service = reader.serviceDefinition()
        try reader.throwFirstProblem()
        if let problem = service.problem, !reader.hasScript || service.name.isEmpty { throw .badRequest(problem) }
        try reader.throwUnsupported()
        let text = call.query.first("replace-existing-checks")
        var replace = false
        if call.query.has("replace-existing-checks") {
            guard let value = text.isEmpty ? true : Bool(goText: text) else {
                throw .badRequest("Invalid value for \"replace-existing-checks\"")
            }
            replace = value
        }
        return .agent(.registerService(service, replaceExistingChecks: replace), call.rendering(.done))
    }

    func registerCheck(_ call: Call) throws(HTTPProblem) -> HTTPAction {
        var reader = try BodyReader.read(call.request.body)
        let check = reader.checkDefinition()
        try reader.throwFirstProblem()
        if let problem = check.problem, !reader.hasScript || check.name.isEmpty { throw .badRequest(problem) }
        try reader.throwUnsupported()
        return .agent(.registerCheck(check), call.rendering(.done))
    }

    func report(_ status: CheckStatus, _ call: Call) -> HTTPAction {
        let request = AgentRequest.updateCheck(id: call.restText, status, output: call.query.first("note"))
        return .agent(request, call.rendering(.done))
    }

    func updateCheck(_ call: Call) throws(HTTPProblem) -> HTTPAction {
        var reader = try BodyReader.read(call.request.body)
        var status = ""
        var output = ""
        reader.members(of: reader.root, "") { reader, name, value, key in
            switch name {
            case "status": status = reader.text(value, key)
            case "output": output = reader.text(value, key)
            default: return false
            }
            return true
        }
        try reader.throwFirstProblem()
        guard let status = CheckStatus(rawValue: status) else { throw .badRequest("Invalid check status: '\(status)'") }
        return .agent(.updateCheck(id: call.restText, status, output: output), call.rendering(.done))
    }
}

extension HTTPProblem {
    /// Consul's handlers that make no difference between mistakes.
    fileprivate static func badPath(_ text: String) -> HTTPProblem {
        HTTPProblem(status: 500, "Bad request: " + text)
    }
}

extension LogLine.Level {
    /// By the names of Consul's log levels, in any case.
    package init?(consulName name: String) {
        switch name.lowercased() {
        case "trace": self = .trace
        case "debug": self = .debug
        case "info": self = .info
        case "warn": self = .warning
        case "err", "error": self = .error
        default: return nil
        }
    }
}

extension BodyReader {
    fileprivate func throwUnsupported() throws(HTTPProblem) {
        if hasScript {
            throw HTTPProblem(
                status: 500,
                "Scripts are disabled on this agent from remote calls; "
                    + "to enable, configure 'enable_script_checks' to true")
        }
        if let unsupported { throw .badRequest(unsupported) }
    }
}

extension Call {
    /// Any value of `?wan=` but the empty one.
    var isWAN: Bool { !query.first("wan").isEmpty }

    /// `?filter=` of the agent's own lists, made before they are asked for; nil without one.
    func filter<Row>(_: Row.Type, _ patterns: PatternCompiler) throws(HTTPProblem) -> Filter<Row>? {
        guard !options.filter.isEmpty else { return nil }
        do throws(FilterProblem) {
            return try Filter(options.filter, patterns: patterns)
        } catch {
            throw HTTPProblem(status: 500, error.message)
        }
    }
}
