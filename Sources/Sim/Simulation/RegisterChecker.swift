package import FederationModel

/// One writer to one key of one datacenter: values count up and each is set only over the version the writer has read,
/// so the key's values ascend in the log's order. A write that comes late finds the version gone and does nothing.
package struct RegisterChecker: Sendable {
    package enum Outcome: Equatable, Sendable {
        case acknowledged
        /// Answered as certainly not done.
        case refused
        case unknown
    }

    package let key: String
    package private(set) var lastSent = 0
    package private(set) var lastAcknowledged = 0
    private var refused: Set<Int> = []

    package init(key: String) { self.key = key }

    package mutating func sent() -> Int {
        lastSent += 1
        return lastSent
    }

    package mutating func ended(_ value: Int, _ outcome: Outcome) {
        switch outcome {
        case .acknowledged: lastAcknowledged = max(lastAcknowledged, value)
        case .refused: refused.insert(value)
        case .unknown: break
        }
    }

    /// - Parameter floor: what was acknowledged before the read began.
    package func violation(read value: Int, floor: Int) -> String? {
        guard value >= floor else { return "stale or lost: \(key) reads \(value) after \(floor) was acknowledged" }
        guard value <= lastSent else { return "\(key) reads \(value), never written" }
        guard !refused.contains(value) else { return "\(key) reads \(value), which was answered as not done" }
        return nil
    }
}

extension RegisterChecker.Outcome {
    /// What a writer may conclude from the answer.
    package init(_ answer: Result<Response, FederationError>) {
        self =
            switch answer {
            case .success(.bool(true)): .acknowledged
            case .success(.bool(false)): .refused
            case .failure(.noLeader), .failure(.unknownDatacenter), .failure(.notJoined), .failure(.left),
                .failure(.forgotten), .failure(.unreachable), .failure(.frozen), .failure(.leaderless),
                .failure(.staleBeyondBound), .failure(.timedOut), .failure(.overloaded), .failure(.diskFull),
                .failure(.denied), .failure(.badRequest), .failure(.unknownMethod), .failure(.connection):
                .refused
            case .failure(.outcomeUnknown), .failure(.remote), .failure(.notReadyForConsistentReads), .success:
                .unknown
            }
    }
}
