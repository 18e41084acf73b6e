import Determinism
import FederationModel

/// Resolved names for a while. `getaddrinfo` tells no time to live, so the times are ours.
struct NameCache {
    enum Found: Equatable {
        case fresh([IPAddress])
        /// Good enough for this run; to be looked up again beside it. So a name that was once known never waits.
        case stale([IPAddress])
        case failure(String)
        case unknown
    }

    private struct Entry {
        var addresses: [IPAddress]
        var failure: String
        var at: Instant
        var wasSlow: Bool
    }

    static let freshTime = Duration.seconds(10)
    static let staleTime = Duration.seconds(600)
    static let failureTime = Duration.seconds(3)
    /// A lookup that took longer makes the name a slow one.
    static let slowTime = Duration.seconds(1)

    private let maxCount: Int
    private var entries: [String: Entry] = [:]
    private var order: [String] = []

    init(maxCount: Int) { self.maxCount = max(maxCount, 1) }

    func find(_ name: String, at now: Instant) -> Found {
        guard let entry = entries[name] else { return .unknown }
        let age = now - entry.at
        if entry.addresses.isEmpty { return age <= Self.failureTime ? .failure(entry.failure) : .unknown }
        if age <= Self.freshTime { return .fresh(entry.addresses) }
        return age <= Self.staleTime ? .stale(entry.addresses) : .unknown
    }

    func isSlow(_ name: String) -> Bool { entries[name]?.wasSlow ?? false }

    mutating func store(_ name: String, _ answer: NameResolver.Answer, at now: Instant) {
        if entries[name] == nil {
            if order.count >= maxCount {
                // A quarter goes at a time, so that the cost per name stays constant.
                let leaving = max(maxCount / 4, 1)
                for old in order.prefix(leaving) { entries[old] = nil }
                order.removeFirst(leaving)
            }
            order.append(name)
        }
        switch answer {
        case .addresses(let addresses, let took):
            entries[name] = Entry(addresses: addresses, failure: "", at: now, wasSlow: took > Self.slowTime)
        case .failed(let reason, let took):
            entries[name] = Entry(addresses: [], failure: reason, at: now, wasSlow: took > Self.slowTime)
        }
    }
}
