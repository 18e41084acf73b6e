import FederationModel
import GossipCore
import WireFormat

/// User events (`wire/serf-gossip.md` 5.6).
extension SerfPool {
    mutating func fire(
        _ name: String, _ payload: [UInt8], mayCoalesce: Bool, into effects: inout [PoolEffect]
    ) {
        guard phase == .running else { return }
        var event = UserEventMessage()
        event.time = eventClock.time
        event.name = name
        event.payload = payload
        event.mayCoalesce = mayCoalesce
        let bytes = [SerfKind.userEvent.rawValue] + event.encoded
        let limit = configuration.maxUserEventBytes
        guard name.utf8.count + payload.count <= limit, bytes.count <= limit else {
            let values: KeyValuePairs = [
                "gossip.event": name, "gossip.bytes": "\(bytes.count)", "gossip.limit": "\(limit)",
            ]
            return effects.append(.log(LogLine(.error, "user event is too long and was not sent", values)))
        }
        if apply(event, into: &effects) { passOn(bytes, on: .events) }
    }

    /// - Returns: true when the event is new: it was delivered and is worth passing on.
    mutating func apply(_ event: UserEventMessage, into effects: inout [PoolEffect]) -> Bool {
        eventClock.witness(event.time)
        guard events.remember(event, clock: eventClock.time) else { return false }
        effects.append(
            .event(
                .userEvent(
                    name: event.name, payload: event.payload ?? [], time: event.time, mayCoalesce: event.mayCoalesce)))
        return true
    }
}
