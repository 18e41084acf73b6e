/// Asks a server what it would do with a request for another datacenter, without doing it (`Isthmus.Explain`).
package struct ExplainRequest: Equatable, Sendable {
    /// Of the request that is explained; not where this one goes.
    package var target: String
    /// Whose instances it reads; empty: a key is read.
    package var service: String
    /// `default`, `stale`, `consistent` or `write`.
    package var mode: String

    package init(target: String = "", service: String = "", mode: String = "") {
        self.target = target
        self.service = service
        self.mode = mode
    }

    /// The request that is explained; nil for a mode that does not exist.
    package var request: Request? {
        var options = QueryOptions()
        switch mode {
        case "default": break
        case "stale": options.allowStale = true
        case "consistent": options.requireConsistent = true
        case "write":
            return .kvsApply(KVSRequest(datacenter: target, op: "set", dirEnt: DirEntry(key: ByteString(service))))
        default: return nil
        }
        if service.isEmpty { return .kvsGet(KeyRequest(datacenter: target, key: ByteString(""), options: options)) }
        return .healthServiceNodes(
            ServiceSpecificRequest(datacenter: target, serviceName: service, options: options))
    }
}

/// What a server would do with a request, and why: the plan, in words and numbers.
package struct RouteExplanation: Equatable, Sendable {
    package struct Server: Equatable, Sendable {
        package var name: String
        package var address: String
        /// Zero while it was never measured.
        package var roundTrip: Duration
        /// From 1 in the order in which servers are tried; 0: passed over.
        package var position: Int
        package var why: String

        package init(
            name: String = "", address: String = "", roundTrip: Duration = .zero, position: Int = 0, why: String = ""
        ) {
            self.name = name
            self.address = address
            self.roundTrip = roundTrip
            self.position = position
            self.why = why
        }
    }

    package struct Relay: Equatable, Sendable {
        package var datacenter: String
        package var isChosen: Bool
        package var why: String

        package init(datacenter: String = "", isChosen: Bool = false, why: String = "") {
            self.datacenter = datacenter
            self.isChosen = isChosen
            self.why = why
        }
    }

    /// The server that plans, and the datacenter asked for.
    package var server = ""
    package var datacenter = ""
    package var service = ""
    package var mode = ""
    /// Empty when nothing is known of the datacenter.
    package var verdict = ""
    package var reason = ""
    /// `call`, `relay`, `queue`, `refuse` or `here`.
    package var decision = ""
    /// Label and text of the error when it is refused.
    package var error = ""
    package var message = ""
    /// The rules in their order, up to the one that decided.
    package var steps: [String]?
    package var servers: [Server]?
    package var relays: [Relay]?
    /// Zero: no second server is asked before the first has answered.
    package var hedgeAfter = Duration.zero
    package var slowAfter = Duration.zero

    package init() {}
}
