/// A compiled pattern from outside: Go's syntax, time linear in pattern and text. Made by a `PatternCompiler`.
package struct Pattern: Sendable {
    private let test: @Sendable (String) -> Bool
    private let find: @Sendable (String) -> [String]?

    package init(
        _ test: @escaping @Sendable (String) -> Bool,
        groups find: @escaping @Sendable (String) -> [String]? = { _ in nil }
    ) {
        self.test = test
        self.find = find
    }

    /// Whether it matches anywhere in a text.
    package func matches(_ text: String) -> Bool { test(text) }

    /// The first match and its groups, the empty text for a group that took no part; nil without a match.
    package func groups(in text: String) -> [String]? { find(text) }
}

/// Why a pattern cannot be used, in the words of Go's parser.
package struct PatternProblem: Error, Equatable, Sendable {
    package var text: String

    package init(_ text: String) { self.text = text }
}

/// Compiles patterns. Cores take it as a value: the library behind it is a shell's.
package struct PatternCompiler: Sendable {
    package typealias Body = @Sendable (String) throws(PatternProblem) -> Pattern

    private let body: Body

    package init(_ body: @escaping Body) { self.body = body }

    package func compile(_ text: String) throws(PatternProblem) -> Pattern { try body(text) }

    /// Knows no patterns: for agents without a shell that brings them.
    package static let none = PatternCompiler { _ throws(PatternProblem) in
        throw PatternProblem("patterns are not served by this agent")
    }
}
