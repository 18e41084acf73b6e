package import FederationModel
import FilterCore
import WireFormat

extension HTTPRouter {
    /// The response to a request the agent answered itself.
    /// - Parameter wallClock: the time shown by `/v1/agent/metrics`, as the shell writes it; cores have no clock.
    package func render(
        _ rendering: Rendering, _ response: AgentResponse, wallClock: String = ""
    ) -> HTTPResponse {
        var json = JSONWriter(isPretty: rendering.isPretty)
        switch response {
        case .done:
            guard case .eventFired(let event) = rendering.endpoint else { fallthrough }
            json.write(event)
        case .joined: return HTTPResponse(status: 200, headers: commonHeaders)
        case .failed(let error): return respond(to: error.problem, rendering.errors)
        case .selfInfo(let info): json.write(info, context)
        case .members(let members): json.list(members) { $0.write($1) }
        case .services(let services):
            json.beginObject()
            var filter: Filter<NodeService>?
            if case .agentServices(let wanted) = rendering.endpoint { filter = wanted }
            for service in services where filter?.matches(service) ?? true {
                json.key(text: service.id)
                json.write(agentService: service, hash: nil)
            }
            json.endObject()
        case .service(let service, let hash):
            json.write(agentService: service, hash: hash)
            return Self.json(json, commonHeaders + [(name: "X-Consul-Contenthash", value: hash)])
        case .servicesAndChecks(let services, let checks):
            guard case .agentHealth(let target, let isText) = rendering.endpoint else { break }
            return render(AgentHealth(of: target, services, checks), isText: isText, json)
        case .checks(let checks):
            json.beginObject()
            var filter: Filter<HealthCheck>?
            if case .agentChecks(let wanted) = rendering.endpoint { filter = wanted }
            for check in checks where filter?.matches(check) ?? true {
                json.key(text: check.checkID)
                json.write(check)
            }
            json.endObject()
        case .metrics(let snapshot):
            if case .agentMetrics(prometheus: true) = rendering.endpoint {
                let type = (name: "Content-Type", value: "text/plain; version=0.0.4; charset=utf-8")
                return HTTPResponse(status: 200, headers: commonHeaders + [type], body: snapshot.prometheusText)
            }
            json.write(snapshot, wallClock: wallClock)
        case .events(let events): return render(events: events, rendering)
        case .federation(let reports, let index):
            if case .federation(isOne: true) = rendering.endpoint, let report = reports.first {
                json.write(report)
            } else {
                json.list(reports) { $0.write($1) }
            }
            return Self.json(json, commonHeaders + [(name: "X-Consul-Index", value: String(index))])
        case .reachability(let matrix): json.write(matrix)
        case .verdictHistory(let changes): json.list(changes) { $0.write($1) }
        case .forgotten(let reports): json.list(reports) { $0.write($1) }
        }
        return Self.json(json, commonHeaders)
    }

    /// JSON that a shell wrote.
    package func json(_ body: [UInt8]) -> HTTPResponse {
        let headers = commonHeaders + [(name: "Content-Type", value: "application/json")]
        return HTTPResponse(status: 200, headers: headers, body: body)
    }
}
