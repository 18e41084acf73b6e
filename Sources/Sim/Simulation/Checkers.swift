import Determinism
import FederationModel
import RaftCore
import ServerCore

/// What must never happen (design §5), watched after every step.
package struct SafetyChecker: Sendable {
    struct Applied: Equatable, Sendable {
        let term: Term
        let digest: UInt64
    }

    private var leaders: [String: [Term: String]] = [:]
    private var applied: [String: [LogIndex: Applied]] = [:]
    package private(set) var violations: [String] = []
    package private(set) var electionCount = 0
    package private(set) var appliedCount = 0

    package init() {}

    mutating func check(_ observation: Observation, node: String, datacenter: String) {
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
        case .leaderChanged, .verdict, .clusterKnown: break
        }
    }
}

/// One writer to one key of one datacenter: values count up, so every read tells which writes it has seen.
struct RegisterChecker: Sendable {
    let key: String
    private(set) var lastSent = 0
    private(set) var lastAcknowledged = 0
    /// Sent and without a known outcome: may or may not be there.
    private(set) var uncertain: Set<Int> = []

    init(key: String) { self.key = key }

    mutating func sent() -> Int {
        lastSent += 1
        return lastSent
    }

    mutating func ended(_ value: Int, isAcknowledged: Bool) {
        if isAcknowledged { lastAcknowledged = max(lastAcknowledged, value) } else { uncertain.insert(value) }
    }

    /// - Parameter floor: what was acknowledged before the read began.
    func violation(read value: Int, floor: Int) -> String? {
        guard value >= floor else { return "\(key) reads \(value) after \(floor) was acknowledged" }
        guard value <= lastSent else { return "\(key) reads \(value), never written" }
        return nil
    }
}
