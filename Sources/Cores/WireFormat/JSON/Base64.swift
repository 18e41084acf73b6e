/// Base64 with padding (RFC 4648 §4).
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Appends `4 · ⌈count / 3⌉` bytes of text.
    package static func encode(_ data: some Collection<UInt8>, into text: inout [UInt8]) {
        var pending: UInt32 = 0
        var pendingCount = 0
        alphabet.withUnsafeBufferPointer { alphabet in
            for byte in data {
                pending = pending << 8 | UInt32(byte)
                pendingCount += 1
                guard pendingCount == 3 else { continue }
                for shift: UInt32 in [18, 12, 6, 0] { text.append(alphabet[Int(pending >> shift & 63)]) }
                pending = 0
                pendingCount = 0
            }
            switch pendingCount {
            case 1:
                text.append(alphabet[Int(pending >> 2 & 63)])
                text.append(alphabet[Int(pending << 4 & 63)])
                text.append(UInt8(ascii: "="))
                text.append(UInt8(ascii: "="))
            case 2:
                text.append(alphabet[Int(pending >> 10 & 63)])
                text.append(alphabet[Int(pending >> 4 & 63)])
                text.append(alphabet[Int(pending << 2 & 63)])
                text.append(UInt8(ascii: "="))
            default: break
            }
        }
    }

    package static func encode(_ data: some Collection<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((data.count + 2) / 3 * 4)
        encode(data, into: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// - Returns: nil for anything but whole, padded groups of the alphabet.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        let characters = Array(text.utf8)
        guard characters.count % 4 == 0 else { return nil }
        let padding = characters.suffix(2).filter { $0 == UInt8(ascii: "=") }.count
        if padding == 1 && characters.last != UInt8(ascii: "=") { return nil }
        var data: [UInt8] = []
        data.reserveCapacity(characters.count / 4 * 3)
        var pending: UInt32 = 0
        var pendingBits = 0
        for character in characters.dropLast(padding) {
            guard let digit = digit(character) else { return nil }
            pending = (pending << 6 | UInt32(digit)) & 0xFFFF
            pendingBits += 6
            if pendingBits >= 8 {
                pendingBits -= 8
                data.append(UInt8(truncatingIfNeeded: pending >> UInt32(pendingBits)))
            }
        }
        return data
    }

    /// Where a text stops being base64, as Go's decoder counts: the first strange byte, else the incomplete group.
    package static func firstProblem(of text: some StringProtocol) -> Int {
        let characters = Array(text.utf8)
        let strange = characters.firstIndex { digit($0) == nil && $0 != UInt8(ascii: "=") }
        return strange ?? characters.count / 4 * 4
    }

    private static func digit(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
