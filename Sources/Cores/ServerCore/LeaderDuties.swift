import Determinism
import FederationModel

/// What a leader owes its datacenter besides the log, and when it is due.
struct LeaderDuties: Sendable {
    /// The whole LAN pool is compared with the catalog this often; changes are compared at once.
    static let fullReconcileInterval: Duration = .seconds(60)
    /// The peer set is compared with the LAN pool this often: a learner is promoted within it.
    static let membershipInterval: Duration = .milliseconds(500)
    /// A failed server is dropped from the peer set after this long, when the quorum stays safe without it.
    static let deadServerGrace: Duration = .seconds(10)

    /// A node that the pool does not know is held for failed after the first, and forgotten after the second: a leader
    /// that has just started knows nobody whom those it could join do not know, and hears of the rest by their next
    /// push/pull or reconnect, of 30 s each.
    static let unknownGrace: Duration = .seconds(15)
    static let forgetGrace: Duration = .seconds(90)

    private(set) var isLeading = false
    /// Since when this server leads: no health is known from before.
    private(set) var stableSince = Instant.zero
    var nextFullReconcile = Instant.distantFuture
    var nextMembership = Instant.distantFuture
    /// When the gathered coordinates are proposed, as one entry.
    private(set) var nextCoordinates = Instant.distantFuture
    /// Since when a peer has been failed in the LAN pool.
    var failedSince: [NodeID: Instant] = [:]
    /// When nodes that the pool does not know are looked for, and since when each has been seen so.
    private(set) var nextUnknownLook = Instant.distantFuture
    private var unknownSince: [String: Instant] = [:]
    private var changed: [String] = []
    private var coordinates: [Coordinate] = []

    var nextDeadline: Instant { min(nextFullReconcile, nextMembership, nextCoordinates, nextUnknownLook) }
    var hasChanges: Bool { !changed.isEmpty }

    /// Leading and ready to: everything is compared once.
    mutating func begin(at now: Instant) {
        guard !isLeading else { return }
        isLeading = true
        stableSince = now
        nextFullReconcile = now
        nextMembership = now
    }

    mutating func end() {
        guard isLeading else { return }
        isLeading = false
        nextFullReconcile = .distantFuture
        nextMembership = .distantFuture
        failedSince = [:]
        nextUnknownLook = .distantFuture
        unknownSince = [:]
        changed = []
        coordinates = []
        nextCoordinates = .distantFuture
    }

    mutating func memberChanged(_ name: String) {
        guard isLeading, !changed.contains(name) else { return }
        changed.append(name)
        nextMembership = .zero
    }

    /// Nodes that the pool does not know, as of now.
    /// - Returns: what each has come to.
    mutating func sawUnknown(_ names: [String], at now: Instant) -> (failed: [String], gone: [String]) {
        unknownSince = Dictionary(names.map { ($0, unknownSince[$0] ?? now) }) { first, _ in first }
        nextUnknownLook = names.isEmpty ? .distantFuture : now + Self.unknownGrace
        let gone = names.filter { now - (unknownSince[$0] ?? now) >= Self.forgetGrace }
        let failed = names.filter { !gone.contains($0) && now - (unknownSince[$0] ?? now) >= Self.unknownGrace }
        return (failed, gone)
    }

    /// The next change may be made now.
    mutating func membershipCommitted(at now: Instant) {
        if isLeading { nextMembership = min(nextMembership, now) }
    }

    // MARK: Coordinates

    static let coordinateInterval: Duration = .seconds(5)
    /// Consul's bound: 5 batches of 128. Agents send again soon, so what is above it may be dropped.
    static let maxCoordinateCount = 640

    /// What comes before the duties have begun is dropped: nobody would propose it, and its time would stay due.
    /// - Parameter batch: keeps only the newest of each node.
    mutating func gather(_ batch: [Coordinate], at now: Instant) {
        guard isLeading else { return }
        for coordinate in batch {
            coordinates.removeAll { $0.node == coordinate.node && $0.segment == coordinate.segment }
            if coordinates.count < Self.maxCoordinateCount { coordinates.append(coordinate) }
        }
        nextCoordinates = min(nextCoordinates, now + Self.coordinateInterval)
    }

    mutating func takeCoordinates() -> [Coordinate] {
        nextCoordinates = .distantFuture
        defer { coordinates = [] }
        return coordinates
    }

    mutating func takeChanged() -> [String] {
        defer { changed = [] }
        return changed
    }
}
