package import Determinism
package import FederationModel

/// When runs of one check began and how long they took.
package struct CheckTimings: Equatable, Sendable {
    /// Runs started since the check was added.
    package var runCount = 0
    package var lastStart: Instant?
    /// Start of the last run minus the instant it was due.
    package var lastLateness: Duration = .zero
    package var maxLateness: Duration = .zero
    /// Phases of the last run that was answered.
    package var lastAnswer: ProbeResult.Timings?

    package init() {}

    mutating func started(at now: Instant, due: Instant) {
        runCount += 1
        lastStart = now
        lastLateness = now - due
        maxLateness = max(maxLateness, lastLateness)
    }
}

/// One check between two events.
struct ScheduledCheck: Sendable {
    struct Run: Equatable, Sendable {
        let probe: ProbeID
        let start: Instant
    }

    private struct Subject: Sendable {
        let definition: CheckDefinition
        let plan: CheckPlan
    }

    private let subject: Shared<Subject>
    var outcome: CheckOutcome
    var criticalSince: Instant?
    var successCount = 0
    var failureCount = 0
    /// The run under way: there is never a second one.
    var run: Run?
    /// When this check needs attention: next run, patience with the present run at its end, or the TTL's end.
    var due: Instant = .distantFuture
    /// The one entry of the deadline queue that counts for this check.
    var queued: Instant = .distantFuture
    var timings = CheckTimings()

    init(_ definition: CheckDefinition, plan: CheckPlan, at now: Instant) {
        subject = Shared(Subject(definition: definition, plan: plan))
        outcome = CheckOutcome(CheckStatus(rawValue: definition.initialStatus) ?? .critical, "")
        criticalSince = outcome.status == .critical ? now : nil
    }

    var definition: CheckDefinition { subject.record.definition }
    var plan: CheckPlan { subject.record.plan }

    /// Counts a result against the thresholds.
    /// - Returns: false while the threshold is not reached, and the old status stands.
    mutating func counts(_ status: CheckStatus) -> Bool {
        switch status {
        case .passing, .warning:
            failureCount = 0
            successCount = min(successCount, Int.max - 1) + 1
            return successCount >= definition.successBeforePassing
        case .critical:
            successCount = 0
            failureCount = min(failureCount, Int.max - 1) + 1
            return failureCount >= definition.failuresBeforeCritical
        }
    }
}
