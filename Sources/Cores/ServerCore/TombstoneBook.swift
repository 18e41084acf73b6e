import Determinism
import FederationModel
import RPCCore
import WireFormat

/// Forgotten datacenters, and who still asks for them.
struct TombstoneBook: Sendable {
    /// Names of one datacenter that are kept; the one that asked longest ago gives way.
    static let maxAskerCount = 64
    /// Between two questions to a datacenter whether it lives again.
    static let probeInterval = Duration.seconds(2)

    /// A question to a server of a forgotten datacenter.
    struct Probe: Sendable {
        let datacenter: String
        let request: Request
        /// What gossip claims.
        let incarnation: UInt64
        /// In the WAN pool.
        let name: String
        let gossip: Endpoint
    }

    private struct Asker: Sendable {
        var count = 0
        var last: Instant
    }

    /// By datacenter.
    private var tombstones: [String: Tombstone] = [:] {
        didSet { firstEnd = tombstones.values.map(Self.end).min() }
    }
    /// When the first one is over, as a stamp; nil without one.
    private var firstEnd: UInt64?
    private var askers: [String: [String: Asker]] = [:]
    private var nextProbe: [String: Instant] = [:]
    private var probes: [CallID: Probe] = [:]

    var isEmpty: Bool { tombstones.isEmpty }

    subscript(datacenter: String) -> Tombstone? { tombstones[datacenter] }

    /// Sorted by datacenter, ended ones included.
    var all: [Tombstone] { tombstones.values.sorted { $0.datacenter < $1.datacenter } }

    /// What an answer to a ping carries.
    var standing: [Tombstone] { tombstones.isEmpty ? [] : all.filter(\.isStanding) }

    func isForgotten(_ datacenter: String) -> Bool { tombstones[datacenter]?.isStanding == true }

    /// Whether it is newer than what is known of its datacenter and not over.
    func isNews(_ tombstone: Tombstone, stamp: UInt64) -> Bool {
        // A stamp of tomorrow is a broken clock's: nothing would be newer than it.
        let isSane = !tombstone.datacenter.isEmpty && tombstone.stamp <= stamp + 24 * 3_600_000
        guard isSane, Self.end(of: tombstone) > stamp else { return false }
        guard let known = tombstones[tombstone.datacenter] else { return tombstones.count < TombstoneFile.maxCount }
        return tombstone.stamp > known.stamp
    }

    mutating func put(_ tombstone: Tombstone) {
        tombstones[tombstone.datacenter] = tombstone
        if !tombstone.isStanding {
            askers[tombstone.datacenter] = nil
            nextProbe[tombstone.datacenter] = nil
        }
    }

    /// - Returns: those that were dropped.
    mutating func dropExpired(stamp: UInt64) -> [Tombstone] {
        guard !tombstones.isEmpty else { return [] }
        let expired = all.filter { Self.end(of: $0) <= stamp }
        for tombstone in expired {
            tombstones[tombstone.datacenter] = nil
            askers[tombstone.datacenter] = nil
            nextProbe[tombstone.datacenter] = nil
        }
        return expired
    }

    /// When one has to be looked at again.
    /// - Parameter calendarOrigin: nanoseconds on the calendar at `Instant.zero`.
    func nextDeadline(calendarOrigin: Int64) -> Instant {
        guard let firstEnd else { return .distantFuture }
        let origin = UInt64(clamping: calendarOrigin / 1_000_000)
        // Whatever a file says, it is looked at again in a hundred days.
        let distance = min(firstEnd - min(firstEnd, origin), 100 * 24 * 3_600_000)
        return Instant.zero + .milliseconds(Int64(distance) + 1)
    }

    private static func end(of tombstone: Tombstone) -> UInt64 {
        let (end, overflow) = tombstone.stamp.addingReportingOverflow(
            UInt64(Tombstone.lifetime.components.seconds) * 1000)
        return overflow ? .max : end
    }

    // MARK: Who asks

    mutating func asked(for datacenter: String, by name: String, at now: Instant) {
        guard isForgotten(datacenter) else { return }
        var names = askers[datacenter] ?? [:]
        if names[name] == nil, names.count >= Self.maxAskerCount,
            let oldest = names.min(by: { ($0.value.last, $0.key) < ($1.value.last, $1.key) })
        {
            names[oldest.key] = nil
        }
        names[name] = Asker(count: (names[name]?.count ?? 0) + 1, last: now)
        askers[datacenter] = names
    }

    func reports(stamp: UInt64, at now: Instant) -> [TombstoneReport] {
        all.map { tombstone in
            let askers = (askers[tombstone.datacenter] ?? [:]).sorted {
                $0.value.last != $1.value.last ? $0.value.last > $1.value.last : $0.key < $1.key
            }
            let end = Self.end(of: tombstone)
            return TombstoneReport(
                tombstone: tombstone, remaining: .milliseconds(Int64(clamping: end - min(end, stamp))),
                askers: askers.map { .init(name: $0.key, count: $0.value.count, age: now - $0.value.last) })
        }
    }

    // MARK: Whether it lives again

    mutating func mayProbe(_ datacenter: String, at now: Instant) -> Bool {
        guard isForgotten(datacenter), now >= nextProbe[datacenter] ?? Instant.zero else { return false }
        nextProbe[datacenter] = now + Self.probeInterval
        return true
    }

    mutating func probing(_ probe: Probe, as call: CallID) { probes[call] = probe }

    mutating func take(_ call: CallID) -> Probe? { probes.isEmpty ? nil : probes.removeValue(forKey: call) }
}
