/// Base64 (RFC 4648 §4) for keys.
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    package static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let value = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for position in 0..<4 {
                let isPadding = position > group.count
                text.append(isPadding ? 61 : alphabet[Int(value >> UInt32(18 - 6 * position) & 63)])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Nil unless the text is whole groups of the alphabet, padded.
    package static func decode(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count % 4 == 0 else { return nil }
        let paddingCount = digits.suffix(2).count { $0 == 61 }
        var bytes: [UInt8] = []
        var value: UInt32 = 0
        for (position, digit) in digits.enumerated() {
            let isPadding = digit == 61 && position >= digits.count - paddingCount
            guard let number = isPadding ? 0 : alphabet.firstIndex(of: digit) else { return nil }
            value = value << 6 | UInt32(number)
            if position % 4 == 3 {
                bytes += [16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
                value = 0
            }
        }
        return Array(bytes.dropLast(paddingCount))
    }
}
