import FederationModel
import FilterCore
import WireFormat

// The service mesh as an agent of Consul shows it that has it switched off. There are no intentions, so everything is
// allowed and nothing is found; none can be made.

extension HTTPProblem {
    static let meshDisabled = HTTPProblem(status: 500, "Connect must be enabled in order to use this endpoint")
}

extension HTTPRouter {
    func intentions(_ call: Call) throws(HTTPProblem) -> HTTPAction {
        guard call.request.method == "POST" else {
            if !call.options.filter.isEmpty {
                do throws(FilterProblem) {
                    _ = try Filter<NoIntention>(call.options.filter, patterns: context.patterns)
                } catch {
                    let problem = HTTPProblem(status: 500, error.message)
                    return .respond(respond(to: problem, call.errors, extra: metaHeaders(QueryMeta())))
                }
            }
            return probe(.intentions, call)
        }
        let root: JSONValue
        do throws(JSONError) {
            root = try JSONReader.readFirst(call.request.body)
        } catch {
            throw HTTPProblem(status: 500, "Failed to decode request body: \(error.located)")
        }
        func text(_ name: String) -> String {
            root.members?.first { $0.name.lowercased() == name }?.value.text ?? ""
        }
        var problems: [String] = []
        if text("sourcename").isEmpty { problems.append("SourceName must be set") }
        if text("destinationname").isEmpty { problems.append("DestinationName must be set") }
        if !["allow", "deny"].contains(text("action")) {
            problems.append("Action must be set to 'allow' or 'deny'")
        }
        guard problems.isEmpty else { throw HTTPProblem(status: 500, ErrorList.text(problems)) }
        throw .meshDisabled
    }

    func intention(_ call: Call) throws(HTTPProblem) -> HTTPAction {
        let isRead = call.request.method == "GET"
        guard call.restText.utf8.count == 36 else {
            let text = "failed intention lookup: index error: UUID must be 36 characters"
            throw isRead ? .invalid(text) : HTTPProblem(status: 500, "Intention lookup failed: " + text)
        }
        throw isRead
            ? HTTPProblem(status: 404, "Intention not found", kind: .notFound)
            : HTTPProblem(status: 500, "Cannot modify non-existent intention: '\(call.restText)'")
    }

    func matchIntentions(_ call: Call) throws(HTTPProblem) -> HTTPAction {
        let side = try call.required("by")
        guard side == "source" || side == "destination" else {
            throw HTTPProblem(status: 500, "'by' parameter must be one of 'source' or 'destination'")
        }
        _ = try call.required("name")
        return probe(.intentionMatch(names: call.query.all("name").sorted()), call)
    }

    func checkIntention(_ call: Call) throws(HTTPProblem) -> HTTPAction {
        _ = try call.required("source")
        _ = try call.required("destination")
        return probe(.intentionCheck, call)
    }

    func meshConfiguration(_ call: Call) throws(HTTPProblem) -> HTTPAction {
        if call.request.method == "PUT" { try Self.checkBody(call) }
        throw .meshDisabled
    }

    func authorizeMesh(_ call: Call) throws(HTTPProblem) -> HTTPAction {
        let root = try Self.checkBody(call)
        let target = root.members?.first { $0.name.lowercased() == "target" }?.value.text ?? ""
        guard !target.isEmpty else { throw .invalid("Target service must be specified") }
        throw .meshDisabled
    }

    @discardableResult
    private static func checkBody(_ call: Call) throws(HTTPProblem) -> JSONValue {
        do throws(JSONError) {
            return try JSONReader.readFirst(call.request.body)
        } catch {
            throw .invalid("Request decode failed: \(error.located)")
        }
    }
}

extension Call {
    fileprivate func required(_ name: String) throws(HTTPProblem) -> String {
        guard query.has(name) else { throw HTTPProblem(status: 500, "required query parameter '\(name)' not set") }
        return query.first(name)
    }
}
