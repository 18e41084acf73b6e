import FederationModel
import WireFormat

// Answers about what there is not: access control, service mesh, config entries.

extension HTTPProblem {
    static let meshDisabled = HTTPProblem(status: 500, "Connect must be enabled in order to use this endpoint")
}

extension HTTPRouter {
    /// Consul's kinds of config entries.
    private static let configKinds: Set<String> = [
        "service-defaults", "proxy-defaults", "service-router", "service-splitter", "service-resolver",
        "ingress-gateway", "terminating-gateway",
    ]

    func emptyList(_ endpoint: Rendering.Endpoint, _ call: Call) throws(HTTPProblem) -> HTTPAction {
        guard call.request.method == "GET" else { throw .meshDisabled }
        return probe(endpoint, call)
    }

    func configEntries(_ call: Call) throws(HTTPProblem) -> HTTPAction {
        guard call.request.method == "GET" else {
            throw HTTPProblem(status: 500, "config entries are not served")
        }
        let parts = call.restText.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let kind = String(parts[0])
        guard Self.configKinds.contains(kind) else {
            throw HTTPProblem(status: 500, "invalid config entry kind: \(kind)")
        }
        let name = parts.count > 1 ? String(parts[1]) : ""
        return probe(name.isEmpty ? .emptyList : .configEntry(kind: kind, name: name), call)
    }

    /// A read of a key that cannot exist: it brings index, leader and last contact of the datacenter, or its error.
    private func probe(_ endpoint: Rendering.Endpoint, _ call: Call) -> HTTPAction {
        .request(.kvsGet(KeyRequest(datacenter: call.datacenter, options: call.options)), call.rendering(endpoint))
    }

    func unserved(_ rendering: Rendering, _ response: Response) -> HTTPResponse? {
        var json = JSONWriter(isPretty: rendering.isPretty)
        var headers = commonHeaders + metaHeaders(response.meta ?? QueryMeta())
        switch rendering.endpoint {
        case .emptyList:
            json.beginArray()
            json.endArray()
        case .gatewayServices:
            headers.append((name: "X-Consul-Effective-Consistency", value: rendering.consistency.rawValue))
            json.null()
        case .configEntry(let kind, let name):
            let problem = HTTPProblem(
                status: 404, "Config entry not found for \"\(kind)\" / \"\(name)\"", kind: .notFound)
            return respond(to: problem, rendering.errors, extra: metaHeaders(response.meta ?? QueryMeta()))
        default: return nil
        }
        return Self.json(json, headers)
    }
}
