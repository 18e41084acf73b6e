import Determinism
import FederationModel
import RoutingCore
import SerfCore

// Which datacenters may exist although the WAN pool lists none of their servers: what does not exist is told from what
// cannot be known.

extension ServerCore {
    /// One name in a line; beside the pool's snapshot, which names the living only.
    package static let datacentersName = "serf/datacenters"

    /// Nothing is known of it here, and yet it cannot be called unknown.
    func isUnseen(_ datacenter: String, at now: Instant) -> Bool {
        guard configuration.isServer, router.verdict(of: datacenter) == nil, !known.hasLeft(datacenter) else {
            return false
        }
        return isUndecided || known.contains(datacenter, at: now)
    }

    /// There are others to be heard of, and nobody has told of them since the start: either nobody at all, or only
    /// servers of this datacenter that know as little.
    var isUndecided: Bool {
        guard configuration.isServer, let wan else { return false }
        if !wan.hasMerged { return joiner.owes(.wan) || known.isFromBefore }
        return joiner.owes(.wan) && router.names.isEmpty
    }

    /// Some that a query might fail over to are not seen yet.
    func mayMiss(_ failover: QueryDatacenterOptions, at now: Instant) -> Bool {
        let isAnyWanted = failover.nearestN > 0
        if isUndecided { return isAnyWanted || failover.datacenters?.isEmpty == false }
        return failover.datacenters?.contains { isUnseen($0, at: now) } == true
            || isAnyWanted && known.names(at: now).contains { isUnseen($0, at: now) }
    }

    // MARK: What the pool tells

    /// The pool lists a server of it.
    mutating func listed(_ datacenter: String, at now: Instant) {
        guard configuration.isServer, datacenter != configuration.datacenter else { return }
        // Who left does not exist, and is not waited for.
        if router.verdict(of: datacenter) == .left { known.forget(datacenter) } else { known.hear(datacenter, at: now) }
        saveKnown(at: now)
    }

    /// A server was erased on purpose or after its time.
    mutating func erased(_ member: String, at now: Instant) {
        guard let datacenter = KnownDatacenters.datacenter(ofMember: member), router.verdict(of: datacenter) == nil
        else { return }
        known.forget(datacenter)
        saveKnown(at: now)
    }

    mutating func strangersNamed(_ present: [String], left: [String], at now: Instant) {
        func datacenters(of members: [String]) -> Set<String> {
            Set(members.compactMap(KnownDatacenters.datacenter(ofMember:)).filter { router.verdict(of: $0) == nil })
        }
        let there = datacenters(of: present).subtracting([configuration.datacenter])
        for datacenter in datacenters(of: left).subtracting(there) { known.left(datacenter) }
        // Sorted: with many names some find no place.
        for datacenter in there.sorted() where !forgetting.isForgotten(datacenter) {
            known.hear(datacenter, at: now)
        }
        saveKnown(at: now)
    }

    mutating func saveKnown(at now: Instant) {
        guard configuration.isServer, let file = known.changedFile(at: now) else { return }
        out.append(.saveFile(name: Self.datacentersName, file))
    }
}
