package import FederationModel
import Glibc
package import Logging
import Synchronization

/// The level of a log, shared by its handlers.
package final class LogLevelBox: Sendable {
    private let box: Mutex<Logger.Level>

    package init(_ level: Logger.Level) { box = Mutex(level) }

    package var level: Logger.Level {
        get { box.withLock { $0 } }
        set { box.withLock { $0 = newValue } }
    }
}

/// Writes log lines to standard output: text for people, one JSON object a line for programs.
package struct AgentLogHandler: LogHandler {
    /// Of standard output; readers may want more.
    private let ownLevel: LogLevelBox
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let isJSON: Bool

    /// - Parameter level: may change while the agent runs.
    package init(level: LogLevelBox, isJSON: Bool) {
        ownLevel = level
        self.isJSON = isJSON
    }

    package var logLevel: Logger.Level {
        get { LogReaders.shared.level(atMost: ownLevel.level) }
        set { ownLevel.level = newValue }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let values = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
            .map { (key: $0.key, value: "\($0.value)") }
        let message = "\(event.message)"
        func text(_ isJSON: Bool) -> String {
            isJSON ? Self.json(event.level, message, values) : Self.text(event.level, message, values)
        }
        LogReaders.shared.tell(event.level, text)
        if event.level >= ownLevel.level { write(text(isJSON)) }
    }

    private static func text(
        _ level: Logger.Level, _ message: String, _ values: [(key: String, value: String)]
    ) -> String {
        "\(Timestamp.now) [\(word(level))] \(message)" + values.map { " \($0.key)=\(quoted($0.value))" }.joined() + "\n"
    }

    private func write(_ text: String) {
        Self.output.withLock { _ in
            var bytes = Array(text.utf8)[...]
            while !bytes.isEmpty {
                let count = bytes.withUnsafeBytes { Glibc.write(1, $0.baseAddress, $0.count) }
                // A closed log must not stop the agent.
                guard count > 0 else { return }
                bytes = bytes.dropFirst(count)
            }
        }
    }

    /// One line at a time, whichever thread writes.
    private static let output = Mutex<Void>(())

    private static func word(_ level: Logger.Level) -> String {
        switch level {
        case .trace: "TRACE"
        case .debug: "DEBUG"
        case .info: "INFO"
        case .notice: "NOTICE"
        case .warning: "WARN"
        case .error: "ERROR"
        case .critical: "CRITICAL"
        }
    }

    private static func quoted(_ value: String) -> String {
        value.utf8.contains { $0 <= 32 || $0 == 34 } ? "\"\(escaped(value))\"" : value
    }

    private static func json(
        _ level: Logger.Level, _ message: String, _ values: [(key: String, value: String)]
    ) -> String {
        var fields = [
            "\"@level\":\"\(word(level).lowercased())\"", "\"@message\":\"\(escaped(message))\"",
            "\"@timestamp\":\"\(Timestamp.now)\"",
        ]
        fields += values.map { "\"\(escaped($0.key))\":\"\(escaped($0.value))\"" }
        return "{\(fields.joined(separator: ","))}\n"
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 32:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

extension Logger {
    /// What a core wants an operator to know.
    package func log(_ line: LogLine) {
        let level = Level(line.level)
        guard level >= logLevel else { return }
        var metadata: Metadata = [:]
        for (key, value) in line.values { metadata[key] = .string(value) }
        log(level: level, "\(line.message)", metadata: metadata)
    }
}

extension Logger.Level {
    package init(_ level: LogLine.Level) {
        self =
            switch level {
            case .trace: .trace
            case .debug: .debug
            case .info: .info
            case .notice: .notice
            case .warning: .warning
            case .error: .error
            }
    }
}
