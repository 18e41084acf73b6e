import Determinism
import FederationModel
import WireFormat

/// `/v1/event/…`
extension HTTPRouter {
    /// `/v1/event/fire/<name>`: the body is the payload; the filters say which agents act on it.
    func fireEvent(_ call: Call, random: inout some RandomNumberGenerator) throws(HTTPProblem) -> HTTPAction {
        let name = call.restText
        guard !name.isEmpty else { throw .badRequest("Missing name") }
        let event = UserEvent(
            id: NodeID.random(using: &random).description, name: name, payload: call.request.body,
            nodeFilter: call.query.first("node"), serviceFilter: call.query.first("service"),
            tagFilter: call.query.first("tag"))
        if !event.tagFilter.isEmpty && event.serviceFilter.isEmpty {
            throw HTTPProblem(status: 500, "Cannot provide tag filter without service filter")
        }
        try check(event.nodeFilter, "node")
        try check(event.serviceFilter, "service")
        try check(event.tagFilter, "tag")
        // In the own datacenter the agent tells its pool itself: no server is needed.
        let rendering = call.rendering(.eventFired(event))
        if call.datacenter == context.datacenter { return .agent(.fireEvent(event), rendering) }
        var options = call.options
        // Any server may fire an event, also without a leader.
        options.allowStale = true
        let request = EventFireRequest(
            datacenter: call.datacenter, name: name, payload: ByteString(event.encoded), options: options)
        return .request(.internalEventFire(request), rendering)
    }

    private func check(_ filter: String, _ what: String) throws(HTTPProblem) {
        if filter.isEmpty { return }
        do throws(PatternProblem) {
            _ = try context.patterns.compile(filter)
        } catch {
            throw HTTPProblem(status: 500, "Invalid \(what) filter: \(error.text)")
        }
    }

    /// `/v1/event/list`: blocks while the last event is the one of `index`.
    func listEvents(_ call: Call) -> HTTPAction {
        .agent(
            .events(
                name: call.query.first("name"), unlessHash: call.options.minQueryIndex,
                wait: QueryOptions.agentBlockingTime(call.options.maxQueryTime)), call.rendering(.events))
    }

    func render(events: [UserEvent], _ rendering: Rendering) -> HTTPResponse {
        var json = JSONWriter(isPretty: rendering.isPretty)
        json.list(events) { $0.write($1) }
        let index = max(1, events.last?.hash ?? 0)
        return Self.json(json, commonHeaders + [(name: "X-Consul-Index", value: String(index))])
    }
}

extension JSONWriter {
    mutating func write(_ event: UserEvent) {
        beginObject()
        field("ID", event.id)
        field("Name", event.name)
        key("Payload")
        if event.payload.isEmpty { null() } else { base64(event.payload) }
        field("NodeFilter", event.nodeFilter)
        field("ServiceFilter", event.serviceFilter)
        field("TagFilter", event.tagFilter)
        field("Version", event.version)
        field("LTime", event.lamportTime)
        endObject()
    }
}
