/// A member of a gossip pool as Serf reports it.
package struct PoolMember: Equatable, Sendable {
    /// Serf's status with the integers it has on the wire (`wire/serf-gossip.md` 5.3).
    package enum Status: Int, Sendable {
        case none = 0
        case alive = 1
        case leaving = 2
        case left = 3
        case failed = 4

        /// As `members` prints it.
        package var label: String {
            switch self {
            case .none: "none"
            case .alive: "alive"
            case .leaving: "leaving"
            case .left: "left"
            case .failed: "failed"
            }
        }
    }

    /// `<node>` in a LAN pool, `<node>.<datacenter>` in the WAN pool.
    package var name: String
    package var endpoint: Endpoint
    package var tags: [String: String]
    package var status: Status
    package var versions: Versions

    /// PMin, PMax, PCur, DMin, DMax, DCur of memberlist's alive message.
    package struct Versions: Equatable, Sendable {
        package var protocolMin: UInt8 = 1
        package var protocolMax: UInt8 = 5
        package var protocolCurrent: UInt8 = 2
        package var delegateMin: UInt8 = 2
        package var delegateMax: UInt8 = 5
        package var delegateCurrent: UInt8 = 4

        package init() {}
    }

    package init(
        name: String, endpoint: Endpoint, tags: [String: String] = [:], status: Status = .alive,
        versions: Versions = Versions()
    ) {
        self.name = name
        self.endpoint = endpoint
        self.tags = tags
        self.status = status
        self.versions = versions
    }
}
