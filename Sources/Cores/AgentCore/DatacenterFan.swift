import Determinism
import FederationModel
import HTTPCore
import ServerCore

/// A read put to several datacenters at once. Pure: which questions are due, and what came of each.
///
/// `*` and `near:` first ask which datacenters there are, in the order of their distance; a list is asked at once. With
/// the verdicts, which say how the silent ones are, all questions of a stage are under way together, each with the
/// deadline of the request, so the slowest live datacenter decides how long it takes. One whose verdict stands is
/// refused by the server without being asked.
struct DatacenterFan: Sendable {
    /// A question by its number within the fan.
    enum Question: Equatable, Sendable {
        case verdicts
        case names
        case part(Int)
    }

    private struct Part: Sendable {
        let datacenter: String
        var begun = Instant.zero
        var isRetried = false
        var result: Result<Response, FederationError>?
        var details = ErrorDetails()
        var roundTrip = Duration.zero
    }

    private let request: Request
    private let selection: DatacenterSelection
    private let own: String
    private var questions: [Question] = []
    private var openCount = 0
    private var verdicts: [String: Verdict]?
    private var parts: [Part] = []
    private var hasNames = false

    init(_ request: Request, _ selection: DatacenterSelection, own: String) {
        self.request = request
        self.selection = selection
        self.own = own
        if case .listed(let names) = selection { take(names) }
    }

    private mutating func take(_ names: [String]) {
        hasNames = true
        parts = names.map { Part(datacenter: $0) }
    }

    /// - Parameter atHand: an answer of this agent's own view, when it has one.
    mutating func begin(at now: Instant, atHand: (Request) -> Response?) -> [HTTPRound.Question] {
        var asked = [ask(.verdicts, .agent(.federation(datacenter: nil, unlessIndex: 0, wait: .zero)))]
        if hasNames {
            asked += askParts(at: now, atHand)
        } else {
            let options = QueryOptions(token: request.options?.token ?? "")
            asked.append(ask(.names, .request(.catalogListDatacenters(DatacentersRequest(options: options)))))
        }
        return asked
    }

    private mutating func ask(_ question: Question, _ subject: HTTPRound.Question.Subject) -> HTTPRound.Question {
        questions.append(question)
        openCount += 1
        return HTTPRound.Question(number: questions.count - 1, subject: subject)
    }

    private mutating func askParts(at now: Instant, _ atHand: (Request) -> Response?) -> [HTTPRound.Question] {
        var asked: [HTTPRound.Question] = []
        for index in parts.indices {
            let directed = request.directed(to: parts[index].datacenter)
            parts[index].begun = now
            if index >= DatacenterSelection.maxCount {
                parts[index].result = .failure(.overloaded(what: "datacenters in one request"))
                parts[index].details = ErrorDetails(datacenter: parts[index].datacenter)
            } else if parts[index].datacenter == own, let response = atHand(directed) {
                parts[index].result = .success(response)
            } else {
                asked.append(ask(.part(index), .request(directed)))
            }
        }
        return asked
    }

    /// - Returns: further questions.
    mutating func answered(
        _ number: Int, _ result: Result<Response, FederationError>, _ details: ErrorDetails, at now: Instant,
        atHand: (Request) -> Response?
    ) -> [HTTPRound.Question] {
        guard questions.indices.contains(number) else { return [] }
        openCount -= 1
        switch questions[number] {
        case .verdicts: return []
        case .names:
            guard case .success(.strings(let names)) = result else {
                // Nobody knows which there are; the own one says why.
                take([own])
                if case .failure = result { parts[0].result = result }
                parts[0].details = details
                return []
            }
            take(Self.chosen(names, selection, own))
            return askParts(at: now, atHand)
        case .part(let index):
            parts[index].roundTrip = max(.zero, now - parts[index].begun)
            let directed = request.directed(to: parts[index].datacenter)
            if case .success(let response) = result, !parts[index].isRetried,
                let again = directed.retryAtLeader(after: response)
            {
                parts[index].isRetried = true
                return [ask(.part(index), .request(again))]
            }
            parts[index].result = result
            parts[index].details = details
            return []
        }
    }

    mutating func answered(_ number: Int, _ response: AgentResponse) {
        guard questions.indices.contains(number) else { return }
        openCount -= 1
        guard case .federation(let reports, _) = response else { return }
        verdicts = Dictionary(reports.map { ($0.datacenter, $0.verdict) }, uniquingKeysWith: { first, _ in first })
    }

    private static func chosen(_ names: [String], _ selection: DatacenterSelection, _ own: String) -> [String] {
        let ordered = [own] + names.filter { $0 != own }
        if case .nearest(let count) = selection { return Array(ordered.prefix(count)) }
        return ordered
    }

    /// Nil while a question is open.
    var finished: [DatacenterPart]? {
        guard openCount == 0, hasNames else { return nil }
        return parts.map { part in
            let result = part.result ?? .failure(.timedOut(after: .zero))
            return DatacenterPart(
                datacenter: part.datacenter, verdict: verdict(of: part.datacenter, result), result: result,
                details: part.details, roundTrip: part.roundTrip)
        }
    }

    /// The router's word; of the own datacenter, and at a client agent, what the answer itself says.
    private func verdict(of datacenter: String, _ result: Result<Response, FederationError>) -> Verdict? {
        if let verdict = verdicts?[datacenter] { return verdict }
        switch result {
        case .success(let response): return response.meta?.knownLeader == false ? .leaderless : .up
        case .failure(let error):
            switch error.kind {
            case .left, .forgotten: return .left
            case .unreachable: return .unreachable
            case .frozen: return .frozen
            case .leaderless: return .leaderless
            case .unknownDatacenter, .timedOut, .outcomeUnknown, .overloaded, .denied, .noInstance, .staleBeyondBound,
                .notReady, .diskFull, .unknownMethod, .badRequest, .notFound, .refused, .failed, .remote:
                return nil
            }
        }
    }
}
