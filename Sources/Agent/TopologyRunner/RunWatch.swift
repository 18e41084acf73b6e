import Synchronization
import TopologyCore

/// An expectation that is looked at beside the run's own thread until it is decided.
final class RunWatch: Sendable {
    enum Purpose: Sendable {
        /// It has to come to hold.
        case come
        /// It must hold, or must not hold, at each look.
        case always, never
    }

    enum Outcome: Sendable {
        case held(Duration, evidence: String)
        case failed(String)
    }

    /// Between two looks; the grain of the times in the table.
    private static let pause = Duration.milliseconds(25)
    private static let steadyPause = Duration.milliseconds(250)

    private struct State {
        var outcome: Outcome?
        var lookCount = 0
        var lastReason = ""
    }

    let expectation: TopologyExpectation
    private let purpose: Purpose
    private let mark: ContinuousClock.Instant
    private let deadline: ContinuousClock.Instant
    private let federation: SharedFederation
    private let stop = StopSwitch()
    private let state = Mutex(State())
    private let work: Mutex<ThreadedWork<Bool>?> = Mutex(nil)

    /// - Parameters:
    ///   - mark: when it begins, and what the time of holding counts from.
    ///   - deadline: of coming to hold, or of the last look.
    init(
        _ expectation: TopologyExpectation, _ purpose: Purpose, from mark: ContinuousClock.Instant,
        until deadline: ContinuousClock.Instant, _ federation: SharedFederation
    ) {
        (self.expectation, self.purpose, self.mark) = (expectation, purpose, mark)
        (self.deadline, self.federation) = (deadline, federation)
        work.withLock { $0 = ThreadedWork([{ @Sendable [self] in watch() }]) }
    }

    /// Nil while it is not decided.
    var outcome: Outcome? { state.withLock { $0.outcome } }
    var lastReason: String { state.withLock { $0.lastReason } }

    /// No more looks; what was watched all the time and did not fail has held.
    func settle() {
        stop.turnOn()
        decide(.failed(lastReason))
    }

    func cancel() { stop.turnOn() }

    private var now: ContinuousClock.Instant { .now }

    private func watch() -> Bool {
        // In small pieces, so that a run's end is not waited for.
        while now < mark {
            if stop.isOn { return false }
            TopologyRunner.pause(min(.milliseconds(50), mark - now))
        }
        while !stop.isOn {
            look()
            if outcome != nil { return true }
            TopologyRunner.pause(purpose == .come ? Self.pause : Self.steadyPause)
        }
        return true
    }

    private func look() {
        let begun = now
        if begun > deadline && purpose != .come { return decide(.failed("")) }
        do throws(FederationReason) {
            let held = try federation.value.check(expectation.kind, since: mark)
            state.withLock { $0.lookCount += 1 }
            switch purpose {
            case .always: break
            case .never:
                let text = "it held\(held.evidence.isEmpty ? "" : ": \(held.evidence)")"
                state.withLock { $0.outcome = $0.outcome ?? .failed(text) }
            case .come:
                // What was looked at before the deadline counts although the answer took its time.
                let moment = held.since ?? now
                decide(
                    (held.since ?? begun) <= deadline
                        ? .held(moment - mark, evidence: held.evidence)
                        : .failed("held only after \((moment - mark).shown)"))
            }
        } catch {
            let reason = error.description
            state.withLock { state in
                state.lookCount += 1
                state.lastReason = reason
                let isOver = purpose == .always || purpose == .come && begun >= deadline
                if isOver && state.outcome == nil { state.outcome = .failed(reason) }
            }
        }
    }

    private func decide(_ outcome: Outcome) {
        let time = now - mark
        state.withLock { state in
            guard state.outcome == nil else { return }
            switch purpose {
            case .come: state.outcome = outcome
            case .always, .never: state.outcome = .held(time, evidence: "\(state.lookCount) looks")
            }
        }
    }
}
