package import FederationModel
package import WireFormat

/// A server of the peer set.
package struct RaftServer: Equatable, Sendable {
    package enum Suffrage: UInt8, Sendable {
        case voter = 0
        /// Receives the log and has no vote (Raft thesis §4.2.1).
        case learner = 1
    }

    package var id: NodeID
    package var name: String
    /// Of its server RPC.
    package var endpoint: Endpoint
    package var suffrage: Suffrage

    package init(id: NodeID, name: String, endpoint: Endpoint, suffrage: Suffrage) {
        self.id = id
        self.name = name
        self.endpoint = endpoint
        self.suffrage = suffrage
    }
}

/// The peer set, sorted by id.
package struct Membership: Equatable, Sendable {
    package private(set) var servers: [RaftServer]

    package init(_ servers: [RaftServer] = []) { self.servers = servers.sorted { $0.id < $1.id } }

    package var voters: [RaftServer] { servers.filter { $0.suffrage == .voter } }

    package subscript(id: NodeID) -> RaftServer? { servers.first { $0.id == id } }

    package func isVoter(_ id: NodeID) -> Bool { self[id]?.suffrage == .voter }

    /// Votes that decide: more than half of the voters. 3 → 2, 4 → 3, 5 → 3.
    package var quorumCount: Int { voters.count / 2 + 1 }

    /// Puts a server in or in place of the one with its id.
    package func replacing(_ server: RaftServer) -> Membership {
        Membership(servers.filter { $0.id != server.id } + [server])
    }

    package func removing(_ id: NodeID) -> Membership { Membership(servers.filter { $0.id != id }) }
}

extension Membership {
    /// An array of `[id, name, endpoint, suffrage]`.
    package func encode(into writer: inout MessagePackWriter) {
        writer.writeArrayHeader(servers.count)
        for server in servers {
            writer.writeArrayHeader(4)
            writer.write(server.id.description)
            writer.write(server.name)
            writer.write(server.endpoint.description)
            writer.write(UInt64(server.suffrage.rawValue))
        }
    }

    package var encoded: [UInt8] {
        var writer = MessagePackWriter()
        encode(into: &writer)
        return writer.bytes
    }

    package init(from reader: inout MessagePackReader) throws(WireError) {
        let start = reader.position
        var servers: [RaftServer] = []
        for _ in 0..<(try reader.readArrayHeader() ?? 0) {
            guard try reader.readArrayHeader() == 4 else {
                throw WireError(.malformed("a server of the peer set has four parts"), at: reader.position)
            }
            let id = NodeID(try reader.readString())
            let name = try reader.readString()
            let endpoint = Endpoint(try reader.readString())
            let suffrage = RaftServer.Suffrage(rawValue: UInt8(clamping: try reader.readUnsigned()))
            guard let id, let endpoint, let suffrage else {
                throw WireError(.malformed("a server of the peer set is not readable"), at: start)
            }
            servers.append(RaftServer(id: id, name: name, endpoint: endpoint, suffrage: suffrage))
        }
        self.init(servers)
    }
}
