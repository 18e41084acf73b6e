/// Parses Consul's filter expressions: `or` binds weaker than `and`, that weaker than `not`.
///
/// A parsing expression grammar with backtracking only where an operator decides, so the time is linear in the text
/// but for `not` in front of `not`. Errors name the furthest place reached and what could have stood there.
struct FilterParser {
    /// Some twenty times what a person writes; parsing takes memory in proportion.
    static let maxBytes = 16384
    /// Of parentheses and `not`: the stack of a connection loop holds many times as much.
    static let maxDepth = 64
    /// Each may take a few milliseconds and a megabyte to compile.
    static let maxPatternCount = 16

    private let text: [UInt8]
    private var at = 0
    private var furthest = 0
    private var expected: Set<String> = []
    /// Mistakes the grammar knows by name, each once, in the order they were met.
    private var mistakes: [String] = []
    private var depth = 0
    private var patternCount = 0

    static func parse(_ text: String) throws(FilterProblem) -> FilterExpression {
        guard text.utf8.count <= maxBytes else {
            throw FilterProblem("the expression has more than \(maxBytes) bytes")
        }
        var parser = FilterParser(text: Array(text.utf8))
        return try parser.whole()
    }

    private init(text: [UInt8]) { self.text = text }

    private mutating func whole() throws(FilterProblem) -> FilterExpression {
        skipSpace()
        if let expression = try or() {
            skipSpace()
            if at == text.count, mistakes.isEmpty {
                guard patternCount <= Self.maxPatternCount else {
                    throw FilterProblem("the expression has more than \(Self.maxPatternCount) patterns")
                }
                return expression
            }
            if at < text.count { fail("EOF") }
        }
        guard mistakes.isEmpty else { throw FilterProblem(mistakes.joined(separator: "\n")) }
        throw FilterProblem("\(place(furthest)): no match found, expected: \(expectation)")
    }

    // MARK: Expressions

    private mutating func or() throws(FilterProblem) -> FilterExpression? {
        guard let first = try and() else { return nil }
        var parts = [first]
        while true {
            let start = at
            guard keyword("or"), let next = try and() else {
                at = start
                return parts.count == 1 ? first : .or(parts)
            }
            parts.append(next)
        }
    }

    private mutating func and() throws(FilterProblem) -> FilterExpression? {
        guard let first = try not() else { return nil }
        var parts = [first]
        while true {
            let start = at
            guard keyword("and"), let next = try not() else {
                at = start
                return parts.count == 1 ? first : .and(parts)
            }
            parts.append(next)
        }
    }

    private mutating func not() throws(FilterProblem) -> FilterExpression? {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maxDepth else {
            throw FilterProblem("the expression is nested deeper than \(Self.maxDepth) levels")
        }
        let start = at
        if literal("not"), space(), let inner = try not() { return .not(inner) }
        at = start
        return try group()
    }

    private mutating func group() throws(FilterProblem) -> FilterExpression? {
        let start = at
        guard literal("(") else { return match() }
        skipSpace()
        if let inner = try or() {
            skipSpace()
            if literal(")") { return inner }
            mistake("grouping", "Unmatched parentheses", at: at)
        }
        at = start
        return nil
    }

    // MARK: Comparisons

    private mutating func match() -> FilterExpression? {
        let start = at
        if let selector = selector() {
            let afterSelector = at
            if let operation = comparison(), let value = value() {
                if operation == .matches || operation == .notMatches { patternCount += 1 }
                return .match(FilterMatch(selector: selector, operation: operation, value: value))
            }
            at = afterSelector
            if let operation = emptiness() { return .match(FilterMatch(selector: selector, operation: operation)) }
        }
        at = start
        if let value = value(), let operation = membership() {
            if let selector = selector() {
                return .match(FilterMatch(selector: selector, operation: operation, value: value))
            }
            mistake("match", "Invalid selector", at: at)
        }
        at = start
        return nil
    }

    private mutating func comparison() -> FilterOperation? {
        let start = at
        skipSpace()
        for (text, operation) in [("==", FilterOperation.equal), ("!=", .notEqual)] where literal(text) {
            skipSpace()
            return operation
        }
        at = start
        let words: [([String], FilterOperation)] = [
            (["contains"], .isIn), (["not", "contains"], .notIn), (["matches"], .matches),
            (["not", "matches"], .notMatches),
        ]
        return operation(words, isFollowed: true)
    }

    private mutating func emptiness() -> FilterOperation? {
        operation([(["is", "empty"], .isEmpty), (["is", "not", "empty"], .isNotEmpty)], isFollowed: false)
    }

    private mutating func membership() -> FilterOperation? {
        operation([(["in"], .isIn), (["not", "in"], .notIn)], isFollowed: true)
    }

    /// The first run of words, each after white space.
    /// - Parameter isFollowed: whether white space has to come after it too.
    private mutating func operation(
        _ forms: [([String], FilterOperation)], isFollowed: Bool
    ) -> FilterOperation? {
        let start = at
        for (words, operation) in forms {
            at = start
            if words.allSatisfy({ space() && literal($0) }) && (!isFollowed || space()) { return operation }
        }
        at = start
        return nil
    }

    // MARK: Selectors and values

    private mutating func selector() -> [String]? {
        guard let first = identifier() else { return nil }
        var parts = [first]
        while true {
            let start = at
            if literal("."), let next = identifier() {
                parts.append(next)
                continue
            }
            at = start
            guard let key = index() else {
                at = start
                return parts
            }
            parts.append(key)
        }
    }

    private mutating func identifier() -> String? {
        let start = at
        guard take("[a-zA-Z]", Self.isLetter) else { return nil }
        while take("[a-zA-Z0-9_]", { Self.isLetter($0) || Self.isDigit($0) || $0 == UInt8(ascii: "_") }) {}
        return String(decoding: text[start..<at], as: UTF8.self)
    }

    /// `["any key"]`.
    private mutating func index() -> String? {
        guard literal("[") else { return nil }
        skipSpace()
        let start = at
        guard let key = string() else {
            if start == at { mistake("index", "Invalid index", at: at) }
            return nil
        }
        skipSpace()
        guard literal("]") else {
            mistake("index", "Unclosed index expression", at: at)
            return nil
        }
        return key
    }

    private mutating func value() -> String? {
        let start = at
        if let selector = selector() { return selector.joined(separator: ".") }
        at = start
        if let number = number() { return number }
        at = start
        return string()
    }

    private mutating func number() -> String? {
        let start = at
        _ = literal("-")
        if !literal("0") {
            guard take("[1-9]", { $0 >= UInt8(ascii: "1") && $0 <= UInt8(ascii: "9") }) else { return nil }
            digits()
        }
        let whole = at
        if !literal(".") || !take("[0-9]", Self.isDigit) { at = whole } else { digits() }
        if at < text.count && !Self.isSpace(text[at]) { fail("EOF") }
        guard at == text.count || Self.isSpace(text[at]) || text[at] == UInt8(ascii: ")") else {
            mistake("number", "Invalid number literal", at: at)
            return nil
        }
        return String(decoding: text[start..<at], as: UTF8.self)
    }

    private mutating func digits() { while take("[0-9]", Self.isDigit) {} }

    /// In double quotes with escapes, or raw in backticks.
    private mutating func string() -> String? {
        let start = at
        for quote in ["`", "\""] where literal(quote) {
            let mark = quote.utf8.first
            guard let end = text[at...].firstIndex(where: { $0 == mark }) else {
                mistake("string", "Unterminated string literal", at: text.count)
                return nil
            }
            let content = text[at..<end]
            at = end + 1
            if quote == "`" { return String(decoding: content.filter { $0 != 13 }, as: UTF8.self) }
            if let unquoted = GoText.unquoted(content) { return unquoted }
            mistake("string", "invalid syntax", at: start)
            return nil
        }
        return nil
    }

    // MARK: Terminals

    /// White space, the word, white space.
    private mutating func keyword(_ word: String) -> Bool { space() && literal(word) && space() }

    private mutating func literal(_ word: String) -> Bool {
        guard text[at...].starts(with: word.utf8) else {
            fail(GoText.quoted(word))
            return false
        }
        at += word.utf8.count
        return true
    }

    private mutating func space() -> Bool {
        let start = at
        skipSpace()
        return at > start
    }

    private mutating func skipSpace() { while take("[ \\t\\r\\n]", Self.isSpace) {} }

    private mutating func take(_ name: String, _ isWanted: (UInt8) -> Bool) -> Bool {
        guard at < text.count, isWanted(text[at]) else {
            fail(name)
            return false
        }
        at += 1
        return true
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || byte == 13 || byte == 10 }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    private static func isLetter(_ byte: UInt8) -> Bool {
        byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z")
    }

    // MARK: Errors

    private mutating func fail(_ wanted: String) {
        guard at >= furthest else { return }
        if at > furthest {
            furthest = at
            expected.removeAll(keepingCapacity: true)
        }
        expected.insert(wanted)
    }

    private mutating func mistake(_ rule: String, _ message: String, at offset: Int) {
        let line = "\(place(offset)): rule \"\(rule)\": \(message)"
        if !mistakes.contains(line) { mistakes.append(line) }
    }

    private var expectation: String {
        var names = expected.filter { $0 != "EOF" }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        if expected.contains("EOF") { names.append("EOF") }
        guard let last = names.popLast(), !names.isEmpty else { return expected.first ?? "" }
        return names.joined(separator: ", ") + " or " + last
    }

    /// `line:column (offset)`; columns count characters, a line break belongs to the line it begins.
    private func place(_ offset: Int) -> String {
        let read = text[..<min(offset + 1, text.count)]
        let line = 1 + read.count { $0 == 10 }
        let start = read.lastIndex(of: 10).map { $0 + 1 } ?? 0
        var column = text[start..<max(start, min(offset, text.count))].count { $0 & 0xC0 != 0x80 }
        if offset >= text.count || text[offset] != 10 { column += 1 }
        return "\(line):\(column) (\(offset))"
    }
}
