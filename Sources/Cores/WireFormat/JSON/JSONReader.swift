/// Reads JSON text (RFC 8259) into values with positions. Nesting and size are bounded; text that is not UTF-8 and
/// lone surrogates become U+FFFD, as in Go.
package struct JSONReader {
    /// Deepest nesting of arrays and objects: Go's own limit is 10,000; bodies of this interface need 6.
    package static let maxDepth = 128
    /// Largest text read. A value takes some 70 bytes of memory and at least 2 of text.
    package static let maxBytes = 4 << 20

    private let bytes: [UInt8]
    private var offset = 0
    private var line = 1
    private var lineStart = 0
    private var depth = 0

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// One value and nothing behind it.
    package static func read(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
        var reader = try reader(of: bytes)
        let value = try reader.value()
        reader.skipSpace()
        guard let byte = reader.peek else { return value }
        throw reader.unexpected(byte, "after top-level value")
    }

    /// The first value; whatever follows is ignored, as Consul does with request bodies.
    package static func readFirst(_ bytes: [UInt8]) throws(JSONError) -> JSONValue {
        var reader = try reader(of: bytes)
        return try reader.value()
    }

    private static func reader(of bytes: [UInt8]) throws(JSONError) -> JSONReader {
        guard bytes.count <= maxBytes else { throw JSONError(.tooLarge(limitBytes: maxBytes), at: JSONPosition()) }
        var reader = JSONReader(bytes)
        reader.skipSpace()
        guard reader.peek != nil else { throw JSONError(.empty, at: reader.position) }
        return reader
    }

    private var peek: UInt8? { offset < bytes.count ? bytes[offset] : nil }
    private var position: JSONPosition { JSONPosition(line: line, column: offset - lineStart + 1) }

    private func unexpected(_ byte: UInt8, _ what: String) -> JSONError {
        JSONError(.unexpected(byte: byte, while: what), at: position)
    }

    private func next() throws(JSONError) -> UInt8 {
        guard let byte = peek else { throw JSONError(.truncated, at: position) }
        return byte
    }

    private mutating func skipSpace() {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x09, 0x0D: offset += 1
            case 0x0A:
                offset += 1
                line += 1
                lineStart = offset
            default: return
            }
        }
    }

    private mutating func value() throws(JSONError) -> JSONValue {
        skipSpace()
        let start = position
        let byte = try next()
        switch byte {
        case UInt8(ascii: "{"):
            try enter()
            let members = try object()
            depth -= 1
            return JSONValue(.object(members), at: start)
        case UInt8(ascii: "["):
            try enter()
            let items = try array()
            depth -= 1
            return JSONValue(.array(items), at: start)
        case UInt8(ascii: "\""): return JSONValue(.string(try string()), at: start)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return JSONValue(.number(try number()), at: start)
        case UInt8(ascii: "t"):
            try literal("true")
            return JSONValue(.bool(true), at: start)
        case UInt8(ascii: "f"):
            try literal("false")
            return JSONValue(.bool(false), at: start)
        case UInt8(ascii: "n"):
            try literal("null")
            return JSONValue(.null, at: start)
        default: throw unexpected(byte, "looking for beginning of value")
        }
    }

    /// Past an opening bracket.
    private mutating func enter() throws(JSONError) {
        guard depth < Self.maxDepth else { throw JSONError(.tooDeep(limit: Self.maxDepth), at: position) }
        depth += 1
        offset += 1
    }

    private mutating func object() throws(JSONError) -> [JSONMember] {
        var members: [JSONMember] = []
        var places: [String: Int] = [:]
        skipSpace()
        if try next() == UInt8(ascii: "}") {
            offset += 1
            return members
        }
        while true {
            skipSpace()
            let quote = try next()
            guard quote == UInt8(ascii: "\"") else {
                throw unexpected(quote, "looking for beginning of object key string")
            }
            let name = try string()
            skipSpace()
            let colon = try next()
            guard colon == UInt8(ascii: ":") else { throw unexpected(colon, "after object key") }
            offset += 1
            let value = try value()
            if let place = places[name] {
                members[place].value = value
            } else {
                places[name] = members.count
                members.append(JSONMember(name: name, value: value))
            }
            skipSpace()
            let end = try next()
            guard end == UInt8(ascii: ",") || end == UInt8(ascii: "}") else {
                throw unexpected(end, "after object key:value pair")
            }
            offset += 1
            if end == UInt8(ascii: "}") { return members }
        }
    }

    private mutating func array() throws(JSONError) -> [JSONValue] {
        var items: [JSONValue] = []
        skipSpace()
        if try next() == UInt8(ascii: "]") {
            offset += 1
            return items
        }
        while true {
            items.append(try value())
            skipSpace()
            let end = try next()
            guard end == UInt8(ascii: ",") || end == UInt8(ascii: "]") else {
                throw unexpected(end, "after array element")
            }
            offset += 1
            if end == UInt8(ascii: "]") { return items }
        }
    }

    private mutating func literal(_ text: StaticString) throws(JSONError) {
        for index in 0..<text.utf8CodeUnitCount {
            let wanted = text.utf8Start[index]
            let byte = try next()
            guard byte == wanted else {
                throw unexpected(byte, "in literal \(text) (expecting '\(Character(UnicodeScalar(wanted)))')")
            }
            offset += 1
        }
    }

    private mutating func number() throws(JSONError) -> String {
        let start = offset
        if peek == UInt8(ascii: "-") { offset += 1 }
        let first = try next()
        guard Self.isDigit(first) else { throw unexpected(first, "in numeric literal") }
        offset += 1
        if first != UInt8(ascii: "0") { skipDigits() }
        if peek == UInt8(ascii: ".") {
            offset += 1
            try digits("after decimal point in numeric literal")
        }
        if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
            offset += 1
            if peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") { offset += 1 }
            try digits("in exponent of numeric literal")
        }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    private mutating func digits(_ what: String) throws(JSONError) {
        let byte = try next()
        guard Self.isDigit(byte) else { throw unexpected(byte, what) }
        skipDigits()
    }

    private mutating func skipDigits() {
        while let byte = peek, Self.isDigit(byte) { offset += 1 }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    private mutating func string() throws(JSONError) -> String {
        offset += 1
        let start = offset
        while let byte = peek, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { offset += 1 }
        if peek == UInt8(ascii: "\"") {
            offset += 1
            return String(decoding: bytes[start..<offset - 1], as: UTF8.self)
        }
        var text = Array(bytes[start..<offset])
        while true {
            let byte = try next()
            switch byte {
            case UInt8(ascii: "\""):
                offset += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                offset += 1
                try escape(into: &text)
            case 0..<0x20: throw unexpected(byte, "in string literal")
            default:
                text.append(byte)
                offset += 1
            }
        }
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
        let byte = try next()
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            offset += 1
            try unicodeEscape(into: &text)
            return
        default: throw unexpected(byte, "in string escape code")
        }
        offset += 1
    }

    private mutating func unicodeEscape(into text: inout [UInt8]) throws(JSONError) {
        let high = try hexadecimal()
        var scalar = UnicodeScalar(high)
        if (0xD800..<0xDC00).contains(high), offset + 1 < bytes.count, bytes[offset] == UInt8(ascii: "\\"),
            bytes[offset + 1] == UInt8(ascii: "u")
        {
            let mark = offset
            offset += 2
            let low = try hexadecimal()
            if (0xDC00..<0xE000).contains(low) {
                scalar = UnicodeScalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
            } else {
                offset = mark
            }
        }
        text.append(contentsOf: Character(scalar ?? "\u{FFFD}").utf8)
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            let byte = try next()
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: throw unexpected(byte, "in \\u hexadecimal character escape")
            }
            value = value << 4 | UInt32(digit)
            offset += 1
        }
        return value
    }
}
