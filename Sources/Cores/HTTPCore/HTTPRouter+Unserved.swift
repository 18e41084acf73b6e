import FederationModel
import WireFormat

// Answers about what there is not: access control, gateways, config entries.

extension HTTPRouter {
    /// Consul's kinds of config entries.
    private static let configKinds: Set<String> = [
        "service-defaults", "proxy-defaults", "service-router", "service-splitter", "service-resolver",
        "ingress-gateway", "terminating-gateway",
    ]

    /// - Parameter what: what must stand behind the path, if anything must.
    func emptyList(
        _ endpoint: Rendering.Endpoint, _ call: Call, named what: String? = nil
    ) throws(HTTPProblem) -> HTTPAction {
        if let what { _ = try call.restText(orMissing: what) }
        return probe(endpoint, call)
    }

    func configEntries(_ call: Call) throws(HTTPProblem) -> HTTPAction {
        let parts = call.restText.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let kind = String(parts[0])
        let isKnown = Self.configKinds.contains(kind)
        guard call.request.method == "GET" else {
            guard parts.count > 1 else {
                throw HTTPProblem(status: 404, "Must provide both a kind and name to delete", kind: .notFound)
            }
            guard isKnown else { throw .badRequest("invalid config entry kind: \(kind)") }
            // What is not there is deleted already.
            return probe(.configDeleted, call)
        }
        guard isKnown || call.rest.isEmpty else {
            throw HTTPProblem(status: 500, "invalid config entry kind: \(kind)")
        }
        return probe(parts.count < 2 ? .emptyList : .configEntry(kind: kind, name: String(parts[1])), call)
    }

    /// Entries steer the service mesh, which there is not: a good one is refused all the same.
    func writeConfig(_ call: Call) throws(HTTPProblem) -> HTTPAction {
        let root: JSONValue
        do throws(JSONError) {
            root = try JSONReader.readFirst(call.request.body)
        } catch {
            throw .invalid("Request decoding failed: \(error.located)")
        }
        guard let kind = root.members?.first(where: { $0.name == "Kind" || $0.name == "kind" })?.value.text else {
            throw .invalid("Request decoding failed: Payload does not contain a kind/Kind key at the top level")
        }
        guard Self.configKinds.contains(kind) else {
            throw .invalid("Request decoding failed: invalid config entry kind: \(kind)")
        }
        throw HTTPProblem(status: 500, "config entries are not served")
    }

    /// A read of a key that cannot exist: it brings index, leader and last contact of the datacenter, or its error.
    func probe(_ endpoint: Rendering.Endpoint, _ call: Call) -> HTTPAction {
        .request(.kvsGet(KeyRequest(datacenter: call.datacenter, options: call.options)), call.rendering(endpoint))
    }

    func unserved(_ rendering: Rendering, _ response: Response) -> HTTPResponse? {
        var json = JSONWriter(isPretty: rendering.isPretty)
        var headers = commonHeaders + metaHeaders(response.meta ?? QueryMeta())
        switch rendering.endpoint {
        case .emptyList, .intentions:
            json.beginArray()
            json.endArray()
        case .intentionMatch(let names):
            json.beginObject()
            for name in names {
                json.key(text: name)
                json.null()
            }
            json.endObject()
            headers = commonHeaders
        case .intentionCheck:
            json.beginObject()
            json.field("Allowed", true)
            json.endObject()
            headers = commonHeaders
        case .configDeleted:
            json.beginObject()
            json.endObject()
            headers = commonHeaders
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
