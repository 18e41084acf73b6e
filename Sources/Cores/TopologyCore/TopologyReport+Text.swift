extension TopologyReport {
    package enum Format: String, Sendable, CaseIterable {
        case text, json, junit
    }

    package func written(as format: Format) -> String {
        switch format {
        case .text: text
        case .json: json
        case .junit: junit
        }
    }

    /// Each expectation with its evidence, then the whole in one line.
    package var text: String {
        var lines: [String] = []
        for step in steps {
            lines.append("\(step.began.shown.padded(to: 9)) \(step.name)")
            lines += step.expectations.map(\.shownLine)
        }
        if !expectations.isEmpty { lines.append("\("".padded(to: 9)) the whole run") }
        lines += expectations.map(\.shownLine)
        lines += violations.map { "FAILED    \($0)" }
        if !measurements.isEmpty { lines.append("measured:") }
        let width = measurements.map(\.label.count).max() ?? 0
        lines += measurements.map { "  \($0.label.padded(to: width))  \($0.value)" }
        lines.append(summary)
        return lines.joined(separator: "\n")
    }

    package var summary: String {
        var words = ["\(name): \(isPassed ? "passed" : "FAILED")", "\(heldCount) of \(all.count) expectations held"]
        words.append("in \(duration.shown)\(engine == .simulated ? " simulated" : "")")
        if let seed { words.append("seed \(seed)") }
        if let hash { words.append("events \(eventCount), hash \(String(hash, radix: 16))") }
        return words.joined(separator: ", ")
    }
}

extension TopologyReport.Expectation {
    fileprivate var shownLine: String {
        switch outcome {
        case .held(let time, let evidence):
            "  held    \(time.shown.padded(to: 9)) \(text)\(evidence.isEmpty ? "" : " [\(evidence)]")"
        case .failed(let reason): "  FAILED  line \(line): \(text)\n            \(reason)"
        case .notReached: "  –       not reached: \(text)"
        }
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}

extension Topology.RunExpectation {
    /// With its time.
    package var shown: String {
        switch time {
        case .at(let moment): "at \(moment.shown): \(expectation)"
        case .atEnd: "at the end: \(expectation)"
        case .always: "always: \(expectation)"
        case .never: "never: \(expectation)"
        case .eventuallyAfterHeal(let within): "within \(within.shown) after healing: \(expectation)"
        }
    }
}
