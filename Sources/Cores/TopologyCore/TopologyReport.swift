/// What a run of a topology found, of either engine.
package struct TopologyReport: Sendable {
    package enum Engine: String, Sendable {
        case live, simulated
    }

    /// How an expectation came out.
    package enum Outcome: Equatable, Sendable {
        /// - Parameter after: since the step's last action; since the run began for one of the whole run.
        case held(after: Duration, evidence: String)
        case failed(reason: String)
        /// The run ended before it.
        case notReached
    }

    package struct Expectation: Sendable {
        package var text: String
        package var line: Int
        package var outcome: Outcome

        package init(_ text: String, line: Int, _ outcome: Outcome) {
            self.text = text
            self.line = line
            self.outcome = outcome
        }
    }

    package struct Step: Sendable {
        package var name: String
        /// Since the run began.
        package var began: Duration
        package var ended: Duration
        package var expectations: [Expectation]

        package init(_ name: String, began: Duration, ended: Duration, _ expectations: [Expectation]) {
            self.name = name
            self.began = began
            self.ended = ended
            self.expectations = expectations
        }
    }

    package var name: String
    package var engine: Engine
    /// Of a simulated run.
    package var seed: UInt64?
    /// Drawn values by name, as text.
    package var parameters: [(name: String, value: String)] = []
    package var steps: [Step] = []
    /// Of the whole run.
    package var expectations: [Expectation] = []
    /// Actions that failed, properties that did not hold; the first one ended the run.
    package var violations: [String] = []
    package var measurements: [(label: String, value: String)] = []
    /// What expectations with `record` took.
    package var times: [(label: String, time: Duration)] = []
    /// On the run's clock.
    package var duration = Duration.zero
    /// Events and their fingerprint, of a simulated run.
    package var eventCount = 0
    package var hash: UInt64?

    package init(_ name: String, _ engine: Engine) {
        self.name = name
        self.engine = engine
    }

    package var all: [Expectation] { steps.flatMap(\.expectations) + expectations }
    package var heldCount: Int { all.count { $0.isHeld } }

    package var isPassed: Bool { violations.isEmpty && all.allSatisfy(\.isHeld) }

    /// What went wrong first, for comparing runs: constant in seeds and times.
    package var failure: String? {
        for expectation in all {
            if case .failed = expectation.outcome { return "line \(expectation.line): \(expectation.text)" }
        }
        return violations.first.map { violation in
            // Names and numbers differ between runs of one fault: its rule is in front of the colon.
            String(violation.prefix { $0 != ":" && !$0.isNumber })
        }
    }
}

extension TopologyReport.Expectation {
    package var isHeld: Bool { if case .held = outcome { true } else { false } }
}
