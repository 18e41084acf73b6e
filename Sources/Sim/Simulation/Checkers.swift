import Determinism
package import FederationModel
import RaftCore
package import ServerCore

/// What must never happen (design §5), watched after every step.
package struct SafetyChecker: Sendable {
    struct Applied: Equatable, Sendable {
        let term: Term
        let digest: UInt64
    }

    private var leaders: [String: [Term: String]] = [:]
    private var catalogs: [String: [LogIndex: UInt64]] = [:]
    private var applied: [String: [LogIndex: Applied]] = [:]
    package private(set) var violations: [String] = []
    package private(set) var electionCount = 0
    package private(set) var appliedCount = 0

    package init() {}

    /// - Parameter digest: of a catalog's canonical bytes, whatever way it came to be: from entries or a snapshot.
    package mutating func check(catalog digest: UInt64, at index: LogIndex, node: String, datacenter: String) {
        let known = catalogs[datacenter, default: [:]].updateValue(digest, forKey: index)
        guard let known, known != digest else { return }
        violations.append("design §5: \(node) has another catalog at \(datacenter) index \(index) than its peers")
    }

    package mutating func check(_ observation: Observation, node: String, datacenter: String) {
        switch observation {
        case .becameLeader(let term):
            electionCount += 1
            let known = leaders[datacenter, default: [:]].updateValue(node, forKey: term)
            if let known, known != node {
                violations.append("Raft §5.2 election safety: \(known) and \(node) lead \(datacenter) in term \(term)")
            }
        case .applied(let index, let term, let digest):
            appliedCount += 1
            let entry = Applied(term: term, digest: digest)
            guard let known = applied[datacenter]?[index] else {
                applied[datacenter, default: [:]][index] = entry
                return
            }
            if known != entry {
                violations.append(
                    "Raft §5.4.3 state machine safety: \(node) applied term \(term) at \(datacenter) index \(index), "
                        + "another server term \(known.term)")
            }
        case .leaderChanged, .verdict, .clusterKnown, .voted, .member: break
        }
    }
}
