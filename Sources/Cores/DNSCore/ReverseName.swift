import FederationModel

/// Names that spell an address backwards (RFC 1035 §3.5, RFC 3596 §2.5).
enum ReverseName {
    /// - Parameter name: in lower case.
    static func address(_ name: DNSName) -> IPAddress? {
        let labels = name.labels
        guard labels.last == "arpa", labels.count > 2 else { return nil }
        let parts = labels.dropLast(2).reversed()
        switch labels[labels.count - 2] {
        case "in-addr": return parts.count == 4 ? IPAddress(parts.joined(separator: ".")) : nil
        case "ip6":
            guard parts.count == 32, parts.allSatisfy({ $0.utf8.count == 1 }) else { return nil }
            return Hex.decode(parts.joined()).flatMap { IPAddress(bytes: $0) }
        default: return nil
        }
    }
}

enum Hex {
    /// - Returns: nil for an odd count or anything but hexadecimal digits.
    static func decode(_ text: String) -> [UInt8]? {
        let digits = text.utf8.compactMap { digit($0) }
        guard digits.count == text.utf8.count, digits.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    static func encode(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
