/// What a core has to tell an operator: a constant message and its values. Cores emit it as an effect; shells print it.
package struct LogLine: Equatable, Sendable {
    package enum Level: Int, Sendable {
        case trace, debug, info, notice, warning, error
    }

    package var level: Level
    package var message: String
    /// Dotted key, value; in the order they are shown.
    package var values: [(key: String, value: String)]

    package init(_ level: Level, _ message: String, _ values: KeyValuePairs<String, String> = [:]) {
        self.level = level
        self.message = message
        self.values = values.map { (key: $0.key, value: $0.value) }
    }

    package static func == (left: LogLine, right: LogLine) -> Bool {
        left.level == right.level && left.message == right.message
            && left.values.elementsEqual(right.values) { $0 == $1 }
    }
}
