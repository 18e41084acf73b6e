/// CRC-32 (ISO 3309, polynomial 0xEDB88320 reflected), eight bytes a step: guards records on disk and
/// gossip datagrams. Check value of "123456789": 0xCBF43926.
package enum Checksum {
    /// Row k holds the checksum of a byte followed by k zero bytes.
    private static let table: [UInt32] = {
        var table = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var value = UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
            table[byte] = value
        }
        for position in 256..<table.count {
            let before = table[position - 256]
            table[position] = before >> 8 ^ table[Int(before & 0xFF)]
        }
        return table
    }()

    /// - Parameters:
    ///   - range: within `bytes`.
    ///   - seed: the checksum of what goes before; 0 at the start.
    package static func crc32(_ bytes: [UInt8], in range: Range<Int>, seed: UInt32 = 0) -> UInt32 {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "range \(range) of \(bytes.count) bytes")
        return bytes.withUnsafeBytes { bytes in
            table.withUnsafeBufferPointer { table in
                var crc = ~seed
                var position = range.lowerBound
                while position + 8 <= range.upperBound {
                    let low = crc ^ UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
                    let high = UInt32(
                        littleEndian: bytes.loadUnaligned(fromByteOffset: position + 4, as: UInt32.self))
                    crc = table[1792 + Int(low & 0xFF)] ^ table[1536 + Int(low >> 8 & 0xFF)]
                    crc ^= table[1280 + Int(low >> 16 & 0xFF)] ^ table[1024 + Int(low >> 24)]
                    crc ^= table[768 + Int(high & 0xFF)] ^ table[512 + Int(high >> 8 & 0xFF)]
                    crc ^= table[256 + Int(high >> 16 & 0xFF)] ^ table[Int(high >> 24)]
                    position += 8
                }
                while position < range.upperBound {
                    crc = crc >> 8 ^ table[Int((crc ^ UInt32(bytes[position])) & 0xFF)]
                    position += 1
                }
                return ~crc
            }
        }
    }

    package static func crc32(_ bytes: [UInt8], seed: UInt32 = 0) -> UInt32 {
        crc32(bytes, in: 0..<bytes.count, seed: seed)
    }
}
