import Determinism
package import FederationModel
import SerfCore

/// A lookup of a name to join.
package struct LookupID: Hashable, Sendable {
    package let channel: Channel
    /// Which of the channel's targets.
    let target: Int
}

/// Joins the configured addresses of both pools and never gives up: 50 ms after the start, doubling up to the
/// configured interval (design §3). Each name is a target of its own, looked up again at each attempt: what one name
/// does holds up no other.
struct Joiner: Sendable {
    enum Purpose: Equatable, Sendable {
        /// Must succeed.
        case start(Channel)
        case retry(LookupID)
        /// A server of this datacenter that the WAN pool does not know yet.
        case flood
        case request(RequestID)
    }

    struct Retry: Sendable {
        enum Target: Equatable, Sendable {
            case endpoints([Endpoint])
            case name(HostPort)
        }

        let target: Target
        var pause: Duration = .milliseconds(50)
        /// The next attempt; while one goes on, when it is given up.
        var next: Instant
        var isJoining = false
        /// The resolver has the name: it may keep it for minutes and is not asked twice.
        var isLookingUp = false
        /// The lookup is this attempt's, not one that was given up.
        var isAwaited = false
        var failedCount = 0
    }

    enum Due: Equatable, Sendable {
        case join(LookupID, [Endpoint])
        case lookUp(LookupID, HostPort)
        /// The attempt has failed: its lookup takes too long.
        case late(LookupID, HostPort)
    }

    /// A resolver that answers at all answers within this.
    static let lookupLimit: Duration = .seconds(10)

    private var starts: [Channel: [Endpoint]] = [:]
    private var retries: [Channel: [Retry]] = [:] { didSet { findRetry() } }
    /// Of all retries; asked for after every batch of inputs, while retries change at joins.
    private var nextRetry = Instant.distantFuture
    private var intervals: [Channel: Duration] = [:]
    /// Failed attempts of each target after which the agent ends; 0: no limit.
    private var maxFailedCounts: [Channel: Int] = [:]
    private var purposes: [JoinID: Purpose] = [:]
    private var nextJoin: UInt64 = 0
    var nextFlood = Instant.distantFuture

    /// Every server looks for LAN servers missing in the WAN pool (`wire/serf-gossip.md` 6.4).
    static let floodInterval: Duration = .seconds(60)

    mutating func start(_ configuration: ServerConfiguration, at now: Instant) {
        start(configuration.join, .lan, at: now)
        guard configuration.wanEndpoint != nil else { return }
        start(configuration.joinWAN, .wan, at: now)
        nextFlood = now + Self.floodInterval
    }

    private mutating func start(_ joining: ServerConfiguration.Joining, _ channel: Channel, at now: Instant) {
        if !joining.atStart.isEmpty { starts[channel] = joining.atStart }
        var targets: [Retry.Target] = joining.endpoints.isEmpty ? [] : [.endpoints(joining.endpoints)]
        targets += joining.names.map { .name($0) }
        guard !targets.isEmpty else { return }
        retries[channel] = targets.map { Retry(target: $0, next: now) }
        intervals[channel] = joining.interval
        maxFailedCounts[channel] = joining.maxAttemptCount
    }

    mutating func takeStart(_ channel: Channel) -> [Endpoint]? { starts.removeValue(forKey: channel) }

    var nextDeadline: Instant { min(nextFlood, nextRetry) }

    /// Something is to be joined now.
    func isDue(at now: Instant) -> Bool { nextDeadline <= now || !starts.isEmpty }

    private mutating func findRetry() {
        nextRetry = .distantFuture
        for retry in retries.values.joined() where !retry.isJoining { nextRetry = min(nextRetry, retry.next) }
    }

    mutating func stop() {
        retries = [:]
        nextFlood = .distantFuture
    }

    mutating func newJoin(_ purpose: Purpose) -> JoinID {
        nextJoin += 1
        let id = JoinID(nextJoin)
        purposes[id] = purpose
        return id
    }

    mutating func take(_ id: JoinID) -> Purpose? { purposes.removeValue(forKey: id) }

    /// What to try now, and what to give up.
    mutating func due(_ channel: Channel, at now: Instant) -> [Due] {
        var due: [Due] = []
        for (target, retry) in (retries[channel] ?? []).enumerated() where !retry.isJoining && retry.next <= now {
            let id = LookupID(channel: channel, target: target)
            switch retry.target {
            case .endpoints(let endpoints):
                retries[channel]?[target].isJoining = true
                due.append(.join(id, endpoints))
            case .name(let name) where retry.isLookingUp:
                due.append(.late(id, name))
            case .name(let name):
                retries[channel]?[target].isLookingUp = true
                retries[channel]?[target].isAwaited = true
                retries[channel]?[target].next = now + Self.lookupLimit
                due.append(.lookUp(id, name))
            }
        }
        return due
    }

    /// - Returns: false when nobody wants the addresses any more, or there are none and that was known before.
    mutating func resolved(_ id: LookupID, isFound: Bool) -> Bool {
        guard let retry = retries[id.channel]?[id.target], retry.isLookingUp else { return false }
        retries[id.channel]?[id.target].isLookingUp = false
        guard isFound else { return retry.isAwaited }
        retries[id.channel]?[id.target].isJoining = true
        return true
    }

    /// The configured addresses are being tried, and none has taken us yet.
    /// Whether there is somebody to join and none has been reached since the start.
    func owes(_ channel: Channel) -> Bool { retries[channel] != nil || starts[channel] != nil }

    func isJoining(_ channel: Channel) -> Bool { retries[channel]?.contains { $0.isJoining } ?? false }

    /// At least one address answered: the pool keeps itself together from here on.
    mutating func joined(_ channel: Channel) { retries[channel] = nil }

    /// - Returns: false when every target has had as many attempts as allowed.
    mutating func failed(_ id: LookupID, at now: Instant) -> Bool {
        guard var retry = retries[id.channel]?[id.target], let interval = intervals[id.channel] else { return true }
        retry.failedCount += 1
        retry.isJoining = false
        retry.isAwaited = false
        retry.next = now + retry.pause
        retry.pause = min(retry.pause * 2, interval)
        retries[id.channel]?[id.target] = retry
        let most = maxFailedCounts[id.channel] ?? 0
        return most == 0 || retries[id.channel]?.contains { $0.failedCount < most } ?? true
    }
}
