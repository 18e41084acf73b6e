import Determinism
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
        case .done, .joined: return HTTPResponse(status: 200, headers: commonHeaders)
        case .failed(let error): return respond(to: error.problem)
        case .selfInfo(let info): json.write(info)
        case .members(let members): json.list(members) { $0.write($1) }
        case .services(let services):
            guard case .agentService(let id) = rendering.endpoint else {
                json.beginObject()
                var filter: Filter<NodeService>?
                if case .agentServices(let wanted) = rendering.endpoint { filter = wanted }
                for service in services where filter?.matches(service) ?? true {
                    json.key(text: service.id)
                    json.write(agentService: service, hash: nil)
                }
                json.endObject()
                break
            }
            guard let service = services.first(where: { $0.id == id }) else {
                return respond(to: AgentError.notFound("unknown service ID: " + id).problem)
            }
            let hash = Self.contentHash(service)
            json.write(agentService: service, hash: hash)
            return Self.json(json, commonHeaders + [(name: "X-Consul-Contenthash", value: hash)])
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
        case .federation(let reports): json.list(reports) { $0.write($1) }
        }
        return Self.json(json, commonHeaders)
    }

    /// 16 hexadecimal digits that change with the registration.
    private static func contentHash(_ service: NodeService) -> String {
        var json = JSONWriter()
        json.write(agentService: service, hash: nil)
        var hash = EventHash()
        hash.combine(json.finished())
        let text = String(hash.value, radix: 16)
        return String(repeating: "0", count: 16 - text.utf8.count) + text
    }
}
