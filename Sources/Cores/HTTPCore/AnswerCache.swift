package import Determinism
package import FederationModel
import WireFormat

/// Answers of `?cached` reads, kept current by a blocking query each. Pure: who asks, when, and what came; the owner
/// performs the queries.
package struct AnswerCache: Sendable {
    /// What was asked, whatever index or wait was given with it.
    package struct Key: Hashable, Sendable {
        fileprivate let method: String
        fileprivate let body: [UInt8]
    }

    private struct Entry: Sendable {
        var response: Response
        /// When the data was last known to be current; nil while its blocking query is under way.
        var contact: Instant?
        var lastUsed: Instant
        var failureCount = 0
    }

    package enum Lookup: Equatable, Sendable {
        case hit(Response, age: Duration)
        case miss
    }

    /// What keeps an entry current.
    package enum Refresh: Equatable, Sendable {
        /// Ask again when the data has moved beyond this index.
        case ask(index: UInt64, after: Duration)
        /// Nobody uses it any more.
        case stop
    }

    /// Each holds a blocking query at the servers.
    package static let maxCount = 1024
    /// An entry that nobody asked for so long goes.
    package static let idleTime: Duration = .seconds(600)
    private static let maxPause: Duration = .seconds(60)

    private var entries: [Key: Entry] = [:]

    package init() {}

    package var count: Int { entries.count }

    /// - Returns: nil for a request that is not answered from a cache: not asked for, another endpoint, or one that
    ///   must be confirmed.
    package static func key(of request: Request) -> Key? {
        guard var options = request.options, options.useCache, !options.requireConsistent else { return nil }
        switch request {
        case .catalogServiceNodes, .healthServiceNodes, .catalogListServices: break
        default: return nil
        }
        options.minQueryIndex = 0
        options.maxQueryTime = .zero
        (options.maxAge, options.staleIfError, options.mustRevalidate) = (.zero, .zero, false)
        var plain = request
        plain.options = options
        var writer = MessagePackWriter()
        plain.encodeBody(into: &writer)
        return Key(method: request.method, body: writer.bytes)
    }

    /// Endpoints that Consul caches and whose data brings no index: they are asked each time, and say so.
    package static func isNeverKept(_ request: Request) -> Bool {
        guard let options = request.options, options.useCache, !options.requireConsistent else { return false }
        switch request {
        case .catalogListDatacenters, .preparedQueryExecute: return true
        default: return false
        }
    }

    /// - Parameters:
    ///   - index: of a caller that waits for newer data; 0 for any.
    ///   - maxAge: of a caller that takes no older data; zero for any age.
    package mutating func look(
        _ key: Key, beyond index: UInt64, maxAge: Duration = .zero, at now: Instant
    ) -> Lookup {
        guard var entry = entries[key] else { return .miss }
        entry.lastUsed = now
        entries[key] = entry
        guard (entry.response.meta?.index ?? 0) > index else { return .miss }
        // While its query is under way the data is current, whatever its age.
        let age = entry.contact.map { max(.zero, now - $0) } ?? .zero
        return maxAge > .zero && age > maxAge ? .miss : .hit(entry.response, age: age)
    }

    /// A caller's answer, or one of the entry's own query.
    /// - Parameter isRefresh: the entry's own.
    /// - Returns: what its query does next; nil when it already waits.
    package mutating func store(_ key: Key, _ response: Response, isRefresh: Bool, at now: Instant) -> Refresh? {
        if var entry = entries[key] {
            let isNewer = (response.meta?.index ?? 0) >= (entry.response.meta?.index ?? 0)
            if isRefresh || isNewer { entry.response = response }
            guard isRefresh else {
                entries[key] = entry
                return nil
            }
            guard now - entry.lastUsed < Self.idleTime else {
                entries[key] = nil
                return .stop
            }
            entry.contact = nil
            entry.failureCount = 0
            entries[key] = entry
        } else {
            guard !isRefresh, entries.count < Self.maxCount else { return .stop }
            entries[key] = Entry(response: response, lastUsed: now)
        }
        return .ask(index: max(1, response.meta?.index ?? 1), after: .zero)
    }

    /// The entry's query failed: its data ages from now on.
    package mutating func failed(_ key: Key, at now: Instant) -> Refresh {
        guard var entry = entries[key], now - entry.lastUsed < Self.idleTime else {
            entries[key] = nil
            return .stop
        }
        if entry.contact == nil { entry.contact = now }
        entry.failureCount += 1
        entries[key] = entry
        let pause = Duration.seconds(1) * (1 << min(entry.failureCount - 1, 6))
        return .ask(index: 0, after: min(pause, Self.maxPause))
    }
}
