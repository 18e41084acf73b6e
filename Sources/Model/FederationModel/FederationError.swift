/// Why a request was not answered, by what the caller can do next. Each front end maps it in one place.
package enum FederationError: Error, Equatable, Sendable {
    /// The datacenter has no leader now; nothing was applied, retry after an election timeout.
    case noLeader(datacenter: String)
    /// No server of that name's datacenter was ever heard of: a typo, or the WAN pool has not converged.
    case unknownDatacenter(String)
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

extension FederationError {
    /// From a bounded set: for metrics and `X-Isthmus-Error`.
    package var label: String {
        switch self {
        case .noLeader: "no-leader"
        case .unknownDatacenter: "unknown-datacenter"
        case .unreachable: "unreachable"
        case .frozen: "frozen"
        case .leaderless: "leaderless"
        case .timedOut: "timed-out"
        case .outcomeUnknown: "outcome-unknown"
        case .overloaded: "overloaded"
        case .notReadyForConsistentReads: "not-ready"
        case .diskFull: "disk-full"
        case .denied: "denied"
        case .unknownMethod: "unknown-method"
        case .badRequest: "bad-request"
        case .connection: "connection"
        case .remote: "remote"
        }
    }

    /// Consul's text where it has one: what stands in an RPC error and in the body of an HTTP 500.
    package var message: String {
        switch self {
        case .noLeader: "No cluster leader"
        case .unknownDatacenter: "No path to datacenter"
        case .unreachable, .frozen: "Remote DC has no server currently reachable"
        case .leaderless: "No cluster leader"
        case .timedOut(let after): "deadline of \(after) exceeded"
        case .outcomeUnknown(let reason): "outcome unknown: \(reason)"
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
        case "frozen": self = .frozen(datacenter: datacenter)
        case "leaderless": self = .leaderless(datacenter: datacenter)
        case "timed-out": self = .timedOut(after: limit)
        case "overloaded": self = .overloaded(what: "remote")
        case "bad-request": self = .badRequest(text)
        case "connection": self = .connection(text)
        case "outcome-unknown":
            let reason = text.split(separator: "outcome unknown: ", maxSplits: 1).last ?? ""
            self = .outcomeUnknown(reason: String(reason))
        default: self.init(text: text, datacenter: datacenter)
        }
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
            } else {
                .remote(text)
            }
    }
}
