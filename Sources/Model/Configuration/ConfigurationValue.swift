/// A configuration file as a tree, whatever its syntax was.
package indirect enum ConfigurationValue: Equatable, Sendable {
    /// In the order of the file; a key given twice is there twice, and refused when it is read.
    case object([Entry])
    case array([ConfigurationValue])
    case string(String)
    case integer(Int64)
    case number(Double)
    case bool(Bool)
    case null

    package struct Entry: Equatable, Sendable {
        package var key: String
        package var value: ConfigurationValue

        package init(_ key: String, _ value: ConfigurationValue) {
            self.key = key
            self.value = value
        }
    }

    /// `object` from a literal, in its order.
    package static func make(_ entries: KeyValuePairs<String, ConfigurationValue>) -> ConfigurationValue {
        .object(entries.map { Entry($0.key, $0.value) })
    }
}

extension ConfigurationValue {
    /// The first entry of that key; nil for anything but an object that has it.
    package subscript(key: String) -> ConfigurationValue? {
        guard case .object(let entries) = self else { return nil }
        return entries.first { $0.key == key }?.value
    }

    /// The type in the words of an error message.
    package var typeName: String {
        switch self {
        case .object: "an object"
        case .array: "a list"
        case .string: "a string"
        case .integer: "a whole number"
        case .number: "a number"
        case .bool: "a boolean"
        case .null: "null"
        }
    }

    /// This tree with `other` laid over it: objects merge key by key, lists append, anything else is replaced.
    package func merged(with other: ConfigurationValue) -> ConfigurationValue {
        switch (self, other) {
        case (.object(var entries), .object(let additions)):
            for addition in additions {
                if let index = entries.firstIndex(where: { $0.key == addition.key }) {
                    entries[index].value = entries[index].value.merged(with: addition.value)
                } else {
                    entries.append(addition)
                }
            }
            return .object(entries)
        case (.array(let first), .array(let second)): return .array(first + second)
        default: return other
        }
    }
}
