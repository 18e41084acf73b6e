/// The decoded parameters of a query string, in the order they were sent. Few, so lookup is a scan.
struct Query {
    private(set) var parameters: [(name: String, value: String)] = []

    /// `a=1&b` with percent escapes and `+` for a space.
    /// - Returns: nil when an escape is malformed.
    init?(_ text: ArraySlice<UInt8>) {
        var start = text.startIndex
        while start < text.endIndex {
            let end = text[start...].firstIndex(of: UInt8(ascii: "&")) ?? text.endIndex
            if start < end {
                let pair = text[start..<end]
                let equals = pair.firstIndex(of: UInt8(ascii: "="))
                let value = equals.map { pair[($0 + 1)...] } ?? []
                guard let name = Percent.decode(pair[..<(equals ?? end)], plusIsSpace: true),
                    let value = Percent.decode(value, plusIsSpace: true)
                else { return nil }
                parameters.append((String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)))
            }
            start = end + 1
        }
    }

    init() {}

    var isEmpty: Bool { parameters.isEmpty }

    func has(_ name: String) -> Bool { parameters.contains { $0.name == name } }

    /// The first value; empty when there is none.
    func first(_ name: String) -> String { parameters.first { $0.name == name }?.value ?? "" }

    func all(_ name: String) -> [String] { parameters.filter { $0.name == name }.map(\.value) }

    /// All parameters sorted by name and escaped again, as Go's `Values.Encode` does.
    var sortedText: String {
        let sorted = parameters.enumerated().sorted { ($0.element.name, $0.offset) < ($1.element.name, $1.offset) }
        return sorted.map { Percent.encode($0.element.name) + "=" + Percent.encode($0.element.value) }
            .joined(separator: "&")
    }
}

/// Percent escapes (RFC 3986 §2.1).
enum Percent {
    /// - Returns: nil when a `%` is not followed by two hexadecimal digits.
    static func decode(_ text: ArraySlice<UInt8>, plusIsSpace: Bool) -> [UInt8]? {
        guard text.contains(where: { $0 == UInt8(ascii: "%") || plusIsSpace && $0 == UInt8(ascii: "+") }) else {
            return Array(text)
        }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(text.count)
        var index = text.startIndex
        while index < text.endIndex {
            let byte = text[index]
            if byte == UInt8(ascii: "%") {
                guard text.endIndex - index > 2, let high = digit(text[index + 1]), let low = digit(text[index + 2])
                else { return nil }
                decoded.append(high << 4 | low)
                index += 3
                continue
            }
            decoded.append(byte == UInt8(ascii: "+") && plusIsSpace ? 0x20 : byte)
            index += 1
        }
        return decoded
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// A query component: everything but unreserved characters escaped, a space as `+`.
    static func encode(_ text: String) -> String {
        encode(text.utf8) { isUnreserved($0) }.withPlusForSpace
    }

    /// A path: separators and the characters Go leaves alone stay.
    static func encodePath(_ path: some Collection<UInt8>) -> String {
        encode(path) { isUnreserved($0) || "$&+,/:;=@!*'()".utf8.contains($0) }
    }

    private static func encode(_ bytes: some Collection<UInt8>, keeping isKept: (UInt8) -> Bool) -> String {
        let hex = Array("0123456789ABCDEF".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            if isKept(byte) {
                text.append(byte)
            } else {
                text += [UInt8(ascii: "%"), hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}

extension String {
    /// `%20` written as `+`.
    fileprivate var withPlusForSpace: String {
        var text: [UInt8] = []
        var rest = Array(utf8)[...]
        while let byte = rest.first {
            if rest.starts(with: "%20".utf8) {
                text.append(UInt8(ascii: "+"))
                rest = rest.dropFirst(3)
            } else {
                text.append(byte)
                rest = rest.dropFirst()
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
