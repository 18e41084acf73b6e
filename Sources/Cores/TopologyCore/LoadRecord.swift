import Determinism

/// What a load asked, and what came of it. Times count from the beginning of the run.
package struct LoadRecord: Sendable {
    package enum Outcome: Sendable {
        case succeeded
        /// Answered as certainly not done.
        case refused
        /// May or may not have been done.
        case unknown
    }

    package struct Request: Sendable {
        package var isWrite: Bool
        package var key: String
        /// Written or read; nil: nothing is there.
        package var value: String?
        package var begun: Duration
        package var ended: Duration
        package var outcome: Outcome

        package init(
            isWrite: Bool, key: String, value: String?, begun: Duration, ended: Duration, outcome: Outcome
        ) {
            self.isWrite = isWrite
            self.key = key
            self.value = value
            self.begun = begun
            self.ended = ended
            self.outcome = outcome
        }
    }

    package var load: Topology.Load
    /// In the order of their ends. One simulated day of 20 a second is 1.7 million, about 200 MiB.
    package var requests: [Request] = []
    /// Writes begun and not ended.
    package var openWrites: [Request] = []
    package var isFinished = false

    package init(_ load: Topology.Load) { self.load = load }

    package var acknowledged: [Request] { requests.filter { $0.isWrite && $0.outcome == .succeeded } }
    package var succeededCount: Int { requests.count { $0.outcome == .succeeded } }
    package var failedCount: Int { requests.count { $0.outcome != .succeeded } }

    /// The earliest success of a request begun after `moment`.
    package func firstSuccess(begunAfter moment: Duration) -> Duration? {
        requests.filter { $0.outcome == .succeeded && $0.begun >= moment }.map(\.ended).min()
    }

    /// Between two successes in a row.
    package var longestGap: Duration {
        let times = requests.filter { $0.outcome == .succeeded }.map(\.ended)
        return zip(times, times.dropFirst()).map { $1 - $0 }.max() ?? .zero
    }

    /// Requests that ended in the last `time`; all when nil.
    package func recent(_ time: Duration?, at now: Duration) -> ArraySlice<Request> {
        guard let time else { return requests[...] }
        let first = requests.lastIndex { $0.ended < now - time }.map { $0 + 1 } ?? 0
        return requests[first...]
    }

    /// Of what must be there at the end: under each key the value last acknowledged, with those that may have replaced
    /// it: writes of unknown fate, and acknowledged ones begun before it had ended.
    package var expectedValues: [(key: String, allowed: Set<String>)] {
        var last: [String: Request] = [:]
        for write in acknowledged where last[write.key].map({ $0.begun < write.begun }) ?? true {
            last[write.key] = write
        }
        var allowed: [String: Set<String>] = [:]
        for write in requests + openWrites where write.isWrite && write.outcome != .refused {
            guard let acknowledged = last[write.key], let value = write.value else { continue }
            if write.ended >= acknowledged.begun || write.outcome == .unknown {
                allowed[write.key, default: []].insert(value)
            }
        }
        return allowed.keys.sorted().map { (key: $0, allowed: allowed[$0] ?? []) }
    }
}
