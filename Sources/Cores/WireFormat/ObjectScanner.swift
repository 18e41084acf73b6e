/// Finds where MessagePack objects end in bytes that arrive in pieces. It keeps its place between pieces, so a
/// body of n bytes costs O(n) however it is cut, and one counter stands for all open containers, so nesting costs no
/// memory and no stack; `MessagePackReader.maxDepth` judges depth when the object is decoded.
package struct ObjectScanner: Equatable, Sendable {
    /// Bytes of the object understood so far. Beyond the bytes at hand while a raw value is still arriving.
    private var offset = 0
    /// Objects still to be seen.
    private var remaining: Int

    /// - Parameter count: how many objects, one behind the other, are looked for.
    package init(count: Int = 1) { remaining = max(0, count) }

    /// - Parameters:
    ///   - start: where the first object begins in `bytes`; the same bytes as in the calls before it.
    ///   - end: what stands from there on is something else's; nil: nothing.
    ///   - maxBytes: the longest length allowed.
    /// - Returns: the length of the objects in bytes, nil when more bytes are needed.
    /// - Throws: `tooLarge` as soon as the object must pass `maxBytes`, `unexpected` for the byte 0xC1.
    package mutating func length(
        in bytes: [UInt8], from start: Int, to end: Int? = nil, maxBytes: Int
    ) throws(WireError) -> Int? {
        // Every answer of another server passes here: one look at the array, not one for each byte.
        try bytes.withUnsafeBufferPointer { bytes throws(WireError) in
            try length(
                in: UnsafeBufferPointer(rebasing: bytes[..<min(end ?? bytes.count, bytes.count)]), from: start,
                maxBytes: maxBytes)
        }
    }

    private mutating func length(
        in bytes: UnsafeBufferPointer<UInt8>, from start: Int, maxBytes: Int
    ) throws(WireError) -> Int? {
        while remaining > 0 {
            let position = start + offset
            guard position < bytes.count else { break }
            let lead = bytes[position]
            var head = 1
            var payload = 0
            var children = 0
            switch lead {
            case 0x00...0x7F, 0xE0...0xFF, 0xC0, 0xC2, 0xC3: break
            case 0x80...0x8F: children = 2 * Int(lead & 0x0F)
            case 0x90...0x9F: children = Int(lead & 0x0F)
            case 0xA0...0xBF: payload = Int(lead & 0x1F)
            case 0xCC, 0xD0: head = 2
            case 0xCD, 0xD1: head = 3
            case 0xCA, 0xCE, 0xD2: head = 5
            case 0xCB, 0xCF, 0xD3: head = 9
            case 0xD4...0xD8: head = 2 + 1 << Int(lead - 0xD4)
            case 0xC4...0xC6, 0xC7...0xC9, 0xD9...0xDB, 0xDC...0xDF:
                let (width, role) = Self.wide(lead)
                guard position + width < bytes.count else { return nil }
                var count = 0
                for index in position + 1...position + width { count = count << 8 | Int(bytes[index]) }
                head += width
                switch role {
                case .raw: payload = count
                case .extension: payload = count + 1
                case .array: children = count
                case .map: children = 2 * count
                }
            default: throw WireError(.unexpected(byte: lead, wanted: "a value"), at: offset)
            }
            offset += head + payload
            remaining += children - 1
            // Each object still to come takes a byte at least.
            if offset + remaining > maxBytes { throw WireError(.tooLarge, at: offset) }
        }
        return remaining == 0 && start + offset <= bytes.count ? offset : nil
    }

    private enum Role { case raw, `extension`, array, map }

    /// Width in bytes of the count after `lead`, and what is counted.
    private static func wide(_ lead: UInt8) -> (width: Int, role: Role) {
        switch lead {
        case 0xC4, 0xD9: (1, .raw)
        case 0xC5, 0xDA: (2, .raw)
        case 0xC6, 0xDB: (4, .raw)
        case 0xC7: (1, .extension)
        case 0xC8: (2, .extension)
        case 0xC9: (4, .extension)
        case 0xDC: (2, .array)
        case 0xDD: (4, .array)
        case 0xDE: (2, .map)
        default: (4, .map)
        }
    }
}
