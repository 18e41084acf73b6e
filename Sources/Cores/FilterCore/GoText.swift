/// Go's quoted strings and integers (Go specification, "String literals" and "Integer literals"), which are part of
/// filter expressions and of the errors about them.
package enum GoText {
    /// In double quotes, with escapes for what is not printable.
    package static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case _ where scalar.value < 32 || scalar.value == 127:
                let hex = String(scalar.value, radix: 16)
                quoted += "\\x" + (hex.utf8.count < 2 ? "0" : "") + hex
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    /// What stands between double quotes, escapes resolved; nil for a line break or an escape Go does not know.
    static func unquoted(_ content: ArraySlice<UInt8>) -> String? {
        var bytes: [UInt8] = []
        var rest = content
        while let byte = rest.popFirst() {
            guard byte != 10 else { return nil }
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            guard let kind = rest.popFirst() else { return nil }
            switch kind {
            case UInt8(ascii: "a"): bytes.append(7)
            case UInt8(ascii: "b"): bytes.append(8)
            case UInt8(ascii: "f"): bytes.append(12)
            case UInt8(ascii: "n"): bytes.append(10)
            case UInt8(ascii: "r"): bytes.append(13)
            case UInt8(ascii: "t"): bytes.append(9)
            case UInt8(ascii: "v"): bytes.append(11)
            case UInt8(ascii: "\\"): bytes.append(kind)
            case UInt8(ascii: "x"):
                guard let value = number(&rest, digits: 2, radix: 16) else { return nil }
                bytes.append(UInt8(truncatingIfNeeded: value))
            case UInt8(ascii: "0")...UInt8(ascii: "7"):
                rest = content[(rest.startIndex - 1)...]
                guard let value = number(&rest, digits: 3, radix: 8), value < 256 else { return nil }
                bytes.append(UInt8(value))
            case UInt8(ascii: "u"), UInt8(ascii: "U"):
                let digits = kind == UInt8(ascii: "u") ? 4 : 8
                guard let value = number(&rest, digits: digits, radix: 16), let scalar = Unicode.Scalar(value)
                else { return nil }
                bytes += String(Character(scalar)).utf8
            default: return nil
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func number(_ rest: inout ArraySlice<UInt8>, digits: Int, radix: Int) -> UInt32? {
        let text = rest.prefix(digits)
        guard text.count == digits, text.first != UInt8(ascii: "+"), text.first != UInt8(ascii: "-") else { return nil }
        rest = rest.dropFirst(digits)
        return UInt32(String(decoding: text, as: UTF8.self), radix: radix)
    }

    enum IntegerProblem: String, Error {
        case syntax = "invalid syntax"
        case range = "value out of range"
    }

    /// A signed number of 64 bits with an optional prefix (`0x`, `0o`, `0b`, `0`) and `_` between digits.
    static func integer(_ text: String) throws(IntegerProblem) -> Int64 {
        var digits = Substring(text)
        let isNegative = digits.first == "-"
        if isNegative || digits.first == "+" { digits = digits.dropFirst() }
        var radix = 10
        var hasPrefix = false
        if digits.count > 1, digits.first == "0" {
            hasPrefix = true
            switch digits.dropFirst().first {
            case "x", "X": radix = 16
            case "o", "O": radix = 8
            case "b", "B": radix = 2
            default:
                radix = 8
                digits = digits.dropFirst()
                hasPrefix = false
            }
            if hasPrefix { digits = digits.dropFirst(2) }
        }
        // Between digits, and after a prefix.
        var mayBeMark = hasPrefix || radix == 8
        for character in digits {
            guard character != "_" || mayBeMark else { throw .syntax }
            mayBeMark = character != "_"
        }
        let plain = digits.filter { $0 != "_" }
        guard digits.last != "_", !plain.isEmpty,
            plain.allSatisfy({ $0.isASCII && ($0.hexDigitValue ?? 16) < radix })
        else { throw .syntax }
        guard let value = Int64((isNegative ? "-" : "") + plain, radix: radix) else { throw .range }
        return value
    }
}
