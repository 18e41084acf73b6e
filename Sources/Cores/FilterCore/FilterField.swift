package import FederationModel

/// What a selector can stand for in rows of one type.
package indirect enum FilterField<Row>: Sendable {
    case text(@Sendable (Row) -> String)
    case integer(@Sendable (Row) -> Int)
    case boolean(@Sendable (Row) -> Bool)
    case texts(@Sendable (Row) -> [String]?)
    case textMap(@Sendable (Row) -> [String: String]?)
    case addresses(@Sendable (Row) -> [String: ServiceAddress]?)
    case record(FilterFields<Row>)
    case records(FilterList<Row>)

    /// A part of the row with fields of its own.
    static func part<Part>(
        _ get: @escaping @Sendable (Row) -> Part, _ fields: FilterFields<Part>
    ) -> FilterField<Row> {
        .record(fields.mapValues { $0.reached(by: get) })
    }

    /// A list of parts: a comparison holds when it holds for any of them.
    static func list<Part>(
        _ get: @escaping @Sendable (Row) -> [Part]?, _ fields: FilterFields<Part>
    ) -> FilterField<Row> {
        .records(
            FilterList(
                isEmpty: { get($0)?.isEmpty ?? true },
                test: { (match: FilterMatch, depth: Int, patterns: PatternCompiler) throws(FilterProblem) in
                    let test = try FilterField<Part>.test(fields, match, depth, patterns)
                    return { row in (get(row) ?? []).contains(where: test) }
                }))
    }

    private func reached<Outer>(by get: @escaping @Sendable (Outer) -> Row) -> FilterField<Outer> {
        switch self {
        case .text(let own): .text { own(get($0)) }
        case .integer(let own): .integer { own(get($0)) }
        case .boolean(let own): .boolean { own(get($0)) }
        case .texts(let own): .texts { own(get($0)) }
        case .textMap(let own): .textMap { own(get($0)) }
        case .addresses(let own): .addresses { own(get($0)) }
        case .record(let fields): .record(fields.mapValues { $0.reached(by: get) })
        case .records(let list):
            .records(
                FilterList(
                    isEmpty: { list.isEmpty(get($0)) },
                    test: { (match: FilterMatch, depth: Int, patterns: PatternCompiler) throws(FilterProblem) in
                        let test = try list.test(match, depth, patterns)
                        return { test(get($0)) }
                    }))
        }
    }
}

/// By the names of the JSON form.
package typealias FilterFields<Row> = [String: FilterField<Row>]

package typealias FilterTest<Row> = @Sendable (Row) -> Bool

/// A list of parts whose type is hidden.
package struct FilterList<Row>: Sendable {
    typealias Maker = @Sendable (FilterMatch, Int, PatternCompiler) throws(FilterProblem) -> FilterTest<Row>

    let isEmpty: FilterTest<Row>
    /// Makes the test of a match whose selector goes on inside the parts at a depth.
    let test: Maker
}

// MARK: Comparisons

extension FilterField {
    /// - Parameter depth: how many names of the selector lead to `fields`.
    static func test(
        _ fields: FilterFields<Row>, _ match: FilterMatch, _ depth: Int, _ patterns: PatternCompiler
    ) throws(FilterProblem) -> FilterTest<Row> {
        guard depth < match.selector.count else { throw match.refused }
        guard let field = fields[match.selector[depth]] else { throw match.unknownSelector(upTo: depth) }
        return try field.test(match, depth + 1, patterns)
    }

    private func test(
        _ match: FilterMatch, _ depth: Int, _ patterns: PatternCompiler
    ) throws(FilterProblem) -> FilterTest<Row> {
        let isLast = depth == match.selector.count
        switch self {
        case .text(let get):
            guard isLast else { throw match.unknownSelector(upTo: depth) }
            let test = try match.textTest(patterns)
            return { test(get($0)) }
        case .integer(let get):
            guard isLast else { throw match.unknownSelector(upTo: depth) }
            let test = try match.integerTest()
            return { test(get($0)) }
        case .boolean(let get):
            guard isLast else { throw match.unknownSelector(upTo: depth) }
            let (wanted, isNegated) = (try match.boolean(), match.operation.isNegated)
            return { (get($0) == wanted) != isNegated }
        case .texts(let get):
            guard isLast else { throw match.unknownSelector(upTo: depth) }
            return try match.containerTest({ get($0)?.isEmpty ?? true }, { get($0)?.contains($1) ?? false })
        case .textMap(let get):
            guard !isLast else {
                return try match.containerTest({ get($0)?.isEmpty ?? true }, { get($0)?[$1] != nil })
            }
            guard depth + 1 == match.selector.count else { throw match.unknownSelector(upTo: depth + 1) }
            let (key, missing) = (match.selector[depth], match.operation.holdsForMissingKey)
            let test = try match.textTest(patterns)
            return { get($0)?[key].map(test) ?? missing }
        case .addresses(let get):
            guard !isLast else {
                return try match.containerTest({ get($0)?.isEmpty ?? true }, { get($0)?[$1] != nil })
            }
            let (key, missing) = (match.selector[depth], match.operation.holdsForMissingKey)
            let test = try FilterField<ServiceAddress>.test(ServiceAddress.filterFields, match, depth + 1, patterns)
            return { get($0)?[key].map(test) ?? missing }
        case .record(let fields): return try Self.test(fields, match, depth, patterns)
        case .records(let list):
            guard isLast else { return try list.test(match, depth, patterns) }
            switch match.operation {
            case .isEmpty: return list.isEmpty
            case .isNotEmpty: return { !list.isEmpty($0) }
            default: throw match.refused
            }
        }
    }
}

extension FilterMatch {
    fileprivate var name: String { selector.joined(separator: ".") }

    fileprivate var refused: FilterProblem {
        FilterProblem("Invalid match operator \"\(operation.rawValue)\" for selector \(GoText.quoted(name))")
    }

    fileprivate func unknownSelector(upTo depth: Int) -> FilterProblem {
        let known = selector.prefix(depth + 1).joined(separator: ".")
        return FilterProblem("Selector \(GoText.quoted(known)) is not valid")
    }

    fileprivate func textTest(_ patterns: PatternCompiler) throws(FilterProblem) -> @Sendable (String) -> Bool {
        let (value, isNegated) = (value, operation.isNegated)
        switch operation {
        case .equal, .notEqual: return { ($0 == value) != isNegated }
        case .isIn, .notIn: return { $0.contains(bytesOf: value) != isNegated }
        case .matches, .notMatches:
            do throws(PatternProblem) {
                let pattern = try patterns.compile(value)
                return { pattern.matches($0) != isNegated }
            } catch {
                throw FilterProblem("Failed to compile regular expression \(GoText.quoted(value)): \(error.text)")
            }
        case .isEmpty, .isNotEmpty: throw refused
        }
    }

    fileprivate func integerTest() throws(FilterProblem) -> @Sendable (Int) -> Bool {
        guard operation == .equal || operation == .notEqual else { throw refused }
        let isNegated = operation.isNegated
        do throws(GoText.IntegerProblem) {
            let wanted = try GoText.integer(value)
            return { (Int64($0) == wanted) != isNegated }
        } catch {
            throw uncoerced("ParseInt", error.rawValue)
        }
    }

    fileprivate func boolean() throws(FilterProblem) -> Bool {
        guard operation == .equal || operation == .notEqual else { throw refused }
        guard let wanted = Bool(goText: value) else {
            throw uncoerced("ParseBool", GoText.IntegerProblem.syntax.rawValue)
        }
        return wanted
    }

    private func uncoerced(_ parser: String, _ reason: String) -> FilterProblem {
        let value = GoText.quoted(value)
        return FilterProblem(
            "Failed to coerce value \(value) for selector \(GoText.quoted(name)): "
                + "strconv.\(parser): parsing \(value): \(reason)")
    }

    fileprivate func containerTest<Row>(
        _ isEmpty: @escaping FilterTest<Row>, _ contains: @escaping @Sendable (Row, String) -> Bool
    ) throws(FilterProblem) -> FilterTest<Row> {
        let value = value
        return switch operation {
        case .isEmpty: isEmpty
        case .isNotEmpty: { !isEmpty($0) }
        case .isIn: { contains($0, value) }
        case .notIn: { !contains($0, value) }
        case .equal, .notEqual, .matches, .notMatches: throw refused
        }
    }
}

extension String {
    /// O(length × part), both bounded: the part by the expression, the text by what a record may hold.
    fileprivate func contains(bytesOf part: String) -> Bool {
        var rest = utf8[...]
        guard let first = part.utf8.first else { return true }
        while let start = rest.firstIndex(of: first) {
            rest = rest[start...]
            if rest.starts(with: part.utf8) { return true }
            rest = rest.dropFirst()
        }
        return false
    }
}
