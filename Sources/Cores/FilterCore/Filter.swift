package import FederationModel

/// Rows that filter expressions can be about.
package protocol Filterable: Sendable {
    static var filterFields: FilterFields<Self> { get }
}

/// A filter expression (`?filter=`) made for rows of one type. Testing a row costs time in proportion to the
/// expression's comparisons.
package struct Filter<Row: Filterable>: Sendable {
    /// As written.
    package let text: String
    private let test: FilterTest<Row>

    package init(_ text: String, patterns: PatternCompiler) throws(FilterProblem) {
        self.text = text
        test = try Self.test(try FilterParser.parse(text), patterns)
    }

    package func matches(_ row: Row) -> Bool { test(row) }

    private static func test(
        _ expression: FilterExpression, _ patterns: PatternCompiler
    ) throws(FilterProblem) -> FilterTest<Row> {
        switch expression {
        case .match(let match): return try FilterField.test(Row.filterFields, match, 0, patterns)
        case .not(let inner):
            let test = try test(inner, patterns)
            return { !test($0) }
        case .and(let parts):
            let tests = try tests(parts, patterns)
            return { row in tests.allSatisfy { $0(row) } }
        case .or(let parts):
            let tests = try tests(parts, patterns)
            return { row in tests.contains { $0(row) } }
        }
    }

    private static func tests(
        _ parts: [FilterExpression], _ patterns: PatternCompiler
    ) throws(FilterProblem) -> [FilterTest<Row>] {
        var tests: [FilterTest<Row>] = []
        for part in parts { tests.append(try test(part, patterns)) }
        return tests
    }
}

extension Filter: Equatable {
    /// The same text means the same filter.
    package static func == (left: Filter, right: Filter) -> Bool { left.text == right.text }
}
