import Determinism
import FederationModel
import WireFormat

/// Reads records and definitions from JSON, noting every problem. Names match without regard to case and underscores:
/// that covers Consul's HTTP form (`DeregisterCriticalServiceAfter`), its aliases and the configuration form.
struct BodyReader {
    /// HTTP words problems as Go's decoder does; a configuration file names keys and kinds.
    enum Form { case http, config }

    let root: JSONValue
    let form: Form
    private(set) var problems: [DefinitionProblem] = []
    /// Script, Docker and gRPC checks are recognised and refused.
    var hasScript = false
    var unsupported: String?

    init(_ root: JSONValue, form: Form) {
        self.root = root
        self.form = form
    }

    /// Far above any registration; decoded it takes at most some 35 times as much memory for the moment.
    static let maxBodyBytes = 1 << 20
    /// A file full of mistakes is described well enough by its first hundred.
    private static let maxProblems = 100

    /// The first value of a request body.
    static func read(_ body: [UInt8]) throws(HTTPProblem) -> BodyReader {
        guard body.count <= maxBodyBytes else {
            throw HTTPProblem(
                status: 413, "Request body(\(body.count) bytes) too large, max size: \(maxBodyBytes) bytes.")
        }
        do throws(JSONError) {
            return BodyReader(try JSONReader.readFirst(body), form: .http)
        } catch {
            throw .undecodable(error.located)
        }
    }

    func throwFirstProblem() throws(HTTPProblem) {
        if let problem = problems.first { throw .undecodable(problem.message) }
    }

    mutating func note(_ message: String, _ key: String, _ value: JSONValue) {
        guard problems.count < Self.maxProblems else { return }
        problems.append(DefinitionProblem(key: key, message: message, position: value.position))
    }

    /// Calls `body` with each member: its name in lower case without underscores, its value and key path. `body`
    /// returns false for a name it does not know. Null leaves a field as it is, as in Go.
    mutating func members(
        of value: JSONValue, _ key: String, _ body: (inout BodyReader, String, JSONValue, String) -> Bool
    ) {
        if value.isNull { return }
        guard let members = value.members else { return mismatch(value, key, go: "struct", config: "an object") }
        for member in members {
            let path = key.isEmpty ? member.name : key + "." + member.name
            let name = String(decoding: member.name.utf8.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self).lowercased()
            if body(&self, name, member.value, path) { continue }
            switch form {
            case .http:
                let hint = name == "namespace" ? " - Namespaces are a Consul Enterprise feature" : ""
                note("json: unknown field \"\(member.name)\"" + hint, path, member.value)
            case .config: note("unknown key", path, member.value)
            }
        }
    }

    private mutating func mismatch(_ value: JSONValue, _ key: String, go: String, config: String) {
        switch form {
        case .http:
            let field = key.isEmpty ? "Go value" : "Go struct field .\(key)"
            // Go names the number when it is the number that does not fit, not its kind.
            let isNumberForNumber = value.double != nil && (go == "int" || go == "uint64")
            let found = isNumberForNumber ? "number \(value.numberText ?? "")" : value.kindName
            note("json: cannot unmarshal \(found) into \(field) of type \(go)\(value.position.told)", key, value)
        case .config: note("expected \(config), found \(Self.article(value))", key, value)
        }
    }

    private static func article(_ value: JSONValue) -> String {
        switch value.kind {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }

    mutating func text(_ value: JSONValue, _ key: String) -> String {
        if let text = value.text { return text }
        if !value.isNull { mismatch(value, key, go: "string", config: "a string") }
        return ""
    }

    mutating func boolean(_ value: JSONValue, _ key: String) -> Bool {
        if let boolean = value.boolean { return boolean }
        if !value.isNull { mismatch(value, key, go: "bool", config: "true or false") }
        return false
    }

    mutating func integer(_ value: JSONValue, _ key: String) -> Int {
        if let integer = value.integer { return integer }
        if !value.isNull { mismatch(value, key, go: "int", config: "a whole number") }
        return 0
    }

    mutating func unsigned(_ value: JSONValue, _ key: String) -> UInt64 {
        if let unsigned = value.unsigned { return unsigned }
        if !value.isNull { mismatch(value, key, go: "uint64", config: "a whole number from 0") }
        return 0
    }

    mutating func texts(_ value: JSONValue, _ key: String) -> [String] {
        if value.isNull { return [] }
        guard let items = value.items else {
            mismatch(value, key, go: "[]string", config: "an array of strings")
            return []
        }
        var texts: [String] = []
        for (index, item) in items.enumerated() { texts.append(text(item, "\(key)[\(index)]")) }
        return texts
    }

    mutating func textMap(_ value: JSONValue, _ key: String) -> [String: String]? {
        map(value, key, go: "map[string]string") { reader, value, key in reader.text(value, key) }
    }

    mutating func header(_ value: JSONValue, _ key: String) -> [String: [String]]? {
        map(value, key, go: "map[string][]string") { reader, value, key in reader.texts(value, key) }
    }

    mutating func addresses(_ value: JSONValue, _ key: String) -> [String: ServiceAddress]? {
        map(value, key, go: "map[string]structs.ServiceAddress") { reader, value, key in
            var address = ServiceAddress()
            reader.members(of: value, key) { reader, name, value, key in
                switch name {
                case "address": address.address = reader.text(value, key)
                case "port": address.port = reader.integer(value, key)
                default: return false
                }
                return true
            }
            return address
        }
    }

    private mutating func map<Value>(
        _ value: JSONValue, _ key: String, go: String, _ read: (inout BodyReader, JSONValue, String) -> Value
    ) -> [String: Value]? {
        if value.isNull { return nil }
        guard let members = value.members else {
            mismatch(value, key, go: go, config: "an object")
            return nil
        }
        var map: [String: Value] = [:]
        for member in members { map[member.name] = read(&self, member.value, key + "." + member.name) }
        return map
    }

    mutating func double(_ value: JSONValue, _ key: String) -> Double {
        if let double = value.double, double.isFinite { return double }
        if !value.isNull { mismatch(value, key, go: "float64", config: "a number") }
        return 0
    }

    mutating func weights(_ value: JSONValue, _ key: String) -> Weights? {
        if value.isNull { return nil }
        var weights = Weights()
        members(of: value, key) { reader, name, value, key in
            switch name {
            case "passing": weights.passing = reader.integer(value, key)
            case "warning": weights.warning = reader.integer(value, key)
            default: return false
            }
            return true
        }
        return weights
    }

    /// A text such as `10s`, or a number of nanoseconds.
    mutating func duration(_ value: JSONValue, _ key: String) -> Duration? {
        switch value.kind {
        case .string(let text):
            if let duration = Duration(goText: text) { return duration }
            note(Duration.goProblem(text), key, value)
        case .number:
            if let count = value.double, abs(count) < 9e18 { return .nanoseconds(Int64(count)) }
            note("duration out of range", key, value)
        case .null, .bool, .array, .object:
            if case .config = form, !value.isNull { note("expected a duration such as \"10s\"", key, value) }
        }
        return nil
    }

    mutating func list<Item>(
        _ value: JSONValue, _ key: String, _ read: (inout BodyReader, JSONValue, String) -> Item
    ) -> [Item] {
        if value.isNull { return [] }
        guard let items = value.items else {
            mismatch(value, key, go: "slice", config: "an array")
            return []
        }
        var list: [Item] = []
        for (index, item) in items.enumerated() { list.append(read(&self, item, "\(key)[\(index)]")) }
        return list
    }
}

extension JSONError {
    /// In Go's words, with the place where a byte cannot stand. The end of a body needs none.
    var located: String {
        if case .unexpected = reason { message + position.told } else { message }
    }
}

extension JSONPosition {
    fileprivate var told: String { " (line \(line), column \(column))" }
}
