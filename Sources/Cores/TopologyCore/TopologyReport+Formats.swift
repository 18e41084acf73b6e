import Configuration
import Determinism

extension TopologyReport {
    /// One object; times in seconds.
    package var json: String {
        var entries: [ConfigurationValue.Entry] = [
            .init("name", .string(name)), .init("engine", .string(engine.rawValue)), .init("passed", .bool(isPassed)),
        ]
        if let seed { entries.append(.init("seed", .integer(Int64(clamping: seed)))) }
        if !parameters.isEmpty {
            entries.append(.init("parameters", .object(parameters.map { .init($0.name, .string($0.value)) })))
        }
        entries.append(.init("seconds", .number(duration.jsonSeconds)))
        if let hash {
            entries.append(.init("events", .integer(Int64(eventCount))))
            entries.append(.init("hash", .string(String(hash, radix: 16))))
        }
        let steps = self.steps.map { step in
            ConfigurationValue.object([
                .init("name", .string(step.name)), .init("began", .number(step.began.jsonSeconds)),
                .init("ended", .number(step.ended.jsonSeconds)),
                .init("expectations", .array(step.expectations.map(\.json))),
            ])
        }
        entries.append(.init("steps", .array(steps)))
        entries.append(.init("expectations", .array(expectations.map(\.json))))
        entries.append(.init("violations", .array(violations.map { .string($0) })))
        entries.append(.init("measured", .object(measurements.map { .init($0.label, .string($0.value)) })))
        return ConfigurationValue.object(entries).jsonText
    }

    /// JUnit's XML, as test runners read it: a test case for each expectation and one for what is checked always.
    package var junit: String {
        var cases: [String] = []
        for step in steps { cases += step.expectations.map { $0.junit(in: "\(name).\(step.name)") } }
        cases += expectations.map { $0.junit(in: "\(name).the whole run") }
        let always = violations.map { "    <failure message=\"\(Self.escaped($0))\"/>" }
        let head = "  <testcase classname=\"\(Self.escaped(name))\" name=\"safety and actions\" time=\"0\""
        cases.append(always.isEmpty ? head + "/>" : ([head + ">"] + always + ["  </testcase>"]).joined(separator: "\n"))
        let failed = all.count { if case .failed = $0.outcome { true } else { false } } + (violations.isEmpty ? 0 : 1)
        let skipped = all.count { $0.outcome == .notReached }
        let suite = "<testsuite name=\"\(Self.escaped(name))\" tests=\"\(all.count + 1)\" failures=\"\(failed)\" "
            + "skipped=\"\(skipped)\" time=\"\(duration.secondsText)\">"
        return (["<?xml version=\"1.0\" encoding=\"UTF-8\"?>", suite] + cases + ["</testsuite>"])
            .joined(separator: "\n")
    }

    /// For text and attributes; characters that XML 1.0 cannot hold become `?`.
    fileprivate static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\n": result += "&#10;"
            case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: result += "?"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

extension TopologyReport.Expectation {
    fileprivate var json: ConfigurationValue {
        var entries: [ConfigurationValue.Entry] = [
            .init("expects", .string(text)), .init("line", .integer(Int64(line))),
        ]
        switch outcome {
        case .held(let time, let evidence):
            entries += [
                .init("outcome", .string("held")), .init("seconds", .number(time.jsonSeconds)),
                .init("evidence", .string(evidence)),
            ]
        case .failed(let reason):
            entries += [.init("outcome", .string("failed")), .init("reason", .string(reason))]
        case .notReached: entries.append(.init("outcome", .string("not reached")))
        }
        return .object(entries)
    }

    fileprivate func junit(in group: String) -> String {
        let escaped = TopologyReport.escaped
        let head = "  <testcase classname=\"\(escaped(group))\" name=\"\(escaped(text))\""
        switch outcome {
        case .held(let time, let evidence):
            let seconds = " time=\"\(time.secondsText)\""
            guard !evidence.isEmpty else { return head + seconds + "/>" }
            return "\(head)\(seconds)><system-out>\(escaped(evidence))</system-out></testcase>"
        case .failed(let reason):
            return "\(head)><failure message=\"\(escaped("line \(line): \(reason)"))\"/></testcase>"
        case .notReached: return "\(head)><skipped/></testcase>"
        }
    }
}

extension Duration {
    fileprivate var jsonSeconds: Double { Double(wholeMilliseconds) / 1000 }

    /// `12.345`.
    fileprivate var secondsText: String {
        let millis = wholeMilliseconds
        let rest = String(millis.magnitude % 1000)
        let padding = String(repeating: "0", count: 3 - rest.utf8.count)
        return "\(millis < 0 ? "-" : "")\(millis.magnitude / 1000).\(padding)\(rest)"
    }
}
