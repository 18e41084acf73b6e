import Configuration
import Determinism

extension Timeline {
    /// JSON for the page's script: tables of numbers and texts, times in microseconds. What is open at the end ends
    /// with the run.
    func data(_ report: TopologyReport) -> String {
        let end = max(report.duration, outcomes.last?.time ?? .zero)
        func span(_ span: Span) -> [Cell] {
            [.place(span.lane), .time(span.begin), .time(span.end ?? end), .text(span.text), .flag(span.end == nil)]
        }
        let entries: [(String, String)] = [
            ("name", Cell.text(name).json), ("about", Cell.text(about).json),
            ("seed", Cell.text(report.seed.map { String($0) } ?? "").json), ("duration", Cell.time(end).json),
            ("passed", Cell.flag(report.isPassed).json),
            ("failure", Cell.text(report.violations.first ?? report.failure ?? "").json),
            ("hash", Cell.text(report.hash.map { String($0, radix: 16) } ?? "").json),
            ("events", Cell.number(report.eventCount).json),
            ("parameters", Cell.table(report.parameters.map { [.text($0.name), .text($0.value)] })),
            ("datacenters", Cell.row(datacenters.map { .text($0) })),
            ("lanes", Cell.table(lanes.map { [.text($0.name), .number($0.datacenter), .text($0.kind.rawValue)] })),
            ("lives", Cell.table(lives.map(span))), ("freezes", Cell.table(freezes.map(span))),
            ("disks", Cell.table(disks.map(span))), ("steps", Cell.table(steps.map(span))),
            ("actions", Cell.table(actions.map(span))), ("faults", Cell.table(links.spans.map(span))),
            (
                "roles",
                Cell.table(
                    roles.map { role in
                        [
                            .number(role.lane), .time(role.begin), .time(role.end ?? end),
                            .number(role.kind.rawValue), .number(Int(clamping: role.term)), .place(role.leader),
                        ]
                    })
            ),
            (
                "verdicts",
                Cell.table(
                    verdicts.map { verdict in
                        [
                            .time(verdict.time), .number(verdict.lane), .number(verdict.datacenter),
                            .text(verdict.word), .text(verdict.reason),
                        ]
                    })
            ),
            (
                "outcomes",
                Cell.table(outcomes.map { [.time($0.time), .flag($0.isHeld), .text($0.text), .text($0.evidence)] })
            ),
            ("words", Cell.row(losses.words.map { .text($0) })), ("lostCount", Cell.number(losses.count).json),
            (
                "lost",
                Cell.table(
                    losses.rows.map { row in
                        [
                            .time(row.time), .time(row.last), .number(row.from), .place(row.to), .number(row.what),
                            .number(row.count),
                        ]
                    })
            ),
            ("expectations", Cell.table(report.all.map(\.cells))),
        ]
        return "{" + entries.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",\n") + "}"
    }

    fileprivate enum Cell {
        case number(Int)
        case text(String)

        static func time(_ time: Duration) -> Cell { .number(Int(time.wholeNanoseconds / 1000)) }
        static func flag(_ flag: Bool) -> Cell { .number(flag ? 1 : 0) }
        /// −1 for nobody.
        static func place(_ place: Int?) -> Cell { .number(place ?? -1) }

        /// Without `<`, so that no text of a run ends the element of the page that holds it.
        var json: String {
            switch self {
            case .number(let number): String(number)
            case .text(let text):
                ConfigurationValue.quoted(text).split(separator: "<", omittingEmptySubsequences: false)
                    .joined(separator: "\\u003c")
            }
        }

        static func row(_ cells: [Cell]) -> String { "[" + cells.map(\.json).joined(separator: ",") + "]" }
        static func table(_ rows: [[Cell]]) -> String { "[" + rows.map(row).joined(separator: ",") + "]" }
    }
}

extension TopologyReport.Expectation {
    /// Line, text, outcome, evidence or reason.
    fileprivate var cells: [Timeline.Cell] {
        let (word, detail): (String, String)
        switch outcome {
        case .held(let time, let evidence):
            (word, detail) = ("held", "after \(time.shown)\(evidence.isEmpty ? "" : ": \(evidence)")")
        case .failed(let reason): (word, detail) = ("failed", reason)
        case .notReached: (word, detail) = ("open", "not reached")
        }
        return [.number(line), .text(text), .text(word), .text(detail)]
    }
}
