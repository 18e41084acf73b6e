/// Which agents or producers are meant.
package indirect enum TopologySelector: Hashable, Sendable {
    /// Every agent and producer.
    case everything
    case servers
    case clients
    case producers
    case datacenter(String)
    case serversOf(String)
    case clientsOf(String)
    /// The present leader; asked when it is needed.
    case leaderOf(String)
    case followersOf(String)
    /// An agent or a producer by name.
    case named(String)
    /// What an earlier action met, under the name it gave by `as`.
    case alias(String)
    case list([TopologySelector])
}

extension TopologySelector: CustomStringConvertible {
    package var description: String {
        switch self {
        case .everything: "all"
        case .servers: "servers"
        case .clients: "clients"
        case .producers: "producers"
        case .datacenter(let name), .named(let name), .alias(let name): name
        case .serversOf(let name): "servers of \(name)"
        case .clientsOf(let name): "clients of \(name)"
        case .leaderOf(let name): "leader of \(name)"
        case .followersOf(let name): "followers of \(name)"
        case .list(let parts): parts.map(\.description).joined(separator: ", ")
        }
    }
}
