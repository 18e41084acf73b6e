package import Determinism
package import FederationModel
package import FilterCore

/// How the answer to a routed request becomes an HTTP response: the listener keeps it beside the request's number.
package struct Rendering: Equatable, Sendable {
    package enum Endpoint: Equatable, Sendable {
        case kvEntry(raw: Bool)
        case kvEntries
        case kvKeys
        /// Bare JSON: `true`, `"10.0.0.1:8300"`, `["dc1"]`.
        case value
        /// A KV write without a condition: `true`, whatever the wire says.
        case kvWritten
        /// Catalog lists, health checks, coordinates of nodes.
        case list
        case nodeServices
        case nodeServiceList
        case healthService(passingOnly: Bool)
        /// LAN coordinates, of one segment when it is not nil; `isOne`: 404 when there are none.
        case coordinates(segment: String?, isOne: Bool)
        case eventFired(UserEvent)
        /// User events; the index is the hash of the last one.
        case events
        /// Sessions, or one of them.
        case sessions
        /// 404 when it is not there.
        case sessionRenewed(id: String)
        /// The id of what was made.
        case created
        case destroyed
        /// 409 when it was refused.
        case transaction
        case queries
        case queryResult
        case queryExplanation
        /// A gzip archive.
        case snapshot
        /// 200 without a body.
        case done
        case agentSelf
        case agentMembers
        case agentServices(Filter<NodeService>?)
        case agentService
        /// As text instead of JSON.
        case agentHealth(AgentHealthTarget, isText: Bool)
        case agentChecks(Filter<HealthCheck>?)
        case agentMetrics(prometheus: Bool)
        /// Verdicts; `isOne`: of one datacenter, not in a list.
        case federation(isOne: Bool)
        /// Without a body unless it is a list.
        case keyring(isList: Bool)
        /// Lists of what there is not: empty, with the index and leader of the datacenter.
        case emptyList
        case gatewayServices
        case configEntry(kind: String, name: String)
        case configDeleted
        case intentions
        case intentionMatch(names: [String])
        case intentionCheck
        /// What user interfaces show: all nodes, one (404 when it is not there), services.
        case interfaceNodes, interfaceNode, interfaceServices
    }

    /// The read mode shown in `X-Consul-Effective-Consistency`.
    package enum Consistency: String, Equatable, Sendable { case leader, stale, consistent }

    package var endpoint: Endpoint
    package var isPretty: Bool
    /// What finally served the read: set it to `.leader` after a retry at the leader.
    package var consistency: Consistency
    /// `?timeout=`: the deadline of a forwarded request, counted from its arrival; nil takes the agent's default.
    package var timeout: Duration?
    /// `?explain`: the way of a forwarded request is shown.
    package var explains = false
    /// `?cached`: how old the kept answer is, nil when it was fetched for this caller.
    package var cacheAge: CacheAge = .none

    package var errors = ErrorForm()
    /// Several datacenters are asked; nil for the one that the request names.
    package var selection: DatacenterSelection?
    /// `?envelope`: an object that says of each datacenter how it is, instead of one list.
    package var isEnvelope = false

    package enum CacheAge: Equatable, Sendable {
        case none
        case miss
        case hit(Duration)
    }

    package init(
        _ endpoint: Endpoint, isPretty: Bool = false, consistency: Consistency = .leader, timeout: Duration? = nil
    ) {
        self.endpoint = endpoint
        self.isPretty = isPretty
        self.consistency = consistency
        self.timeout = timeout
    }
}

extension Rendering.Endpoint {
    /// Whether answers show index, known leader and last contact.
    var showsMeta: Bool {
        switch self {
        case .kvEntry, .kvEntries, .kvKeys, .list, .nodeServices, .nodeServiceList, .healthService, .coordinates,
            .sessions, .queries, .queryResult, .queryExplanation, .emptyList, .gatewayServices, .configEntry,
            .intentions, .interfaceNodes, .interfaceNode, .interfaceServices:
            true
        case .snapshot, .sessionRenewed, .created, .destroyed, .transaction, .value, .kvWritten, .eventFired,
            .events, .done, .agentSelf, .agentMembers, .agentServices, .agentService, .agentHealth, .agentChecks,
            .agentMetrics, .federation, .keyring, .configDeleted, .intentionMatch, .intentionCheck:
            false
        }
    }

    /// Whether a failed read still shows index 1, no leader, no contact: all but KV (`wire/consul-rpc.md` 5).
    var showsMetaOnFailure: Bool {
        switch self {
        case .list, .nodeServices, .nodeServiceList, .healthService, .coordinates, .sessions, .queries, .queryResult,
            .queryExplanation, .gatewayServices, .intentions, .interfaceNodes, .interfaceNode, .interfaceServices:
            true
        case .snapshot, .sessionRenewed, .created, .destroyed, .transaction, .kvEntry, .kvEntries, .kvKeys, .value,
            .kvWritten, .eventFired, .events, .done, .agentSelf, .agentMembers, .agentServices, .agentService,
            .agentHealth, .agentChecks, .agentMetrics, .federation, .keyring, .configEntry, .configDeleted, .emptyList,
            .intentionMatch, .intentionCheck:
            false
        }
    }

    /// Catalog and health show the effective consistency; KV and coordinates do not.
    var showsConsistency: Bool {
        switch self {
        case .list, .nodeServices, .nodeServiceList, .healthService, .queries, .queryResult, .queryExplanation,
            .gatewayServices:
            true
        case .snapshot, .sessions, .sessionRenewed, .created, .destroyed, .transaction, .kvEntry, .kvEntries, .kvKeys,
            .coordinates, .value, .kvWritten, .eventFired, .events, .done, .agentSelf, .agentMembers, .agentServices,
            .agentService, .agentHealth, .agentChecks, .agentMetrics, .federation, .keyring, .emptyList, .configEntry,
            .interfaceNodes, .interfaceNode, .interfaceServices, .configDeleted, .intentions, .intentionMatch,
            .intentionCheck:
            false
        }
    }
}

/// Whose health the agent is asked for.
package enum AgentHealthTarget: Equatable, Sendable {
    case name(String)
    case id(String)
}

extension Rendering {
    /// When a request is given up. `?timeout=` counts alone; a blocking read is given its wait and the spread of the
    /// serving side, then `usual`.
    /// - Parameter usual: time for the way there and back, with retries.
    package func deadline(of request: Request, at now: Instant, usual: Duration) -> Instant {
        if let timeout { return now + timeout }
        guard let options = request.options else { return now + usual }
        return now + options.blockingTime + options.blockingSpread + usual
    }
}

extension Request {
    /// The same request without `AllowStale`, when its answer is older than it allows (`max_stale`); nil when the
    /// answer stands. The listener sends it once more and sets `Rendering.consistency` to `.leader`.
    package func retryAtLeader(after response: Response) -> Request? {
        guard var options, options.allowStale, options.maxStaleDuration > .zero, let meta = response.meta,
            meta.lastContact > options.maxStaleDuration
        else { return nil }
        options.allowStale = false
        var request = self
        request.options = options
        return request
    }
}
