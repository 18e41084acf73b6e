import Configuration

/// What a reader noticed: problems, and which keys it knows in which mapping.
struct TopologyNotes {
    private(set) var problems: [TopologyProblem] = []
    /// By what the mapping is; the schema's test compares them.
    private(set) var knownKeys: [String: Set<String>] = [:]

    /// Nobody reads more than these of one file.
    static let maxProblemCount = 1000

    mutating func append(_ problem: TopologyProblem) {
        if problems.count < Self.maxProblemCount { problems.append(problem) }
    }

    mutating func know(_ keys: [String], of what: String) { knownKeys[what, default: []].formUnion(keys) }
}

/// The keys of one mapping while it is read: what is left over at the end is unknown.
struct TopologyFields {
    let position: TopologyPosition
    private let what: String
    private let entries: [TopologyNode.Entry]
    private var asked: [String] = []

    /// Notes a problem and is empty when the node is no mapping.
    init(_ node: TopologyNode, _ what: String, _ problems: inout TopologyNotes) {
        position = node.position
        self.what = what
        var kept: [TopologyNode.Entry] = []
        if case .mapping(let all) = node.kind {
            for entry in all {
                if kept.contains(where: { $0.key == entry.key }) {
                    problems.append(TopologyProblem(entry.position, "\"\(entry.key)\" stands here twice"))
                } else {
                    kept.append(entry)
                }
            }
        } else {
            problems.append(TopologyProblem(node.position, "expected \(what), a mapping, found \(node.typeName)"))
        }
        entries = kept
    }

    var keys: [TopologyNode.Entry] { entries }

    mutating func take(_ key: String) -> TopologyNode? {
        asked.append(key)
        return entries.first { $0.key == key }?.value
    }

    mutating func need(_ key: String, _ problems: inout TopologyNotes) -> TopologyNode? {
        if let node = take(key) { return node }
        if !entries.isEmpty { problems.append(TopologyProblem(position, "\"\(key)\" is missing")) }
        return nil
    }

    func has(_ key: String) -> Bool { entries.contains { $0.key == key } }

    func position(of key: String) -> TopologyPosition { entries.first { $0.key == key }?.position ?? position }

    /// Every key that nobody took is a problem.
    func finish(_ problems: inout TopologyNotes) {
        problems.know(asked, of: what)
        for entry in entries where !asked.contains(entry.key) {
            let hint = NearestName.hint(entry.key, among: asked)
            problems.append(TopologyProblem(entry.position, "unknown key \"\(entry.key)\"\(hint)"))
        }
    }
}

/// Scalars of one type; each notes a problem and gives nil when there is something else.
extension TopologyNode {
    func text(_ what: String, _ problems: inout TopologyNotes) -> String? {
        if case .scalar(let text, _) = kind, !isNull { return text }
        problems.append(TopologyProblem(position, "expected \(what), found \(typeName)"))
        return nil
    }

    /// Letters, digits, `-` and `_`, at most 60: part of host names, file names and addresses.
    func name(_ what: String, _ problems: inout TopologyNotes) -> String? {
        guard let text = text(what, &problems) else { return nil }
        let isName = text.utf8.allSatisfy { Self.isNameByte($0) }
        guard isName, !text.isEmpty, text.utf8.count <= 60, !text.hasPrefix("-") else {
            problems.append(
                TopologyProblem(position, "\"\(text)\" is no \(what): at most 60 letters, digits, - and _"))
            return nil
        }
        return text
    }

    func integer(_ what: String, _ range: ClosedRange<Int>, _ problems: inout TopologyNotes) -> Int? {
        guard case .scalar(let text, isPlain: true) = kind, let value = Int(text) else {
            problems.append(TopologyProblem(position, "expected \(what), a whole number, found \(typeName)"))
            return nil
        }
        guard range.contains(value) else {
            problems.append(
                TopologyProblem(position, "\(what): \(value) is not within \(range.lowerBound)...\(range.upperBound)"))
            return nil
        }
        return value
    }

    func boolean(_ what: String, _ problems: inout TopologyNotes) -> Bool? {
        if case .scalar(let text, isPlain: true) = kind, text == "true" || text == "false" { return text == "true" }
        problems.append(TopologyProblem(position, "expected \(what), true or false, found \(typeName)"))
        return nil
    }

    /// A part of one, written in percent.
    func percent(_ what: String, _ problems: inout TopologyNotes) -> Double? {
        guard case .scalar(let text, _) = kind, let millionths = PercentText.millionths(text) else {
            problems.append(TopologyProblem(position, "expected \(what), such as 1% or 0.5%, found \(typeName)"))
            return nil
        }
        guard millionths <= 1_000_000 else {
            problems.append(TopologyProblem(position, "\(what): \(text) is more than 100%"))
            return nil
        }
        return Double(millionths) / 1_000_000
    }

    func number(_ what: String, _ range: ClosedRange<Double>, _ problems: inout TopologyNotes) -> Double? {
        guard case .scalar(let text, isPlain: true) = kind, let value = Double(text), value.isFinite else {
            problems.append(TopologyProblem(position, "expected \(what), a number, found \(typeName)"))
            return nil
        }
        guard range.contains(value) else {
            problems.append(
                TopologyProblem(position, "\(what): \(text) is not within \(range.lowerBound)...\(range.upperBound)"))
            return nil
        }
        return value
    }

    func duration(_ what: String, _ range: ClosedRange<Duration>, _ problems: inout TopologyNotes) -> Duration? {
        guard case .scalar(let text, _) = kind, let value = DurationText.parse(text) else {
            problems.append(TopologyProblem(position, "expected \(what), such as 5s or 500ms, found \(typeName)"))
            return nil
        }
        guard range.contains(value) else {
            let limits = "\(DurationText.text(range.lowerBound)) to \(DurationText.text(range.upperBound))"
            problems.append(TopologyProblem(position, "\(what): \(text) is not within \(limits)"))
            return nil
        }
        return value
    }

    func choice<Value: RawRepresentable & CaseIterable>(
        _ what: String, _ type: Value.Type, _ problems: inout TopologyNotes
    ) -> Value? where Value.RawValue == String {
        guard let text = text(what, &problems) else { return nil }
        if let value = Value(rawValue: text) { return value }
        let words = Value.allCases.map(\.rawValue)
        problems.append(
            TopologyProblem(
                position,
                "\(what): \"\(text)\" is none of \(words.joined(separator: ", "))"
                    + NearestName.hint(text, among: words)
            ))
        return nil
    }

    /// A list, or one item that stands for a list of it; nothing is an empty list.
    var asItems: [TopologyNode] {
        if case .sequence(let items) = kind { return items }
        return isNull ? [] : [self]
    }

    func items(_ what: String, _ problems: inout TopologyNotes) -> [TopologyNode] {
        if case .sequence(let items) = kind { return items }
        if !isNull { problems.append(TopologyProblem(position, "expected \(what), a list, found \(typeName)")) }
        return []
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

extension ConfigurationValue {
    /// Plain scalars become booleans and numbers as JSON would have them; the rest is text.
    init(_ node: TopologyNode) {
        switch node.kind {
        case .mapping(let entries): self = .object(entries.map { Entry($0.key, ConfigurationValue($0.value)) })
        case .sequence(let items): self = .array(items.map { ConfigurationValue($0) })
        case .scalar(let text, let isPlain):
            guard isPlain else {
                self = .string(text)
                return
            }
            if node.isNull {
                self = .null
            } else if text == "true" || text == "false" {
                self = .bool(text == "true")
            } else if let whole = Int64(text) {
                self = .integer(whole)
            } else if let number = Double(text), number.isFinite {
                self = .number(number)
            } else {
                self = .string(text)
            }
        }
    }
}
