import Determinism
import FederationModel
import SerfCore

/// All Isthmus servers of this datacenter that the LAN pool lists, living or not, with what their tags say. Sorted by
/// name. Tags are read when a member changes, since the leader compares the peer set with this twice a second.
struct LANServers: Sendable {
    struct Server: Sendable {
        let id: NodeID
        let name: String
        let endpoint: Endpoint?
        let status: PoolMember.Status
        let clusterPrefix: String?
    }

    private(set) var servers: [Server] = []
    private var version: UInt64?

    mutating func refresh(from pool: borrowing SerfPool, datacenter: String) {
        guard version != pool.version else { return }
        version = pool.version
        servers = []
        for member in pool.members {
            guard let tags = ServerTags(member: member), tags.isthmusProtocol != nil, let id = NodeID(tags.id),
                tags.datacenter == datacenter
            else { continue }
            servers.append(
                Server(
                    id: id, name: member.name, endpoint: tags.endpoint, status: member.status,
                    clusterPrefix: tags.clusterPrefix))
        }
    }
}

/// The servers of this agent's own datacenter as the LAN pool knows them.
struct ServerList: Sendable {
    struct Server: Equatable, Sendable {
        let id: NodeID?
        let name: String
        let endpoint: Endpoint
    }

    /// A client agent changes its server this often so that load spreads again after restarts (`wire/consul-rpc.md`
    /// 4.5).
    static let rebalanceInterval: Duration = .seconds(120)

    /// In order of preference: a failed one goes to the end.
    private(set) var servers: [Server] = []
    private(set) var nextRebalance = Instant.zero

    var preferred: Endpoint? { servers.first?.endpoint }

    func endpoint(of id: NodeID) -> Endpoint? { servers.first { $0.id == id }?.endpoint }
    func name(of id: NodeID) -> String? { servers.first { $0.id == id }?.name }
    func name(of endpoint: Endpoint) -> String? { servers.first { $0.endpoint == endpoint }?.name }

    /// Keeps the order of those that stay; newcomers take random places so that not all clients choose one server.
    mutating func refresh(from members: [PoolMember], datacenter: String, using random: inout SeededRandom) {
        var present: [Server] = []
        for member in members where member.status == .alive {
            guard let tags = ServerTags(member: member), tags.datacenter == datacenter, let endpoint = tags.endpoint
            else { continue }
            present.append(Server(id: NodeID(tags.id), name: member.name, endpoint: endpoint))
        }
        var kept = servers.filter { present.contains($0) }
        for server in present where !kept.contains(server) {
            kept.insert(server, at: Int.random(in: 0...kept.count, using: &random))
        }
        servers = kept
    }

    mutating func demote(_ endpoint: Endpoint) {
        guard servers.count > 1, servers.first?.endpoint == endpoint else { return }
        servers.append(servers.removeFirst())
    }

    mutating func rebalance(at now: Instant, using random: inout SeededRandom) {
        if nextRebalance != .zero { servers.shuffle(using: &random) }
        nextRebalance = now + Self.rebalanceInterval + random.duration(in: .zero..<(.seconds(60)))
    }
}
