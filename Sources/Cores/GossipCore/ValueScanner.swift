/// Finds the end of MessagePack values in bytes that arrive piece by piece, each byte looked at once. It counts values
/// instead of recursing, so depth costs nothing.
struct ValueScanner: Sendable {
    enum Verdict: Equatable { case complete, needsMore, malformed }

    /// Next byte to look at.
    private(set) var position: Int
    private var pending: UInt64
    private var skip: UInt64 = 0

    /// Scans `count` values from `start`.
    init(from start: Int, count: Int) {
        position = start
        pending = UInt64(max(0, count))
    }

    mutating func scan(_ bytes: [UInt8]) -> Verdict {
        while true {
            let skipped = Int(min(skip, UInt64(max(0, bytes.count - position))))
            position += skipped
            skip -= UInt64(skipped)
            if skip > 0 { return .needsMore }
            if pending == 0 { return .complete }
            guard position < bytes.count else { return .needsMore }
            let lead = bytes[position]
            guard let widthBytes = Self.lengthBytes(lead) else { return .malformed }
            guard bytes.count - position > widthBytes else { return .needsMore }
            var length: UInt64 = 0
            for offset in 0..<widthBytes { length = length << 8 | UInt64(bytes[position + 1 + offset]) }
            position += 1 + widthBytes
            pending -= 1
            switch lead {
            case 0x80...0x8F: pending += 2 * UInt64(lead & 0x0F)
            case 0x90...0x9F: pending += UInt64(lead & 0x0F)
            case 0xA0...0xBF: skip = UInt64(lead & 0x1F)
            case 0xC4...0xC6, 0xD9...0xDB: skip = length
            case 0xC7...0xC9: skip = length + 1
            case 0xCA: skip = 4
            case 0xCB: skip = 8
            case 0xCC...0xCF: skip = 1 << UInt64(lead - 0xCC)
            case 0xD0...0xD3: skip = 1 << UInt64(lead - 0xD0)
            case 0xD4...0xD8: skip = 1 + 1 << UInt64(lead - 0xD4)
            case 0xDC, 0xDD: pending += length
            case 0xDE, 0xDF: pending += 2 * length
            default: break
            }
            // Each pending value has at least a byte: no stream is that long.
            if pending > UInt64(GossipStreamParser.maxStreamBytes) { return .malformed }
        }
    }

    /// Bytes of the length behind a lead byte; nil for the one byte that opens nothing.
    private static func lengthBytes(_ lead: UInt8) -> Int? {
        switch lead {
        case 0xC1: nil
        case 0xC4, 0xC7, 0xD9: 1
        case 0xC5, 0xC8, 0xDA, 0xDC, 0xDE: 2
        case 0xC6, 0xC9, 0xDB, 0xDD, 0xDF: 4
        default: 0
        }
    }
}
