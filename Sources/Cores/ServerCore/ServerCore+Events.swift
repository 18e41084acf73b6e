import Determinism
import FederationModel
import SerfCore
import WireFormat

// User events: fired into the LAN pool, kept where their filters admit them.

extension ServerCore {
    /// Before Consul's name of the event, so that other users of the pool are not disturbed.
    private static let eventPrefix = "consul:event:"

    mutating func fire(_ event: UserEvent, at now: Instant) -> AgentResponse {
        let payload = event.encoded
        let limit = lan.configuration.maxUserEventBytes
        let count = Self.eventPrefix.utf8.count + event.name.utf8.count + payload.count
        guard count <= limit else {
            let reason = "user event exceeds configured limit of \(limit) bytes before encoding"
            return .failed(.failed(ErrorList.text(["error broadcasting event to segment \"\": \(reason)"])))
        }
        fire(named: event.name, payload, at: now)
        return .done
    }

    mutating func fire(named name: String, _ payload: [UInt8], at now: Instant) {
        lan.handle(
            .userEvent(Self.eventPrefix + name, payload: payload, coalesce: false), at: now, into: &poolEffects)
        performPool(.lan, at: now)
    }

    mutating func userEventArrived(_ name: String, _ payload: [UInt8], time: UInt64, at now: Instant) {
        guard name.hasPrefix(Self.eventPrefix) else { return }
        do throws(WireError) {
            var event = try UserEvent(decoding: payload)
            event.lamportTime = time
            guard concerns(event) else { return }
            log(.debug, "user event", ["event.name": event.name, "event.id": event.id])
            events.add(event)
        } catch {
            log(.warning, "user event cannot be read", ["gossip.event": name, "error": error.description])
        }
        answerEventWaiters(at: now)
    }

    /// The filters name this node and one of its services with such a tag.
    private func concerns(_ event: UserEvent) -> Bool {
        guard event.version <= UserEvent.maxVersion else { return false }
        if !event.nodeFilter.isEmpty {
            guard let pattern = pattern(event.nodeFilter), pattern.matches(configuration.node) else { return false }
        }
        if event.serviceFilter.isEmpty { return true }
        guard let service = pattern(event.serviceFilter) else { return false }
        let tag = event.tagFilter.isEmpty ? nil : pattern(event.tagFilter)
        if !event.tagFilter.isEmpty && tag == nil { return false }
        return local.services.values.contains { entry in
            guard service.matches(entry.definition.name) else { return false }
            return tag.map { tag in entry.definition.tags.contains { tag.matches($0) } } ?? true
        }
    }

    /// Nil for an expression that cannot be read: it admits nobody.
    private func pattern(_ text: String) -> Pattern? {
        do throws(PatternProblem) {
            return try configuration.patterns.compile(text)
        } catch {
            return nil
        }
    }

    mutating func listEvents(_ id: RequestID, name: String, unlessHash hash: UInt64, wait: Duration, at now: Instant) {
        let waiter = EventBook.Waiter(id: id, name: name, hash: hash, deadline: now + wait)
        if let found = events.ask(waiter) { out.append(.agentAnswer(id, .events(found))) }
    }

    mutating func answerEventWaiters(at now: Instant) {
        if events.waiters.isEmpty { return }
        for (id, found) in events.takeReady(at: now) { out.append(.agentAnswer(id, .events(found))) }
    }
}
