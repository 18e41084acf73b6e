import CatalogCore
import FederationModel

/// Answers as they went over the wire, for questions that come again and again: what other servers ask this leader,
/// and what it answered when this agent asked. Making one costs 20 µs and more for a service of three instances,
/// finding it again less than 1 µs.
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
        let version: UInt64
        /// Of the catalog: a restored one counts versions anew.
        let restoreIndex: UInt64
        let body: [UInt8]
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

    /// The response that this body was the last time.
    func response(to method: String, body: [UInt8]) -> Response? {
        guard body.count >= Self.minReadBytes else { return nil }
        return read[Question(method: method, body: body)]
    }

    mutating func keep(_ response: Response, to method: String, body: [UInt8]) {
        guard body.count >= Self.minReadBytes else { return }
        // A record in memory is some eight times its bytes on the wire.
        makeRoom(for: 8 * body.count)
        read[Question(method: method, body: body)] = response
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
