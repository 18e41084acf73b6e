import Determinism
import FederationModel

/// Nodes that an operator has forgotten: what others still say of them brings them back to nobody's table.
extension Memberlist {
    /// Endings of names; as many as there are tombstones.
    static let maxBarredSuffixCount = 16

    /// Erases all nodes whose names end so, and admits none until `admit(suffix:)`.
    package mutating func bar(suffix: String) {
        guard !suffix.isEmpty, !configuration.name.hasSuffix(suffix) else { return }
        if !barredSuffixes.contains(suffix), barredSuffixes.count < Self.maxBarredSuffixCount {
            barredSuffixes.append(suffix)
        }
        for name in nodes.keys.filter({ $0.hasSuffix(suffix) }) {
            nodes[name] = nil
            suspicions[name] = nil
            if probe?.name == name { probe = nil }
        }
        probeList.removeAll { nodes[$0] == nil }
        probeIndex = min(probeIndex, probeList.count)
        holders = holders.filter { nodes[$0.value] != nil }
    }

    package mutating func admit(suffix: String) { barredSuffixes.removeAll { $0 == suffix } }

    func isBarred(_ name: String) -> Bool {
        if Mutant.forgottenAdmitted.isOn { return false }
        return !barredSuffixes.isEmpty && barredSuffixes.contains { name.hasSuffix($0) }
    }
}
