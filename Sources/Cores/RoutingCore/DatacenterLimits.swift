import FederationModel

/// What one server holds at once for one remote datacenter. A datacenter that answers slowly, or not at all, fills its
/// own share and nobody else's.
package struct DatacenterLimits: Equatable, Sendable {
    /// Reads and writes in the air: 10,000 a second at 100 ms of round trip.
    package var maxInFlight = 1024
    /// Waiting for one of those places. With a request at about 2 KiB a full queue holds 16 MiB.
    package var maxQueued = 8192
    /// Blocking queries: half of the streams that a peer accepts on one connection.
    package var maxBlocking = 8192
    /// Bodies of all of them: 64 of the largest KV values.
    package var maxBytes = 32 << 20

    package private(set) var inFlight = 0
    package private(set) var queued = 0
    package private(set) var blocking = 0
    package private(set) var bytes = 0

    package enum Admission: Equatable, Sendable {
        case go
        /// Until `inFlight` falls.
        case queue
        case refuse(what: String)
    }

    package init() {}

    package func admission(of ask: ForwardAsk) -> Admission {
        if bytes + ask.bodyBytes > maxBytes { return .refuse(what: "bytes for \(ask.datacenter)") }
        if ask.isBlocking {
            return blocking < maxBlocking ? .go : .refuse(what: "blocking queries for \(ask.datacenter)")
        }
        // Who comes while others wait waits behind them.
        if inFlight < maxInFlight && (queued == 0 || ask.hasWaited) { return .go }
        return queued < maxQueued ? .queue : .refuse(what: "requests for \(ask.datacenter)")
    }

    package var hasRoom: Bool { inFlight < maxInFlight }

    mutating func began(_ ask: ForwardAsk) {
        if ask.isBlocking { blocking += 1 } else { inFlight += 1 }
        bytes += ask.bodyBytes
    }

    mutating func ended(_ ask: ForwardAsk) {
        if ask.isBlocking { blocking -= 1 } else { inFlight -= 1 }
        bytes -= ask.bodyBytes
        precondition(inFlight >= 0 && blocking >= 0 && bytes >= 0, "more ended than began: \(self)")
    }

    mutating func joined(_ ask: ForwardAsk) {
        queued += 1
        bytes += ask.bodyBytes
    }

    mutating func leftQueue(_ ask: ForwardAsk) {
        queued -= 1
        bytes -= ask.bodyBytes
        precondition(queued >= 0 && bytes >= 0, "more left than joined: \(self)")
    }
}
