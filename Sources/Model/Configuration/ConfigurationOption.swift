/// The declaration of one option: the only place that knows its key, flag, type, default and meaning.
package struct ConfigurationOption: Sendable {
    package enum Kind: String, Sendable {
        case boolean, integer, number, duration, text, list, map, tree
    }

    /// Dotted key of the JSON file; empty when there is only a flag.
    package var key: String
    /// Consul's flag name without a dash; empty when only files have the option.
    package var flag: String
    package var kind: Kind
    /// As it is shown to people.
    package var standard: String
    package var summary: String
    /// False for what Consul's files may contain and nothing here acts on yet.
    package var hasEffect: Bool
    /// Writes the value into the configuration.
    /// - Returns: nil, or why the value is refused.
    package var apply: @Sendable (ConfigurationValue, inout AgentConfiguration) -> String?

    package typealias Path<Value> = any WritableKeyPath<AgentConfiguration, Value> & Sendable

    /// What a flag's text means for this option; nil when it cannot be read as the option's type.
    package func value(ofFlagText text: String) -> ConfigurationValue? {
        switch kind {
        case .boolean:
            switch text {
            case "1", "t", "T", "true", "TRUE", "True": .bool(true)
            case "0", "f", "F", "false", "FALSE", "False": .bool(false)
            default: nil
            }
        case .integer: Int64(text).map { .integer($0) }
        case .number: Double(text).map { .number($0) }
        case .duration, .text: .string(text)
        case .list: .array([.string(text)])
        case .map:
            text.firstIndex(of: ":").map {
                .object([.init(String(text[..<$0]), .string(String(text[text.index(after: $0)...])))])
            }
        case .tree: nil
        }
    }
}

/// Constructors by type; each says what it expects when the value is of another one.
extension ConfigurationOption {
    static func bool(
        _ key: String, flag: String = "", _ path: Path<Bool>, _ summary: String, standard: String = "false",
        hasEffect: Bool = true
    ) -> Self {
        Self(key: key, flag: flag, kind: .boolean, standard: standard, summary: summary, hasEffect: hasEffect) {
            guard case .bool(let value) = $0 else { return expected("a boolean", $0) }
            $1[keyPath: path] = value
            return nil
        }
    }

    static func optionalBool(_ key: String, _ path: Path<Bool?>, standard: String, _ summary: String) -> Self {
        Self(key: key, flag: "", kind: .boolean, standard: standard, summary: summary, hasEffect: true) {
            guard case .bool(let value) = $0 else { return expected("a boolean", $0) }
            $1[keyPath: path] = value
            return nil
        }
    }

    static func integer(
        _ key: String, flag: String = "", _ path: Path<Int>, _ range: ClosedRange<Int>, standard: String,
        _ summary: String, hasEffect: Bool = true
    ) -> Self {
        Self(key: key, flag: flag, kind: .integer, standard: standard, summary: summary, hasEffect: hasEffect) {
            guard case .integer(let wide) = $0 else { return expected("a whole number", $0) }
            guard let value = Int(exactly: wide), range.contains(value) else {
                return "\(wide) is not within \(range.lowerBound)...\(range.upperBound)"
            }
            $1[keyPath: path] = value
            return nil
        }
    }

    static func optionalInteger(_ key: String, _ path: Path<Int?>, _ range: ClosedRange<Int>, _ summary: String) -> Self
    {
        Self(key: key, flag: "", kind: .integer, standard: "of the pool", summary: summary, hasEffect: true) {
            guard case .integer(let wide) = $0 else { return expected("a whole number", $0) }
            guard let value = Int(exactly: wide), range.contains(value) else {
                return "\(wide) is not within \(range.lowerBound)...\(range.upperBound)"
            }
            $1[keyPath: path] = value
            return nil
        }
    }

    static func number(_ key: String, _ path: Path<Double>, standard: String, _ summary: String, hasEffect: Bool)
        -> Self
    {
        Self(key: key, flag: "", kind: .number, standard: standard, summary: summary, hasEffect: hasEffect) {
            switch $0 {
            case .integer(let value): $1[keyPath: path] = Double(value)
            case .number(let value): $1[keyPath: path] = value
            default: return expected("a number", $0)
            }
            return nil
        }
    }

    static func duration(
        _ key: String, flag: String = "", _ path: Path<Duration>, standard: String, _ summary: String,
        hasEffect: Bool = true
    ) -> Self {
        Self(key: key, flag: flag, kind: .duration, standard: standard, summary: summary, hasEffect: hasEffect) {
            switch readDuration($0) {
            case .success(let value): $1[keyPath: path] = value
            case .failure(let refusal): return refusal.reason
            }
            return nil
        }
    }

    static func optionalDuration(_ key: String, _ path: Path<Duration?>, _ summary: String) -> Self {
        Self(key: key, flag: "", kind: .duration, standard: "of the pool", summary: summary, hasEffect: true) {
            switch readDuration($0) {
            case .success(let value): $1[keyPath: path] = value
            case .failure(let refusal): return refusal.reason
            }
            return nil
        }
    }

    static func text(
        _ key: String, flag: String = "", _ path: Path<String>, standard: String = "", _ summary: String,
        hasEffect: Bool = true
    ) -> Self {
        Self(key: key, flag: flag, kind: .text, standard: standard, summary: summary, hasEffect: hasEffect) {
            guard case .string(let value) = $0 else { return expected("a string", $0) }
            $1[keyPath: path] = value
            return nil
        }
    }

    /// Lists append, from file to file and from flag to flag.
    static func list(
        _ key: String, flag: String = "", _ path: Path<[String]>, _ summary: String, hasEffect: Bool = true
    ) -> Self {
        Self(key: key, flag: flag, kind: .list, standard: "", summary: summary, hasEffect: hasEffect) {
            guard case .array(let items) = $0 else { return expected("a list of strings", $0) }
            for item in items {
                guard case .string(let text) = item else { return expected("a list of strings", item) }
                $1[keyPath: path].append(text)
            }
            return nil
        }
    }

    static func map(_ key: String, flag: String, _ path: Path<[String: String]>, _ summary: String) -> Self {
        Self(key: key, flag: flag, kind: .map, standard: "", summary: summary, hasEffect: true) {
            guard case .object(let entries) = $0 else { return expected("an object of strings", $0) }
            for entry in entries {
                guard case .string(let text) = entry.value else { return expected("an object of strings", entry.value) }
                $1[keyPath: path][entry.key] = text
            }
            return nil
        }
    }

    /// Subtrees that another module decodes: a list of objects, or with `single` one object.
    static func trees(_ key: String, single: Bool, _ path: Path<[ConfigurationValue]>, _ summary: String) -> Self {
        Self(key: key, flag: "", kind: .tree, standard: "", summary: summary, hasEffect: true) {
            let items: [ConfigurationValue]
            if case .array(let list) = $0, !single { items = list } else { items = [$0] }
            for item in items {
                guard case .object = item else { return expected(single ? "an object" : "a list of objects", item) }
                $1[keyPath: path].append(item)
            }
            return nil
        }
    }

    /// A key that Consul's files may have, of any content, that nothing acts on yet.
    static func ignored(_ key: String, flag: String = "", kind: Kind = .tree, _ summary: String) -> Self {
        Self(key: key, flag: flag, kind: kind, standard: "", summary: summary, hasEffect: false) { _, _ in nil }
    }

    struct Refusal: Error {
        var reason: String
    }

    static func readDuration(_ value: ConfigurationValue) -> Result<Duration, Refusal> {
        guard case .string(let text) = value else {
            return .failure(Refusal(reason: expected("a duration such as \"30s\"", value)))
        }
        guard let duration = DurationText.parse(text) else {
            return .failure(Refusal(reason: "\"\(text)\" is not a duration such as \"30s\", \"1m30s\" or \"200ms\""))
        }
        return .success(duration)
    }

    static func expected(_ what: String, _ value: ConfigurationValue) -> String {
        "expected \(what), found \(value.typeName)"
    }
}
