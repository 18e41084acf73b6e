import FederationModel
import SerfCore

/// One key operation between its arrival and its answer.
struct KeyringWork: Sendable {
    enum Part: Hashable, Sendable {
        case pool(Channel)
        /// Another datacenter's LAN pool, asked through one of its servers.
        case datacenter(String)
    }

    /// In the order of the answer.
    let parts: [Part]
    var answers: [Part: [KeyringResponse]] = [:]

    var isComplete: Bool { answers.count == parts.count }
    var responses: [KeyringResponse] { parts.flatMap { answers[$0] ?? [] } }
}

/// Key operations under way.
struct KeyringBook: Sendable {
    struct Query: Sendable {
        let work: UInt64
        let channel: Channel
        var tally: KeyTally
    }

    /// Each asks a question of both pools, which take at most 64 at once.
    static let maxCount = 16
    /// Longer than members of a pool may take to answer: 16 s on a WAN of 99 servers, 12.8 s on a LAN of 9,999 nodes.
    static let timeout: Duration = .seconds(30)

    /// By the number of their request.
    var works: [UInt64: KeyringWork] = [:]
    private var queries: [QueryID: Query] = [:]
    private var nextQuery: UInt64 = 0

    mutating func newQuery(of work: UInt64, in channel: Channel, nodeCount: Int) -> QueryID {
        nextQuery += 1
        let id = QueryID(nextQuery)
        queries[id] = Query(work: work, channel: channel, tally: KeyTally(nodeCount: nodeCount))
        return id
    }

    /// - Returns: the query, when this was the last answer it waited for.
    mutating func answered(_ id: QueryID, from member: String, payload: [UInt8]) -> Query? {
        queries[id]?.tally.add(payload, from: member)
        guard let query = queries[id], query.tally.isComplete else { return nil }
        queries[id] = nil
        return query
    }

    mutating func ended(_ id: QueryID) -> Query? { queries.removeValue(forKey: id) }
}
