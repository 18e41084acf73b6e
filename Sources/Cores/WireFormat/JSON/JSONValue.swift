/// A JSON value (RFC 8259) and where it stands in its text.
package struct JSONValue: Sendable {
    package indirect enum Kind: Sendable {
        case null
        case bool(Bool)
        /// The literal as written, such as `-1.5e3`: the reader of a field decides on its type.
        case number(String)
        case string(String)
        case array([JSONValue])
        /// In the order of the text; of equal names only the last is kept, at the place of the first.
        case object([JSONMember])
    }

    package var kind: Kind
    package var position: JSONPosition

    package init(_ kind: Kind, at position: JSONPosition = JSONPosition()) {
        self.kind = kind
        self.position = position
    }
}

/// One name and value of an object.
package struct JSONMember: Sendable {
    package var name: String
    package var value: JSONValue

    package init(name: String, value: JSONValue) {
        self.name = name
        self.value = value
    }
}

/// A place in a text; lines and columns count from 1, columns in bytes.
package struct JSONPosition: Hashable, Sendable {
    package var line: Int
    package var column: Int

    package init(line: Int = 1, column: Int = 1) {
        self.line = line
        self.column = column
    }
}

extension JSONPosition: CustomStringConvertible {
    package var description: String { "\(line):\(column)" }
}

extension JSONValue {
    package var isNull: Bool { if case .null = kind { true } else { false } }
    package var boolean: Bool? { if case .bool(let value) = kind { value } else { nil } }
    package var text: String? { if case .string(let value) = kind { value } else { nil } }
    package var items: [JSONValue]? { if case .array(let value) = kind { value } else { nil } }
    package var members: [JSONMember]? { if case .object(let value) = kind { value } else { nil } }

    /// A number without fraction and exponent that fits.
    package var integer: Int? { if case .number(let literal) = kind { Int(literal) } else { nil } }
    package var unsigned: UInt64? { if case .number(let literal) = kind { UInt64(literal) } else { nil } }
    package var double: Double? { if case .number(let literal) = kind { Double(literal) } else { nil } }

    /// A number as it was written.
    package var numberText: String? { if case .number(let literal) = kind { literal } else { nil } }

    /// The value under a name of an object. O(members).
    package subscript(name: String) -> JSONValue? { members?.first { $0.name == name }?.value }

    /// The kind's name as Go's decoder says it.
    package var kindName: String {
        switch kind {
        case .null: "null"
        case .bool: "bool"
        case .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}

extension JSONValue: Equatable {
    /// Equal values; positions do not count, the order of members does.
    package static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left.kind, right.kind) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.number(let left), .number(let right)): left == right
        case (.string(let left), .string(let right)): left == right
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)):
            left.elementsEqual(right) { $0.name == $1.name && $0.value == $1.value }
        case (.null, _), (.bool, _), (.number, _), (.string, _), (.array, _), (.object, _): false
        }
    }
}
