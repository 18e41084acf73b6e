extension ConfigurationValue {
    /// JSON text (RFC 8259), two spaces a level, ending in a newline: for config files that a program writes.
    package var jsonText: String {
        var text = ""
        Self.write(self, depth: 0, into: &text)
        return text + "\n"
    }

    private static func write(_ value: ConfigurationValue, depth: Int, into text: inout String) {
        let margin = String(repeating: "  ", count: depth + 1)
        let end = "\n" + String(repeating: "  ", count: depth)
        switch value {
        case .object(let entries) where entries.isEmpty: text += "{}"
        case .object(let entries):
            text += "{"
            for (position, entry) in entries.enumerated() {
                text += (position == 0 ? "\n" : ",\n") + margin + quoted(entry.key) + ": "
                write(entry.value, depth: depth + 1, into: &text)
            }
            text += end + "}"
        case .array(let items) where items.isEmpty: text += "[]"
        case .array(let items):
            text += "["
            for (position, item) in items.enumerated() {
                text += (position == 0 ? "\n" : ",\n") + margin
                write(item, depth: depth + 1, into: &text)
            }
            text += end + "]"
        case .string(let string): text += quoted(string)
        case .integer(let integer): text += String(integer)
        case .number(let number): text += number.isFinite ? String(number) : "null"
        case .bool(let bool): text += bool ? "true" : "false"
        case .null: text += "null"
        }
    }

    /// A JSON string literal of any text.
    package static func quoted(_ string: String) -> String {
        var text = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{0}"..<"\u{20}":
                let hex = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - hex.utf8.count) + hex
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}
