import Determinism
import FederationModel
import GossipCore

/// Members of a datacenter that an operator has forgotten.
extension SerfPool {
    /// Erases all members whose names end so, and lets none of them in until `admit`. Nothing is told to others.
    mutating func bar(_ suffix: String, at now: Instant, into effects: inout [PoolEffect]) {
        guard !suffix.isEmpty, !configuration.name.hasSuffix(suffix) else { return }
        memberlist.bar(suffix: suffix)
        for name in table.keys.filter({ $0.hasSuffix(suffix) }).sorted() {
            guard let entry = table.removeValue(forKey: name) else { continue }
            forgetTraces(of: name)
            snapshot?.notAlive(name, at: now)
            effects.append(.event(.memberReaped(entry.member)))
        }
        intents = intents.filter { !$0.key.hasSuffix(suffix) }
    }

    /// Lamport time of the newest intent about a member, and its incarnation; 0 for what is not known.
    package func times(of name: String) -> (status: UInt64, incarnation: UInt64) {
        (table[name]?.statusTime ?? 0, memberlist.nodes[name].map { UInt64($0.incarnation) } ?? 0)
    }
}
