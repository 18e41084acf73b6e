/// One thing that is wrong with what an operator wrote.
package struct ConfigurationProblem: Equatable, Sendable {
    /// A path, `command line`, or empty when a relation between several places is broken.
    package var file: String
    /// The dotted key of a file, or the flag with its dash.
    package var key: String
    package var reason: String

    package init(file: String, key: String, reason: String) {
        self.file = file
        self.key = key
        self.reason = reason
    }
}

extension ConfigurationProblem: CustomStringConvertible {
    package var description: String {
        [file, key, reason].filter { !$0.isEmpty }.joined(separator: ": ")
    }
}

/// Every problem of one start, all of them at once.
package struct ConfigurationError: Error, Equatable, Sendable {
    package var problems: [ConfigurationProblem]

    package init(_ problems: [ConfigurationProblem]) { self.problems = problems }
}

extension ConfigurationError: CustomStringConvertible {
    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
