package import FederationModel

/// Writes JSON into a byte buffer as Go's encoder does: `<`, `>`, `&`, U+2028 and U+2029 escaped, text that is not
/// UTF-8 as `\ufffd`. Pretty output indents by four spaces and ends with a line feed, like Consul's.
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []
    private let isPretty: Bool
    private var depth = 0
    /// Whether a comma is due before the next value of the open array or object.
    private var needsComma = false
    private var followsKey = false

    package init(isPretty: Bool = false, reserving count: Int = 256) {
        self.isPretty = isPretty
        bytes.reserveCapacity(count)
    }

    /// The text; pretty text ends with a line feed.
    package consuming func finished() -> [UInt8] {
        if isPretty { bytes.append(UInt8(ascii: "\n")) }
        return bytes
    }

    package mutating func beginObject() { open(UInt8(ascii: "{")) }
    package mutating func endObject() { close(UInt8(ascii: "}")) }
    package mutating func beginArray() { open(UInt8(ascii: "[")) }
    package mutating func endArray() { close(UInt8(ascii: "]")) }

    /// A name that needs no escapes.
    package mutating func key(_ name: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        bytes.append(UInt8(ascii: "\""))
        endKey()
    }

    package mutating func key(text name: String) {
        separate()
        quote(name)
        endKey()
    }

    /// A value that is JSON already, compact.
    package mutating func raw(_ text: [UInt8]) {
        separate()
        bytes.append(contentsOf: text)
    }

    package mutating func null() {
        separate()
        bytes.append(contentsOf: "null".utf8)
    }

    package mutating func write(_ value: Bool) {
        separate()
        bytes.append(contentsOf: value ? "true".utf8 : "false".utf8)
    }

    package mutating func write(_ value: Int) {
        separate()
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        appendDecimal(UInt64(value.magnitude))
    }

    package mutating func write(_ value: UInt64) {
        separate()
        appendDecimal(value)
    }

    package mutating func write(_ value: String) {
        separate()
        quote(value)
    }

    package mutating func write(_ value: ByteString) {
        separate()
        value.bytes.withUnsafeBufferPointer { quote($0) }
    }

    package mutating func base64(_ value: [UInt8]) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        Base64.encode(value, into: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// As Go prints a float64: shortest digits, exponents below 1e-6 and from 1e21 on. What JSON cannot say is null.
    package mutating func write(_ value: Double) {
        guard value.isFinite else { return null() }
        separate()
        bytes.append(contentsOf: Self.goText(value).utf8)
    }

    package mutating func write(_ value: JSONValue) {
        switch value.kind {
        case .null: null()
        case .bool(let value): write(value)
        case .number(let literal):
            separate()
            bytes.append(contentsOf: literal.utf8)
        case .string(let value): write(value)
        case .array(let items):
            beginArray()
            for item in items { write(item) }
            endArray()
        case .object(let members):
            beginObject()
            for member in members {
                key(text: member.name)
                write(member.value)
            }
            endObject()
        }
    }

    package static func goText(_ value: Double) -> String {
        let magnitude = value.magnitude
        if magnitude != 0 && (magnitude < 1e-6 || magnitude >= 1e21) {
            let (digits, exponent) = shortest(magnitude)
            var text = String(digits.prefix(1))
            if digits.utf8.count > 1 { text += "." + digits.dropFirst() }
            text += exponent < 0 ? "e-\(-exponent)" : "e+\(exponent)"
            return value < 0 ? "-" + text : text
        }
        if magnitude == 0 { return value.sign == .minus ? "-0" : "0" }
        let (digits, exponent) = shortest(magnitude)
        let count = digits.utf8.count
        let text: String
        if exponent < 0 {
            text = "0." + String(repeating: "0", count: -exponent - 1) + digits
        } else if exponent >= count - 1 {
            text = digits + String(repeating: "0", count: exponent - count + 1)
        } else {
            text = String(digits.prefix(exponent + 1)) + "." + digits.dropFirst(exponent + 1)
        }
        return value < 0 ? "-" + text : text
    }

    /// The shortest decimal digits that read back as `value`, and the exponent of the first: 0.012 → ("12", -2).
    private static func shortest(_ value: Double) -> (digits: String, exponent: Int) {
        var text = Substring(value.description)
        var exponent = 0
        if let mark = text.firstIndex(of: "e") {
            exponent = Int(text[text.index(after: mark)...]) ?? 0
            text = text[..<mark]
        }
        let point = text.firstIndex(of: ".") ?? text.endIndex
        exponent += text[..<point].utf8.count - 1
        var digits = String(text[..<point]) + text[point...].dropFirst()
        while digits.hasPrefix("0") && digits.utf8.count > 1 {
            digits.removeFirst()
            exponent -= 1
        }
        while digits.hasSuffix("0") && digits.utf8.count > 1 { digits.removeLast() }
        return (digits, exponent)
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        depth += 1
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        depth -= 1
        if needsComma { breakLine() }
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func endKey() {
        bytes.append(UInt8(ascii: ":"))
        if isPretty { bytes.append(UInt8(ascii: " ")) }
        followsKey = true
    }

    private mutating func separate() {
        if followsKey {
            followsKey = false
            return
        }
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        if depth > 0 { breakLine() }
        needsComma = true
    }

    private mutating func breakLine() {
        guard isPretty else { return }
        bytes.append(UInt8(ascii: "\n"))
        for _ in 0..<(4 * max(0, depth)) { bytes.append(UInt8(ascii: " ")) }
    }

    private mutating func appendDecimal(_ value: UInt64) {
        if value < 10 {
            bytes.append(UInt8(ascii: "0") + UInt8(value))
            return
        }
        let start = bytes.count
        var rest = value
        while rest > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        }
        bytes[start...].reverse()
    }

    private mutating func quote(_ text: String) {
        var text = text
        text.withUTF8 { quote($0) }
    }

    private mutating func quote(_ text: UnsafeBufferPointer<UInt8>) {
        bytes.append(UInt8(ascii: "\""))
        var clean = 0
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte >= 0x80 {
                let length = Self.utf8Length(text, at: index)
                let isSeparator =
                    length == 3 && byte == 0xE2 && text[index + 1] == 0x80 && text[index + 2] & 0xFE == 0xA8
                if length > 0 && !isSeparator {
                    index += length
                    continue
                }
                bytes.append(contentsOf: text[clean..<index])
                if isSeparator {
                    bytes.append(contentsOf: text[index + 2] == 0xA8 ? "\\u2028".utf8 : "\\u2029".utf8)
                } else {
                    bytes.append(contentsOf: "\\ufffd".utf8)
                }
                index += max(1, length)
                clean = index
                continue
            }
            if Self.isPlain(byte) {
                index += 1
                continue
            }
            bytes.append(contentsOf: text[clean..<index])
            appendEscape(byte)
            index += 1
            clean = index
        }
        bytes.append(contentsOf: text[clean..<text.count])
        bytes.append(UInt8(ascii: "\""))
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0..<0x20, UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"):
            false
        default: true
        }
    }

    private mutating func appendEscape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        case 0x0A: bytes.append(contentsOf: "\\n".utf8)
        case 0x0D: bytes.append(contentsOf: "\\r".utf8)
        case 0x09: bytes.append(contentsOf: "\\t".utf8)
        default:
            let hex = Array("0123456789abcdef".utf8)
            bytes.append(contentsOf: "\\u00".utf8)
            bytes.append(hex[Int(byte >> 4)])
            bytes.append(hex[Int(byte & 15)])
        }
    }

    /// Length in 2...4 of the well-formed sequence (Unicode table 3-7) that starts at `index`; 0 when there is none.
    private static func utf8Length(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> Int {
        let first = text[index]
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch first {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: length = 4
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return 0
        }
        guard index + length <= text.count, second.contains(text[index + 1]) else { return 0 }
        for offset in 2..<max(2, length) where text[index + offset] & 0xC0 != 0x80 { return 0 }
        return length
    }
}
