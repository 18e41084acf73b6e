/// Fields that Consul embeds in other structures: on the wire they are keys of the outer map.
package struct QueryOptions: Equatable, Sendable {
    /// ACL secret the call runs under; empty means the anonymous token.
    package var token: String
    /// If > 0, wait until the result index is above this.
    package var minQueryIndex: UInt64
    /// Upper bound of that wait; 0 = server default.
    package var maxQueryTime: Duration
    /// Any server may answer without asking its leader.
    package var allowStale: Bool
    /// Leader must reconfirm leadership first.
    package var requireConsistent: Bool
    /// Agent-cache hint, ignored by servers.
    package var useCache: Bool
    /// Agent retries against the leader if a stale answer is older.
    package var maxStaleDuration: Duration
    /// Agent-cache hint.
    package var maxAge: Duration
    /// Agent-cache hint.
    package var mustRevalidate: Bool
    /// Agent-cache hint.
    package var staleIfError: Duration
    /// Filter expression applied to the result by the serving datacenter.
    package var filter: String

    package init(
        token: String = "",
        minQueryIndex: UInt64 = 0,
        maxQueryTime: Duration = .zero,
        allowStale: Bool = false,
        requireConsistent: Bool = false,
        useCache: Bool = false,
        maxStaleDuration: Duration = .zero,
        maxAge: Duration = .zero,
        mustRevalidate: Bool = false,
        staleIfError: Duration = .zero,
        filter: String = ""
    ) {
        self.token = token
        self.minQueryIndex = minQueryIndex
        self.maxQueryTime = maxQueryTime
        self.allowStale = allowStale
        self.requireConsistent = requireConsistent
        self.useCache = useCache
        self.maxStaleDuration = maxStaleDuration
        self.maxAge = maxAge
        self.mustRevalidate = mustRevalidate
        self.staleIfError = staleIfError
        self.filter = filter
    }
}

extension QueryOptions {
    /// No blocking query waits longer, its spread not counted (`wire/consul-rpc.md` 1.9).
    package static let maxBlockingTime = Duration.seconds(600)

    /// How long a blocking query waits, its spread not counted: five minutes unless it says otherwise. Zero for every
    /// other request.
    package var blockingTime: Duration {
        guard minQueryIndex > 0 else { return .zero }
        return maxQueryTime <= .zero ? .seconds(300) : min(maxQueryTime, Self.maxBlockingTime)
    }

    package var blockingSpread: Duration { Self.spread(of: blockingTime) }

    /// How long an agent's own blocking queries wait, those without a catalog's index: as long as any unless they say.
    package static func agentBlockingTime(_ asked: Duration) -> Duration {
        asked <= .zero ? maxBlockingTime : min(asked, maxBlockingTime)
    }

    /// What the serving side adds to a wait at most, so that those that began together do not all come again together.
    package static func spread(of time: Duration) -> Duration { time / 16 }
}
