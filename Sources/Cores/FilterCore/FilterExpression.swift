/// A filter expression as parsed: not yet compared with the rows it is for.
indirect enum FilterExpression: Equatable, Sendable {
    case and([FilterExpression])
    case or([FilterExpression])
    case not(FilterExpression)
    case match(FilterMatch)
}

/// One comparison: `<selector> <operator> <value>`.
struct FilterMatch: Equatable, Sendable {
    /// `ServiceMeta["env"]` as `["ServiceMeta", "env"]`.
    var selector: [String]
    var operation: FilterOperation
    /// Empty for `is empty`.
    var value: String = ""
}

/// Operators by the names that errors call them; `contains` is `in` with its sides exchanged.
enum FilterOperation: String, Equatable, Sendable {
    case equal = "Equal"
    case notEqual = "Not Equal"
    case isIn = "In"
    case notIn = "Not In"
    case isEmpty = "Is Empty"
    case isNotEmpty = "Is Not Empty"
    case matches = "Matches"
    case notMatches = "Not Matches"

    /// Whether the row is wanted when the comparison does not hold.
    var isNegated: Bool {
        switch self {
        case .notEqual, .notIn, .isNotEmpty, .notMatches: true
        case .equal, .isIn, .isEmpty, .matches: false
        }
    }

    /// What it says of a key that a map does not have. `matches` is true, as Consul has it.
    var holdsForMissingKey: Bool {
        switch self {
        case .equal, .isIn, .isEmpty: false
        case .notEqual, .notIn, .isNotEmpty, .matches, .notMatches: true
        }
    }
}

/// Why a filter expression cannot be used.
package struct FilterProblem: Error, Equatable, Sendable {
    package var text: String

    init(_ text: String) { self.text = text }

    /// As Consul words it.
    package var message: String { "Failed to create boolean expression evaluator: " + text }
}
