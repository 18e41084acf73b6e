import Determinism
import FederationModel
import RPCCore
import RoutingCore

/// What a leader owes its datacenter besides the log, and when it is due; and the verdict pings every server sends.
struct LeaderDuties: Sendable {
    struct SentPing: Sendable {
        let id: PingID
        let request: Request
        let sentAt: Instant
        let isFresh: Bool
    }

    /// The whole LAN pool is compared with the catalog this often; changes are compared at once.
    static let fullReconcileInterval: Duration = .seconds(60)
    /// The peer set is compared with the LAN pool this often: a learner is promoted within it.
    static let membershipInterval: Duration = .milliseconds(500)
    /// A failed server is dropped from the peer set after this long, when the quorum stays safe without it.
    static let deadServerGrace: Duration = .seconds(10)

    var pings: [CallID: SentPing] = [:]
    private(set) var isLeading = false
    var nextFullReconcile = Instant.distantFuture
    var nextMembership = Instant.distantFuture
    /// Since when a peer has been failed in the LAN pool.
    var failedSince: [NodeID: Instant] = [:]
    private var changed: [String] = []

    var nextDeadline: Instant { min(nextFullReconcile, nextMembership) }
    var hasChanges: Bool { !changed.isEmpty }

    /// Leading and ready to: everything is compared once.
    mutating func begin(at now: Instant) {
        guard !isLeading else { return }
        isLeading = true
        nextFullReconcile = now
        nextMembership = now
    }

    mutating func end() {
        guard isLeading else { return }
        isLeading = false
        nextFullReconcile = .distantFuture
        nextMembership = .distantFuture
        failedSince = [:]
        changed = []
    }

    mutating func memberChanged(_ name: String) {
        guard isLeading, !changed.contains(name) else { return }
        changed.append(name)
        nextMembership = .zero
    }

    /// The next change may be made now.
    mutating func membershipCommitted(at now: Instant) {
        if isLeading { nextMembership = min(nextMembership, now) }
    }

    mutating func takeChanged() -> [String] {
        defer { changed = [] }
        return changed
    }
}
