package import FederationModel

/// Why a request is answered with an error, as text and status. The kind goes into `X-Isthmus-Error`.
struct HTTPProblem: Error, Equatable {
    var status: Int
    var text: String
    var kind: ErrorKind
    var allow: String?
    /// For JSON, where `text` is empty.
    var words = ""
    /// See `FederationError.isRetrySafe`.
    var isRetrySafe = true

    init(status: Int, _ text: String, kind: ErrorKind = .badRequest, allow: String? = nil) {
        self.status = status
        self.text = text
        self.kind = kind
        self.allow = allow
    }

    static func badRequest(_ text: String) -> HTTPProblem { HTTPProblem(status: 400, text) }
    /// Consul's handlers that say so themselves.
    static func invalid(_ text: String) -> HTTPProblem { badRequest("Bad request: " + text) }
    static func undecodable(_ text: String) -> HTTPProblem { badRequest("Request decode failed: " + text) }
}

extension FederationError {
    /// The one mapping of errors to HTTP: Consul's statuses and texts.
    package var httpStatus: Int {
        switch self {
        case .denied: 403
        case .overloaded: 429
        case .badRequest: 400
        case .remote(let text):
            if text.contains("ACL not found") { 403 } else { text.contains("Query not found") ? 404 : 500 }
        case .noLeader, .unknownDatacenter, .notJoined, .left, .forgotten, .unreachable, .frozen, .leaderless,
            .timedOut, .outcomeUnknown, .staleBeyondBound,
            .notReadyForConsistentReads, .diskFull, .unknownMethod, .connection:
            500
        }
    }

    /// The body; empty for a rate limit, as Consul has it.
    package var httpText: String {
        if case .overloaded = self { "" } else { message }
    }

    var problem: HTTPProblem {
        var problem = HTTPProblem(status: httpStatus, httpText, kind: kind)
        problem.words = message
        problem.isRetrySafe = isRetrySafe
        return problem
    }
}

extension AgentError {
    var problem: HTTPProblem {
        switch self {
        case .invalid(let text): HTTPProblem(status: 400, text)
        case .notFound(let text): HTTPProblem(status: 404, text, kind: .notFound)
        case .refused(let text): HTTPProblem(status: 409, text, kind: .refused)
        case .failed(let text): HTTPProblem(status: 500, text, kind: .failed)
        }
    }
}
