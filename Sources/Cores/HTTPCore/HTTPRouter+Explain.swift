import Determinism
import FederationModel
import WireFormat

extension HTTPRouter {
    /// `?dc=`, `?service=`, and the read mode; `?write` for a write.
    func explain(_ call: Call) throws(HTTPProblem) -> HTTPAction {
        let mode = call.query.has("write")
            ? "write" : call.options.requireConsistent ? "consistent" : call.options.allowStale ? "stale" : "default"
        let request = ExplainRequest(
            target: call.datacenter, service: call.query.first("service"), mode: mode)
        return .request(.isthmusExplain(request), call.rendering(.value))
    }
}

extension JSONWriter {
    /// Durations in Go's text, null where nothing is measured.
    mutating func write(_ explanation: RouteExplanation) {
        beginObject()
        field("Server", explanation.server)
        field("Datacenter", explanation.datacenter)
        field("Service", explanation.service)
        field("Mode", explanation.mode)
        field("Verdict", explanation.verdict)
        field("Reason", explanation.reason)
        field("Decision", explanation.decision)
        field("Error", explanation.error)
        field("Message", explanation.message)
        key("Steps")
        list(explanation.steps) { $0.write($1) }
        key("Servers")
        list(explanation.servers) { json, server in
            json.beginObject()
            json.field("Name", server.name)
            json.field("Address", server.address)
            json.field("RoundTrip", positive: server.roundTrip)
            json.field("Position", server.position)
            json.field("Why", server.why)
            json.endObject()
        }
        key("Relays")
        list(explanation.relays) { json, relay in
            json.beginObject()
            json.field("Datacenter", relay.datacenter)
            json.field("Chosen", relay.isChosen)
            json.field("Why", relay.why)
            json.endObject()
        }
        field("HedgeAfter", positive: explanation.hedgeAfter)
        field("SlowAfter", positive: explanation.slowAfter)
        endObject()
    }

    private mutating func field(_ name: StaticString, positive time: Duration) {
        key(name)
        if time > .zero { write(time.goText) } else { null() }
    }
}
