package import FederationModel

/// The caller's number of a join.
package struct JoinID: Hashable, Sendable {
    package let number: UInt64
    package init(_ number: UInt64) { self.number = number }
}

/// The caller's number of a query it asks.
package struct QueryID: Hashable, Sendable {
    package let number: UInt64
    package init(_ number: UInt64) { self.number = number }
}

/// Names a query somebody asked us.
package struct QueryKey: Hashable, Sendable {
    package let time: UInt64
    package let id: UInt32
    package init(time: UInt64, id: UInt32) {
        self.time = time
        self.id = id
    }
}

/// A question to the pool.
package struct PoolQuery: Equatable, Sendable {
    package var name: String
    package var payload: [UInt8]
    /// Only these members answer; empty: all.
    package var nodes: [String] = []
    /// Only members whose tag has the expression somewhere.
    package var tags: [String: String] = [:]
    package var wantsAck = false
    /// Members that pass each answer on as well.
    package var relayFactor: UInt8 = 0
    /// Nil: `GossipInterval × 16 × ⌈log10(n + 1)⌉`.
    package var timeout: Duration?

    package init(name: String, payload: [UInt8] = []) {
        self.name = name
        self.payload = payload
    }
}

/// What reaches a pool: the network, and its owner's wishes.
package enum PoolInput: Equatable, Sendable {
    case datagram(from: Endpoint, [UInt8])
    case accepted(StreamID, from: Endpoint)
    case connected(StreamID)
    case connectFailed(StreamID, String)
    case received(StreamID, [UInt8])
    case closed(StreamID)
    /// Ends with `PoolEffect.joined`.
    case join(JoinID, [Endpoint], ignoreOldEvents: Bool)
    /// Ends with `PoolEffect.left`, after which the pool does nothing more.
    case leave
    /// Makes a failed member left; with `prune` erases it.
    case forceLeave(String, prune: Bool)
    /// Erase all members whose names end so and let none in, until `admit`; others are not told.
    case bar(suffix: String)
    case admit(suffix: String)
    /// A gossip ping to a member, of which nothing follows here.
    case knock(String)
    case userEvent(String, payload: [UInt8], coalesce: Bool)
    case query(QueryID, PoolQuery)
    case respond(QueryKey, [UInt8])
    case setTags([String: String])
}
