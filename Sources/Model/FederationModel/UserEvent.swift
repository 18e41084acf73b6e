/// A user event of Consul's: fired by a client, carried by gossip, kept by each agent that its filters admit.
package struct UserEvent: Equatable, Sendable {
    /// Agents ignore events of a higher version.
    package static let maxVersion = 1

    /// A UUID.
    package var id: String
    package var name: String
    package var payload: [UInt8]
    /// Expressions; empty: all.
    package var nodeFilter: String
    package var serviceFilter: String
    package var tagFilter: String
    package var version: Int
    /// Serf's clock when it was fired; 0 for the one who fires it.
    package var lamportTime: UInt64

    package init(
        id: String = "", name: String = "", payload: [UInt8] = [], nodeFilter: String = "", serviceFilter: String = "",
        tagFilter: String = "", version: Int = maxVersion, lamportTime: UInt64 = 0
    ) {
        self.id = id
        self.name = name
        self.payload = payload
        self.nodeFilter = nodeFilter
        self.serviceFilter = serviceFilter
        self.tagFilter = tagFilter
        self.version = version
        self.lamportTime = lamportTime
    }

    /// What clients block on: both halves of the id, combined. Not monotonic: any other value is news.
    package var hash: UInt64 { NodeID(id).map { $0.high ^ $0.low } ?? 0 }
}
