import Determinism
import FederationModel
import SerfCore

/// Joins the configured addresses of both pools and never gives up: 50 ms after the start, doubling up to the
/// configured interval (design §3).
struct Joiner: Sendable {
    enum Purpose: Equatable, Sendable {
        /// Must succeed.
        case start(Channel)
        case retry(Channel)
        /// A server of this datacenter that the WAN pool does not know yet.
        case flood
        case request(RequestID)
    }

    struct Retry: Sendable {
        var endpoints: [Endpoint]
        var interval: Duration
        var pause: Duration = .milliseconds(50)
        var next: Instant
        var isJoining = false
        var failedCount = 0
        /// 0: no limit.
        let maxFailedCount: Int
    }

    private var starts: [Channel: [Endpoint]] = [:]
    private(set) var retries: [Channel: Retry] = [:]
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
        guard !joining.endpoints.isEmpty else { return }
        retries[channel] = Retry(
            endpoints: joining.endpoints, interval: joining.interval, next: now,
            maxFailedCount: joining.maxAttemptCount)
    }

    mutating func takeStart(_ channel: Channel) -> [Endpoint]? { starts.removeValue(forKey: channel) }

    var nextDeadline: Instant {
        let lan = retries[.lan].map { $0.isJoining ? .distantFuture : $0.next } ?? .distantFuture
        let wan = retries[.wan].map { $0.isJoining ? .distantFuture : $0.next } ?? .distantFuture
        return min(lan, wan, nextFlood)
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

    /// The addresses to try now, when it is time to.
    mutating func due(_ channel: Channel, at now: Instant) -> [Endpoint]? {
        guard let retry = retries[channel], !retry.isJoining, retry.next <= now else { return nil }
        retries[channel]?.isJoining = true
        return retry.endpoints
    }

    /// - Parameter isJoined: at least one address answered: the pool keeps itself together from here on.
    /// - Returns: false when that was the last attempt allowed.
    mutating func finished(_ channel: Channel, isJoined: Bool, at now: Instant) -> Bool {
        guard var retry = retries[channel] else { return true }
        if isJoined {
            retries[channel] = nil
            return true
        }
        retry.failedCount += 1
        retry.isJoining = false
        retry.next = now + retry.pause
        retry.pause = min(retry.pause * 2, retry.interval)
        retries[channel] = retry
        return retry.maxFailedCount == 0 || retry.failedCount < retry.maxFailedCount
    }
}
