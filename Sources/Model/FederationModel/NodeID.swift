/// A node's identity for life: a UUID, kept in its data directory. Ordered by its bytes.
public struct NodeID: Hashable, Sendable {
    public let high: UInt64
    public let low: UInt64

    @inlinable public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// `8-4-4-4-12` hexadecimal digits of either case; nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [8, 4, 4, 4, 12], !text.contains("+"),
            let high = UInt64(parts[0...2].joined(), radix: 16), let low = UInt64(parts[3...4].joined(), radix: 16)
        else { return nil }
        self.init(high: high, low: low)
    }

    /// A version 4 UUID (RFC 9562 §5.4) from the given generator.
    public static func random(using random: inout some RandomNumberGenerator) -> NodeID {
        let high = (random.next() & 0xFFFF_FFFF_FFFF_0FFF) | 0x4000
        let low = (random.next() & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000
        return NodeID(high: high, low: low)
    }
}

extension NodeID: Comparable {
    @inlinable public static func == (left: NodeID, right: NodeID) -> Bool {
        left.low == right.low && left.high == right.high
    }

    @inlinable public static func < (left: NodeID, right: NodeID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

extension NodeID: CustomStringConvertible {
    public var description: String {
        let digits = Array(Self.hex(high) + Self.hex(low))
        let cuts = [0, 8, 12, 16, 20, 32]
        return zip(cuts, cuts.dropFirst()).map { String(digits[$0..<$1]) }.joined(separator: "-")
    }

    private static func hex(_ value: UInt64) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: 16 - text.utf8.count) + text
    }
}
