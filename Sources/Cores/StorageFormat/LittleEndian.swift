/// Numbers in files are little-endian and of fixed width.
extension [UInt8] {
    mutating func append<Number: FixedWidthInteger>(littleEndian number: Number) {
        for shift in stride(from: 0, to: Number.bitWidth, by: 8) {
            append(UInt8(truncatingIfNeeded: number >> Number(shift)))
        }
    }

    mutating func replace(_ number: UInt32, at position: Int) {
        for byte in 0..<4 { self[position + byte] = UInt8(truncatingIfNeeded: number >> UInt32(8 * byte)) }
    }

    /// - Returns: nil when the number does not lie within the bytes.
    func number<Number: FixedWidthInteger>(at position: Int, as type: Number.Type) -> Number? {
        let width = Number.bitWidth / 8
        guard position >= 0, position <= count, width <= count - position else { return nil }
        return withUnsafeBytes {
            Number(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: Number.self))
        }
    }

    /// The position after the last byte that is not zero, at or after `start`, which is not negative.
    package func endOfData(from start: Int = 0) -> Int {
        withUnsafeBytes { bytes in
            var end = bytes.count
            // Whole words first: a preallocated segment is mostly zeros.
            while end - 8 >= start, bytes.loadUnaligned(fromByteOffset: end - 8, as: UInt64.self) == 0 { end -= 8 }
            while end > start && bytes[end - 1] == 0 { end -= 1 }
            return Swift.max(start, end)
        }
    }
}

/// Rounds up to the alignment of records.
func aligned(_ count: Int) -> Int { (count + 7) / 8 * 8 }
