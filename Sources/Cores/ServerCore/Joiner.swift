import Determinism
import FederationModel
import SerfCore

/// Joins the configured addresses of both pools and never gives up: 50 ms after the start, doubling up to the
/// configured interval (design §3).
struct Joiner: Sendable {
    enum Purpose: Equatable, Sendable {
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
    }

    private(set) var retries: [Channel: Retry] = [:]
    private var purposes: [JoinID: Purpose] = [:]
    private var nextJoin: UInt64 = 0
    var nextFlood = Instant.distantFuture

    /// Every server looks for LAN servers missing in the WAN pool (`wire/serf-gossip.md` 6.4).
    static let floodInterval: Duration = .seconds(60)

    mutating func start(_ configuration: ServerConfiguration, at now: Instant) {
        if !configuration.join.endpoints.isEmpty {
            retries[.lan] = Retry(
                endpoints: configuration.join.endpoints, interval: configuration.join.interval, next: now)
        }
        guard configuration.wanEndpoint != nil else { return }
        if !configuration.joinWAN.endpoints.isEmpty {
            retries[.wan] = Retry(
                endpoints: configuration.joinWAN.endpoints, interval: configuration.joinWAN.interval, next: now)
        }
        nextFlood = now + Self.floodInterval
    }

    var nextDeadline: Instant {
        let lan = retries[.lan].map { $0.isJoining ? .distantFuture : $0.next } ?? .distantFuture
        let wan = retries[.wan].map { $0.isJoining ? .distantFuture : $0.next } ?? .distantFuture
        return min(lan, wan, nextFlood)
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

    /// The configured addresses are being tried, and none has taken us yet.
    func isJoining(_ channel: Channel) -> Bool { retries[channel]?.isJoining ?? false }

    /// - Parameter isJoined: at least one address answered: the pool keeps itself together from here on.
    mutating func finished(_ channel: Channel, isJoined: Bool, at now: Instant) {
        guard var retry = retries[channel] else { return }
        if isJoined {
            retries[channel] = nil
            return
        }
        retry.isJoining = false
        retry.next = now + retry.pause
        retry.pause = min(retry.pause * 2, retry.interval)
        retries[channel] = retry
    }
}
