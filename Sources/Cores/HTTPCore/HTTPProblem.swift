package import FederationModel

/// Why a request is answered with an error, as text and status. `label` goes into `X-Isthmus-Error`.
struct HTTPProblem: Error, Equatable {
    var status: Int
    var text: String
    var label: String
    var allow: String?

    init(status: Int, _ text: String, label: String = "bad-request", allow: String? = nil) {
        self.status = status
        self.text = text
        self.label = label
        self.allow = allow
    }

    static func badRequest(_ text: String) -> HTTPProblem { HTTPProblem(status: 400, text) }
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
        case .noLeader, .unknownDatacenter, .unreachable, .frozen, .leaderless, .timedOut, .outcomeUnknown,
            .notReadyForConsistentReads, .diskFull, .unknownMethod, .connection:
            500
        }
    }

    /// The body; empty for a rate limit, as Consul has it.
    package var httpText: String {
        if case .overloaded = self { "" } else { message }
    }

    var problem: HTTPProblem { HTTPProblem(status: httpStatus, httpText, label: label) }
}

extension AgentError {
    var problem: HTTPProblem {
        switch self {
        case .invalid(let text): HTTPProblem(status: 400, text)
        case .notFound(let text): HTTPProblem(status: 404, text, label: "not-found")
        case .failed(let text): HTTPProblem(status: 500, text, label: "failed")
        }
    }
}
