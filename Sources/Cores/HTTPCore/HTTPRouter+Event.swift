import FederationModel
import WireFormat

extension HTTPRouter {
    /// `/v1/event/fire/<name>`: the body is the payload; the filters say which agents act on it.
    func fireEvent(_ call: Call, random: inout some RandomNumberGenerator) throws(HTTPProblem) -> HTTPAction {
        let name = call.restText
        guard !name.isEmpty else { throw .badRequest("Missing name") }
        let event = FiredEvent(
            id: NodeID.random(using: &random).description, name: name, payload: call.request.body,
            nodeFilter: call.query.first("node"), serviceFilter: call.query.first("service"),
            tagFilter: call.query.first("tag"))
        if !event.tagFilter.isEmpty && event.serviceFilter.isEmpty {
            throw HTTPProblem(status: 500, "Cannot provide tag filter without service filter")
        }
        var options = call.options
        // Any server may fire an event, also without a leader.
        options.allowStale = true
        let request = EventFireRequest(
            datacenter: call.datacenter, name: name, payload: ByteString(event.encoded), options: options)
        return .request(.internalEventFire(request), call.rendering(.eventFired(event)))
    }
}

extension FiredEvent {
    /// Version of the event's format; agents ignore higher ones.
    static let version = 1

    /// The event as agents exchange it inside a Serf user event: a map in the newer MessagePack specification
    /// (`str 8` and `bin` families), empty fields left out (`wire/consul-rpc.md`, EventFireRequest).
    var encoded: [UInt8] {
        let filters = [("nf", nodeFilter), ("sf", serviceFilter), ("tf", tagFilter)].filter { !$0.1.isEmpty }
        let count = 3 + (payload.isEmpty ? 0 : 1) + filters.count
        var bytes: [UInt8] = [0x80 | UInt8(count)]
        Self.append("ID", to: &bytes)
        Self.append(id, to: &bytes)
        Self.append("n", to: &bytes)
        Self.append(name, to: &bytes)
        for (key, value) in filters where key == "nf" {
            Self.append(key, to: &bytes)
            Self.append(value, to: &bytes)
        }
        if !payload.isEmpty {
            Self.append("p", to: &bytes)
            Self.appendLength(payload.count, families: [0xC4, 0xC5, 0xC6], to: &bytes)
            bytes += payload
        }
        for (key, value) in filters where key != "nf" {
            Self.append(key, to: &bytes)
            Self.append(value, to: &bytes)
        }
        Self.append("v", to: &bytes)
        bytes.append(UInt8(Self.version))
        return bytes
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        if text.utf8.count < 32 {
            bytes.append(0xA0 | UInt8(text.utf8.count))
        } else {
            appendLength(text.utf8.count, families: [0xD9, 0xDA, 0xDB], to: &bytes)
        }
        bytes += text.utf8
    }

    /// - Parameter families: lead bytes for lengths of one, two and four bytes.
    private static func appendLength(_ count: Int, families: [UInt8], to bytes: inout [UInt8]) {
        let width = count < 256 ? 1 : count < 65536 ? 2 : 4
        bytes.append(families[width == 1 ? 0 : width == 2 ? 1 : 2])
        for shift in stride(from: 8 * (width - 1), through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: count >> shift))
        }
    }
}
