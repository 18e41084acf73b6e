/// Why a text is not JSON, and where.
package struct JSONError: Error, Equatable, Sendable {
    package enum Reason: Equatable, Sendable {
        /// Nothing but white space.
        case empty
        case truncated
        /// A byte that cannot stand here, and what was being read.
        case unexpected(byte: UInt8, while: String)
        case tooDeep(limit: Int)
        case tooLarge(limitBytes: Int)
    }

    package var reason: Reason
    package var position: JSONPosition

    package init(_ reason: Reason, at position: JSONPosition) {
        self.reason = reason
        self.position = position
    }

    /// As Go's decoder words it; without the position, which HTTP clients do not expect.
    package var message: String {
        switch reason {
        case .empty: "EOF"
        case .truncated: "unexpected EOF"
        case .unexpected(let byte, let what): "invalid character \(Self.quoted(byte)) \(what)"
        case .tooDeep(let limit): "exceeded max depth of \(limit)"
        case .tooLarge(let limit): "larger than \(limit) bytes"
        }
    }

    private static func quoted(_ byte: UInt8) -> String {
        switch byte {
        case UInt8(ascii: "\n"): "'\\n'"
        case UInt8(ascii: "\r"): "'\\r'"
        case UInt8(ascii: "\t"): "'\\t'"
        case UInt8(ascii: "'"): "'\\''"
        case 0x20..<0x7F: "'\(Character(UnicodeScalar(byte)))'"
        default: "'\\x\(byte < 16 ? "0" : "")\(String(byte, radix: 16))'"
        }
    }
}

extension JSONError: CustomStringConvertible {
    package var description: String { "\(position): \(message)" }
}
