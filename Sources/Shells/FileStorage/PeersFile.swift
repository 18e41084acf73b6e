import FederationModel
import FoundationEssentials
import RaftCore
import StorageFormat

/// `raft/peers.json`, with which a person restores a peer set that lost its quorum. Consul's form for Raft protocol 3:
/// `[{"id": "<node ID>", "address": "10.1.0.1:8300", "non_voter": false}]`.
enum PeersFile {
    static let name = "raft/peers.json"
    /// Added to the name once the peer set is in use.
    static let usedSuffix = ".used"
    static let maxBytes = 1 << 20

    private struct Peer: Decodable {
        var id: String
        var address: String
        var nonVoter: Bool?

        enum CodingKeys: String, CodingKey {
            case id, address
            case nonVoter = "non_voter"
        }
    }

    /// The servers' names are not in the file; their node IDs stand in.
    static func read(_ bytes: [UInt8]) throws(StorageError) -> Membership {
        func refuse(_ reason: String) -> StorageError { .unreadable(file: name, reason: reason) }
        guard bytes.count <= maxBytes else { throw refuse("it has more than \(maxBytes) bytes") }
        let peers: [Peer]
        do {
            peers = try JSONDecoder().decode([Peer].self, from: Data(bytes))
        } catch {
            throw refuse("it is not an array of {\"id\", \"address\", \"non_voter\"}")
        }
        var servers: [RaftServer] = []
        for (position, peer) in peers.enumerated() {
            guard let id = NodeID(peer.id) else {
                throw refuse("peer \(position + 1): the id \"\(peer.id)\" is not a node ID")
            }
            guard let endpoint = Endpoint(peer.address) else {
                throw refuse("peer \(position + 1): the address \"\(peer.address)\" is not an IP address with a port")
            }
            guard !servers.contains(where: { $0.id == id || $0.endpoint == endpoint }) else {
                throw refuse("peer \(position + 1): the id or the address is there twice")
            }
            let suffrage: RaftServer.Suffrage = peer.nonVoter == true ? .learner : .voter
            servers.append(RaftServer(id: id, name: id.description, endpoint: endpoint, suffrage: suffrage))
        }
        let membership = Membership(servers)
        guard !membership.voters.isEmpty else { throw refuse("it names no voter") }
        return membership
    }
}
