import Determinism
import FederationModel
import HTTPCore
import TopologyCore

/// Asks agents of a world what expectations want to know. A question whose answer takes time is `pending`, and is
/// answered when the same look asks again.
struct FederationClients: FederationAsker, Sendable {
    /// What one look has asked so far.
    private struct Look: Sendable {
        var answers: [FederationQuestion: Result<FederationAnswer, FederationReason>] = [:]
        var waiting: Set<FederationQuestion> = []
    }

    private struct Sent: Sendable {
        let look: Int
        let question: FederationQuestion
        let begun: Instant
        let id: UInt16
    }

    var world: World
    private let hostOf: [String: Int]
    private var looks: [Int: Look] = [:]
    private var sent: [UInt64: Sent] = [:]
    private var current = 0
    private var nextID: UInt16 = 0
    /// Looks for which something has arrived since they were last made.
    private(set) var ready: Set<Int> = []

    init(_ world: World, hostOf: [String: Int]) {
        self.world = world
        self.hostOf = hostOf
    }

    /// Some look has asked, and goes on when it is answered.
    var isWaiting: Bool { !sent.isEmpty }

    /// Questions are of this look from now on.
    mutating func begin(look number: Int) {
        current = number
        ready.remove(number)
    }

    /// Its answers are forgotten: the next look asks anew.
    mutating func end(look number: Int) {
        looks[number] = nil
        ready.remove(number)
    }

    mutating func ask(_ question: FederationQuestion) throws(FederationReason) -> FederationAnswer {
        if let known = looks[current]?.answers[question] { return try known.get() }
        if looks[current]?.waiting.contains(question) == true { throw .pending }
        guard let host = hostOf[question.agent] else { throw FederationReason("no agent \(question.agent)") }
        nextID &+= 1
        let sending = Sent(look: current, question: question, begun: world.now, id: nextID)
        let number: UInt64
        switch question.kind {
        case .http(let target):
            number = world.http(HTTPRequest(method: "GET", target: target), at: host, timeout: question.timeout)
        case .dns(let name, let kind):
            number = world.dns(DNSAsking.packet(nextID, name, kind), at: host, timeout: question.timeout)
        }
        if let answer = world.takeClientAnswer(number) {
            let result = Self.read(answer, sending, world.now)
            looks[current, default: Look()].answers[question] = result
            return try result.get()
        }
        sent[number] = sending
        looks[current, default: Look()].waiting.insert(question)
        throw .pending
    }

    /// - Returns: false for an answer that no look waits for.
    mutating func arrived(_ number: UInt64, _ answer: ClientAnswer) -> Bool {
        guard let sending = sent.removeValue(forKey: number) else { return false }
        guard looks[sending.look]?.waiting.remove(sending.question) != nil else { return true }
        looks[sending.look]?.answers[sending.question] = Self.read(answer, sending, world.now)
        ready.insert(sending.look)
        return true
    }

    private static func read(
        _ answer: ClientAnswer, _ sent: Sent, _ now: Instant
    ) -> Result<FederationAnswer, FederationReason> {
        do throws(FederationReason) {
            switch answer {
            case .failed(let reason): throw FederationReason("\(sent.question.agent): \(reason)")
            case .http(let response):
                return .success(
                    .http(
                        HTTPReply(
                            status: response.status, headers: response.headers, body: response.body,
                            time: now - sent.begun)))
            case .dns(let packet):
                guard let parsed = try DNSAsking.parse(packet, id: sent.id) else {
                    throw FederationReason("\(sent.question.agent): an answer to another DNS question")
                }
                return .success(.dns(parsed))
            }
        } catch {
            return .failure(error)
        }
    }
}
