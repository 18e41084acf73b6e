import CatalogCore
import FederationModel

/// Answers as they went over the wire, for questions that come again and again: what other servers ask this one, and
/// what they answered when this agent asked. Making one costs 20 µs and more for a service of three instances, finding
/// it again less than 1 µs. What a follower says of its leader changes with every heartbeat: it is kept apart from the
/// rows, where it stands in front of them.
struct KeptAnswers: Sendable {
    struct Question: Hashable, Sendable {
        let method: String
        let body: [UInt8]

        /// As one run of bytes: an array's own takes them one by one, which costs more than decoding saves.
        func hash(into hasher: inout Hasher) {
            body.withUnsafeBytes { hasher.combine(bytes: $0) }
        }
    }

    /// An answer of this server, good for as long as the catalog's version of the request stays.
    struct Served: Sendable {
        let request: Request
        let row: VersionedRow
        let version: ReadView.RowVersion
        let meta: QueryMeta
        let body: [UInt8]

        /// - Returns: the answer with this metadata; nil when it can only be made anew.
        func body(with meta: QueryMeta) -> [UInt8]? {
            if meta == self.meta { return body }
            let own = LeadingMeta.bytes(of: self.meta)
            guard body.starts(with: own) else { return nil }
            return LeadingMeta.bytes(of: meta) + body[own.count...]
        }
    }

    /// Twice as many services as most datacenters have. When a limit is met all are forgotten: those that are asked
    /// for come back with the next question, and nothing has to be counted in between.
    static let maxCount = 1024
    static let maxBytes = 4 << 20
    /// Below this decoding costs less than the search.
    static let minReadBytes = 512

    private var served: [Question: Served] = [:]
    private var read: [Question: Response] = [:]
    private var byteCount = 0

    subscript(question: Question) -> Served? { served[question] }

    mutating func keep(_ answer: Served, for question: Question) {
        makeRoom(for: question.body.count + answer.body.count)
        served[question] = answer
    }

    /// The response that this body was the last time, with the metadata of this one.
    func response(to method: String, body: [UInt8]) -> Response? {
        guard body.count >= Self.minReadBytes else { return nil }
        guard let leading = LeadingMeta.read(body) else { return read[Question(method: method, body: body)] }
        guard var response = read[Question(method: method, body: Array(body[leading.end...]))] else { return nil }
        if response.meta != leading.meta { response.meta = leading.meta }
        return response
    }

    mutating func keep(_ response: Response, to method: String, body: [UInt8]) {
        guard body.count >= Self.minReadBytes else { return }
        let rows = LeadingMeta.read(body).map { Array(body[$0.end...]) } ?? body
        // A record in memory is some eight times its bytes on the wire.
        makeRoom(for: 8 * rows.count)
        read[Question(method: method, body: rows)] = response
    }

    mutating func forgetAll() { self = KeptAnswers() }

    private mutating func makeRoom(for count: Int) {
        byteCount += count
        if byteCount > Self.maxBytes || served.count + read.count >= Self.maxCount {
            forgetAll()
            byteCount = count
        }
    }
}
