import FederationModel
import WireFormat

extension HTTPRouter {
    func agent(_ handler: Route.Handler, _ call: Call) throws(HTTPProblem) -> HTTPAction {
        switch handler {
        case .agentSelf: return .agent(.selfInfo, call.rendering(.agentSelf))
        case .agentMembers:
            let segment = call.query.first("segment")
            guard segment.isEmpty || segment == "_all" else {
                throw HTTPProblem(status: 500, "Network segments are not supported in this version of Consul")
            }
            return .agent(.members(wan: call.isWAN), call.rendering(.agentMembers))
        case .agentJoin: return try join(call)
        case .agentLeave: return .agent(.leave, call.rendering(.agentDone))
        case .agentForceLeave:
            let request = AgentRequest.forceLeave(
                node: call.restText, prune: call.query.has("prune"), wan: call.isWAN)
            return .agent(request, call.rendering(.agentDone))
        case .agentServices:
            try call.refuseFilter()
            return .agent(.services, call.rendering(.agentServices))
        case .agentService: return .agent(.services, call.rendering(.agentService(id: call.restText)))
        case .agentChecks:
            try call.refuseFilter()
            return .agent(.checks, call.rendering(.agentChecks))
        case .registerService: return try registerService(call)
        case .deregisterService:
            return .agent(
                .deregisterService(id: try call.restText(orMissing: "service ID")), call.rendering(.agentDone))
        case .registerCheck: return try registerCheck(call)
        case .deregisterCheck:
            return .agent(.deregisterCheck(id: call.restText), call.rendering(.agentDone))
        case .passCheck: return report(.passing, call)
        case .warnCheck: return report(.warning, call)
        case .failCheck: return report(.critical, call)
        case .updateCheck: return try updateCheck(call)
        default:
            return .agent(
                .metrics, call.rendering(.agentMetrics(prometheus: call.query.first("format") == "prometheus")))
        }
    }

    /// `/v1/agent/join/<address>[:port]`; a host name is the shell's to resolve.
    private func join(_ call: Call) throws(HTTPProblem) -> HTTPAction {
        let text = call.restText
        let rendering = call.rendering(.agentDone)
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
            label: "failed")
    }

    private func registerService(_ call: Call) throws(HTTPProblem) -> HTTPAction {
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
        return .agent(.registerService(service, replaceExistingChecks: replace), call.rendering(.agentDone))
    }

    private func registerCheck(_ call: Call) throws(HTTPProblem) -> HTTPAction {
        var reader = try BodyReader.read(call.request.body)
        let check = reader.checkDefinition()
        try reader.throwFirstProblem()
        if let problem = check.problem, !reader.hasScript || check.name.isEmpty { throw .badRequest(problem) }
        try reader.throwUnsupported()
        return .agent(.registerCheck(check), call.rendering(.agentDone))
    }

    private func report(_ status: CheckStatus, _ call: Call) -> HTTPAction {
        let request = AgentRequest.updateCheck(id: call.restText, status, output: call.query.first("note"))
        return .agent(request, call.rendering(.agentDone))
    }

    private func updateCheck(_ call: Call) throws(HTTPProblem) -> HTTPAction {
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
        return .agent(.updateCheck(id: call.restText, status, output: output), call.rendering(.agentDone))
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

    /// Filter expressions reach the servers; the agent's own lists know none.
    func refuseFilter() throws(HTTPProblem) {
        if !options.filter.isEmpty { throw .badRequest("Filter expressions are not supported by this endpoint") }
    }
}
