import Determinism
package import FederationModel

/// Which failed requests may go to another server. The caller checks that its deadline leaves time.
package struct RetryPolicy: Equatable, Sendable {
    package var maxRetries: Int

    package init(maxRetries: Int) { self.maxRetries = maxRetries }

    /// A request for another datacenter is repeated once at most.
    package static let acrossDatacenters = RetryPolicy(maxRetries: 1)

    /// - Parameter retryCount: repeats already made.
    package func allows(_ request: Request, after failure: CallFailure, retryCount: Int) -> Bool {
        guard retryCount < maxRetries else { return false }
        switch failure {
        // Our own limit: another server would meet it too.
        case .overloaded: return false
        // The peer says that nothing was applied (`wire/consul-rpc.md` 1.8). A whole datacenter without a leader is
        // not mended by asking again.
        case .application(let text, let label, _): return label != "leaderless" && text.contains("No cluster leader")
        case .refused, .connectTimeout, .connectFailed, .notSent, .noAnswer, .lost:
            return failure.isCertainlyNotProcessed || Self.changesNothing(request)
                || Mutant.writeRetriedAfterUnknown.isOn
        }
    }

    /// A relay that cannot hand it on has done nothing; another one may be able to. What it says of the datacenter's
    /// servers holds for all.
    package func allowsOtherRelay(after failure: CallFailure, retryCount: Int) -> Bool {
        guard retryCount < maxRetries, case .application(_, let label, _) = failure else { return false }
        return ["unreachable", "connection", "not-joined", "unknown-datacenter", "left", "forgotten", "overloaded"]
            .contains(label)
    }

    /// Doing it twice is the same as once. Firing an event twice is not.
    package static func changesNothing(_ request: Request) -> Bool {
        switch request.kind {
        case .read, .local: true
        case .write: false
        case .leader:
            switch request {
            case .operatorRemovePeerByAddress, .operatorRemovePeerByID: false
            default: true
            }
        case .anyServer: if case .internalEventFire = request { false } else { true }
        }
    }
}
