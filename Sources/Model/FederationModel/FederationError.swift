/// Why a request was not answered, by what the caller can do next. Each front end maps it in one place.
package enum FederationError: Error, Equatable, Sendable {
    /// The datacenter has no leader now; nothing was applied, retry after an election timeout.
    case noLeader(datacenter: String)
    /// No server of that name's datacenter was ever heard of: a typo, or the WAN pool has not converged.
    case unknownDatacenter(String)
    /// The WAN pool lists no server of that name, and yet it may exist: this server has not heard of all since its
    /// start. Retry when it has.
    case notJoined(datacenter: String)
    /// Its servers said that they leave, and none is there; until it joins again it does not exist.
    case left(datacenter: String)
    /// An operator had it forgotten; it comes back when one of its servers answers us anew.
    case forgotten(datacenter: String)
    /// Servers are known and none can be reached; retry when the outage ends.
    case unreachable(datacenter: String)
    /// Its servers accept connections and do not answer.
    case frozen(datacenter: String)
    /// Its servers answer and none knows a leader.
    case leaderless(datacenter: String)
    /// The deadline passed on a request that changes nothing, or before a write was sent: safe to retry.
    case timedOut(after: Duration)
    /// The deadline passed or the connection broke after a write was sent: it may have happened.
    case outcomeUnknown(reason: String)
    /// The only answer at hand is older than the asker takes (`?max_stale`), and the leader cannot be asked.
    /// - Parameter because: why it cannot, in Consul's words.
    case staleBeyondBound(age: Duration, bound: Duration, because: String)
    /// A limit of ours was reached; retry later.
    case overloaded(what: String)
    /// A new leader has not caught up; retry.
    case notReadyForConsistentReads
    /// The disk of the leader is full; writes are refused until space returns.
    case diskFull
    case denied
    /// A service or method that is not served: the text of the peer.
    case unknownMethod(String)
    /// The request contradicts itself or cannot be decoded.
    case badRequest(String)
    /// Connection-level failure before the request was sent: safe to retry elsewhere.
    case connection(String)
    /// Any other error of the serving side, in its words.
    case remote(String)
}

/// What a request's failure is to a program: the bounded set behind `X-Isthmus-Error`, metrics and `Error` in JSON.
package enum ErrorKind: String, CaseIterable, Sendable {
    case unknownDatacenter = "unknown-datacenter"
    case left
    case forgotten
    case unreachable
    case leaderless
    case frozen
    /// Before anything was sent, or of a request that changes nothing.
    case timedOut = "timed-out"
    case outcomeUnknown = "outcome-unknown"
    case overloaded
    case denied
    /// The datacenter answers, and has no such instance. The answer itself is Consul's: an empty list.
    case noInstance = "no-instance"
    case staleBeyondBound = "stale-beyond-bound"
    case notReady = "not-ready"
    case diskFull = "disk-full"
    case unknownMethod = "unknown-method"
    case badRequest = "bad-request"
    case notFound = "not-found"
    /// Not as things are: a datacenter that answers is not forgotten.
    case refused
    case failed
    /// An error of the serving side for which there is no kind.
    case remote
}

extension FederationError {
    package var kind: ErrorKind {
        switch self {
        case .unknownDatacenter: .unknownDatacenter
        case .left: .left
        case .forgotten: .forgotten
        case .unreachable, .connection, .notJoined: .unreachable
        case .noLeader, .leaderless: .leaderless
        case .frozen: .frozen
        case .timedOut: .timedOut
        case .outcomeUnknown: .outcomeUnknown
        case .overloaded: .overloaded
        case .denied: .denied
        case .staleBeyondBound: .staleBeyondBound
        case .notReadyForConsistentReads: .notReady
        case .diskFull: .diskFull
        case .unknownMethod: .unknownMethod
        case .badRequest: .badRequest
        case .remote: .remote
        }
    }

    /// Whether the same request may be sent again without being done twice: all but a write of unknown outcome.
    package var isRetrySafe: Bool { if case .outcomeUnknown = self { false } else { true } }

    /// Whether it says that the datacenter is not there.
    package var deniesDatacenter: Bool {
        switch self {
        case .unknownDatacenter, .notJoined, .left, .forgotten: true
        case .noLeader, .unreachable, .frozen, .leaderless, .timedOut, .outcomeUnknown, .staleBeyondBound, .overloaded,
            .notReadyForConsistentReads, .diskFull, .denied, .unknownMethod, .badRequest, .connection, .remote:
            false
        }
    }

    /// Whether it only says that the leader cannot be asked: a stale answer at hand is then all there is.
    package var leavesStaleAnswer: Bool {
        switch self {
        case .noLeader, .leaderless, .unreachable, .frozen, .timedOut, .connection, .notReadyForConsistentReads: true
        case .unknownDatacenter, .notJoined, .left, .forgotten, .outcomeUnknown, .staleBeyondBound, .overloaded,
            .diskFull, .denied, .unknownMethod, .badRequest, .remote:
            false
        }
    }

    /// What agents tell each other beside Consul's text. Finer than `kind`: `no-leader` may pass with the next
    /// election, `leaderless` is a verdict; `connection` is one server, `unreachable` the datacenter.
    package var label: String {
        switch self {
        case .noLeader: "no-leader"
        case .connection: "connection"
        case .notJoined: "not-joined"
        case .unknownDatacenter, .left, .forgotten, .unreachable, .leaderless, .frozen, .timedOut, .outcomeUnknown,
            .overloaded, .denied, .staleBeyondBound, .notReadyForConsistentReads, .diskFull, .unknownMethod,
            .badRequest, .remote:
            kind.rawValue
        }
    }

    /// Consul's text where it has one: what stands in an RPC error and in the body of an HTTP 500.
    package var message: String {
        switch self {
        case .noLeader: "No cluster leader"
        case .unknownDatacenter, .notJoined, .left, .forgotten: "No path to datacenter"
        case .unreachable, .frozen: "Remote DC has no server currently reachable"
        case .leaderless: "No cluster leader"
        case .timedOut(let after): "deadline of \(after) exceeded"
        case .outcomeUnknown(let reason): "outcome unknown: \(reason)"
        case .staleBeyondBound(_, _, let because): because
        case .overloaded: "RPC rate limit exceeded"
        case .notReadyForConsistentReads: "Not ready to serve consistent reads"
        case .diskFull: "no space left on the leader's disk, writes are refused"
        case .denied: "Permission denied"
        case .unknownMethod(let text), .badRequest(let text), .connection(let text), .remote(let text): text
        }
    }

    /// Reads a peer's error: by its label when the text alone would not tell it from another.
    /// - Parameter limit: how long the asker waited.
    package init(text: String, label: String, datacenter: String, limit: Duration) {
        switch label {
        case "not-joined": self = .notJoined(datacenter: datacenter)
        case "left": self = .left(datacenter: datacenter)
        case "forgotten": self = .forgotten(datacenter: datacenter)
        case "frozen": self = .frozen(datacenter: datacenter)
        case "leaderless": self = .leaderless(datacenter: datacenter)
        case "timed-out": self = .timedOut(after: limit)
        case "overloaded": self = .overloaded(what: "remote")
        case "bad-request": self = .badRequest(text)
        case "connection": self = .connection(text)
        case "stale-beyond-bound": self = .staleBeyondBound(age: .zero, bound: .zero, because: text)
        case "outcome-unknown":
            let reason = text.split(separator: "outcome unknown: ", maxSplits: 1).last ?? ""
            self = .outcomeUnknown(reason: String(reason))
        default: self.init(text: text, datacenter: datacenter)
        }
    }

    /// Whether a peer without kinds of errors tells of a write that may have happened: the connection behind it broke
    /// after sending, or its leader lost its office before the entry was committed (`wire/consul-rpc.md` 1.8).
    package static func isOfUnknownOutcome(_ text: String) -> Bool {
        if text.contains("leadership lost while committing log") { return true }
        guard text.contains("rpc error making call: "), !text.contains("rpc error getting client: ") else {
            return false
        }
        return ["EOF", "stream closed", "session shutdown", "connection reset by peer", "broken pipe", "i/o timeout"]
            .contains { text.hasSuffix($0) }
    }

    /// Reads a peer's error text: recognised by substring, since every hop prepends its own words
    /// (`wire/consul-rpc.md` 1.8).
    package init(text: String, datacenter: String) {
        self =
            if text.contains("No cluster leader") {
                .noLeader(datacenter: datacenter)
            } else if text.contains("No path to datacenter") {
                .unknownDatacenter(datacenter)
            } else if text.contains("Remote DC has no server currently reachable") {
                .unreachable(datacenter: datacenter)
            } else if text.contains("Permission denied") {
                .denied
            } else if text.contains("RPC rate limit exceeded") {
                .overloaded(what: "remote")
            } else if text.contains("Not ready to serve consistent reads") {
                .notReadyForConsistentReads
            } else if text.contains("no space left on the leader's disk") {
                .diskFull
            } else if text.contains("outcome unknown: ") {
                .outcomeUnknown(reason: text)
            } else if text.contains("rpc: can't find") {
                .unknownMethod(text)
            } else if text.contains("rpc error getting client: ") {
                .connection(text)
            } else {
                .remote(text)
            }
    }
}
