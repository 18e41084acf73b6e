import CurlProbes
import FederationModel
import Foundation

/// An engine whose results can be waited for, each up to a deadline.
final class ProbeBench: @unchecked Sendable {
    // Results and arrival times are touched only while `condition` is locked.
    private let condition = NSCondition()
    private var results: [ProbeID: (result: ProbeResult, at: ContinuousClock.Instant)] = [:]
    private var lastID: UInt64 = 0
    private var engine: ProbeEngine?

    init(limits: ProbeLimits = ProbeLimits(), certificates: String? = nil) {
        engine = ProbeEngine(limits: limits, certificates: certificates) { [weak self] in self?.store($0, $1) }
    }

    private func store(_ probe: ProbeID, _ result: ProbeResult) {
        condition.lock()
        results[probe] = (result, .now)
        condition.broadcast()
        condition.unlock()
    }

    func start(_ request: ProbeRequest) -> ProbeID {
        condition.lock()
        lastID += 1
        let probe = ProbeID(lastID)
        condition.unlock()
        engine?.start(probe, request)
        return probe
    }

    func cancel(_ probe: ProbeID) { engine?.cancel(probe) }

    func wait(_ probe: ProbeID, seconds: Double = 20) -> (result: ProbeResult, at: ContinuousClock.Instant)? {
        let deadline = Date(timeIntervalSinceNow: seconds)
        condition.lock()
        defer { condition.unlock() }
        while results[probe] == nil {
            guard condition.wait(until: deadline) else { return nil }
        }
        return results[probe]
    }

    var resultCount: Int {
        condition.lock()
        defer { condition.unlock() }
        return results.count
    }

    func run(_ request: ProbeRequest) -> ProbeResult? { wait(start(request))?.result }

    func stop() {
        engine?.shutdown()
        engine = nil
    }
}

func http(_ url: String, timeout: Duration = .seconds(5), change: (inout ProbeRequest.HTTP) -> Void = { _ in })
    -> ProbeRequest
{
    var target = ProbeRequest.HTTP(url: url)
    change(&target)
    return ProbeRequest(target: .http(target), timeout: timeout)
}

func tcp(_ address: String, timeout: Duration = .seconds(5)) -> ProbeRequest {
    ProbeRequest(target: .tcp(address), timeout: timeout)
}

extension ProbeResult {
    /// Status, reason and body in one line, or the reason of the failure.
    var summary: String {
        switch self {
        case .answered(let code, let reason, let body, _): "\(code) \(reason): \(body)"
        case .failed(let reason): "failed: \(reason)"
        }
    }
}
