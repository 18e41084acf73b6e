import FederationModel
import ServerCore

/// A server votes for one candidate in a term, whatever it went through (Raft §5.2). Votes count when they leave.
struct VoteChecker: Sendable {
    private struct Ballot: Hashable {
        let host: Int
        let term: Term
    }

    private var votes: [Ballot: NodeID] = [:]

    mutating func check(_ fact: Fact, _ host: Int, _ world: World) -> [String] {
        guard case .observed(.voted(let term, let candidate)) = fact else { return [] }
        let known = votes.updateValue(candidate, forKey: Ballot(host: host, term: term))
        guard let known, known != candidate else { return [] }
        func name(_ id: NodeID) -> String {
            world.configurations.firstIndex { $0.nodeID == id }.map { world.hosts[$0] } ?? id.description
        }
        return [
            "Raft §5.2: \(world.hosts[host]) votes for \(name(candidate)) in term \(term), in which it had voted for "
                + name(known)
        ]
    }
}
