/// LZW as Go's `compress/lzw` writes it with least significant bits first and 8-bit literals, the only compression of
/// gossip messages (`wire/serf-gossip.md` 1.5): codes 0–255 literals, 256 clear, 257 end, table entries 258–4095.
package enum LZW {
    /// Writers of Go before 1.17 do not open with a clear code; newer ones do. Readers take both.
    package enum Dialect: Sendable, CaseIterable {
        case leadingClear, bare
    }

    private static let clearCode = 256
    private static let endCode = 257
    /// Never a code: codes have at most 12 bits.
    private static let none = -1
    private static let maxWidth = 12
    private static let tableSize = 4096

    /// Compressed form of `bytes`, bit-exact with Go's writer. O(n); takes 64 KiB while it runs.
    package static func compress(_ bytes: [UInt8], dialect: Dialect = .leadingClear) -> [UInt8] {
        var writer = Writer(reserving: bytes.count / 2 + 8)
        if dialect == .leadingClear { writer.emit(clearCode) }
        guard let first = bytes.first else {
            writer.emit(endCode)
            return writer.finish()
        }
        var code = Int(first)
        for byte in bytes.dropFirst() {
            let key = UInt32(code) << 8 | UInt32(byte)
            if let longer = writer.lookUp(key) {
                code = longer
                continue
            }
            writer.emit(code)
            code = Int(byte)
            if writer.advance() { writer.insert(key) }
        }
        writer.emit(code)
        _ = writer.advance()
        writer.emit(endCode)
        return writer.finish()
    }

    private struct Writer {
        /// Power of two, at least four times the entries, so that probing stays short.
        private static let slotCount = 16384
        private var output: [UInt8] = []
        private var bits: UInt32 = 0
        private var bitCount = 0
        private var width = 9
        private var high = endCode
        private var overflow = 512
        /// Key (20 bits) and code (12 bits); 0 is free, since no entry has code 0.
        private var slots = [UInt32](repeating: 0, count: slotCount)

        init(reserving count: Int) { output.reserveCapacity(count) }

        private func slot(of key: UInt32) -> Int { Int((key &* 0x9E37_79B1) >> 18) }

        func lookUp(_ key: UInt32) -> Int? {
            var position = slot(of: key)
            while slots[position] != 0 {
                if slots[position] >> 12 == key { return Int(slots[position] & 0xFFF) }
                position = (position + 1) & (Self.slotCount - 1)
            }
            return nil
        }

        mutating func insert(_ key: UInt32) {
            var position = slot(of: key)
            while slots[position] != 0 { position = (position + 1) & (Self.slotCount - 1) }
            slots[position] = key << 12 | UInt32(high)
        }

        mutating func emit(_ code: Int) {
            bits |= UInt32(code) << UInt32(bitCount)
            bitCount += width
            while bitCount >= 8 {
                output.append(UInt8(truncatingIfNeeded: bits))
                bits >>= 8
                bitCount -= 8
            }
        }

        /// - Returns: false when the table was cleared: the entry at hand is not inserted then.
        mutating func advance() -> Bool {
            high += 1
            if high == overflow {
                width += 1
                overflow *= 2
            }
            guard high == tableSize - 1 else { return true }
            emit(clearCode)
            width = 9
            high = endCode
            overflow = 512
            slots = [UInt32](repeating: 0, count: Self.slotCount)
            return false
        }

        mutating func finish() -> [UInt8] {
            if bitCount > 0 { output.append(UInt8(truncatingIfNeeded: bits)) }
            return output
        }
    }

    /// - Parameter limit: bytes the result may have; more throws `tooLarge` before they are stored.
    /// - Throws: `truncated` without an end code, `malformed` for a code not yet defined.
    package static func decompress(_ bytes: [UInt8], limit: Int) throws(WireError) -> [UInt8] {
        // Longer than what is known, so that it grows by doubling and not for each code.
        var output = [UInt8](repeating: 0, count: min(limit, max(256, 4 * bytes.count)))
        var outputCount = 0
        var prefix = [UInt16](repeating: 0, count: tableSize)
        var suffix = [UInt8](repeating: 0, count: tableSize)
        /// Bytes that an entry stands for.
        var lengths = [UInt16](repeating: 0, count: tableSize)
        var bits: UInt32 = 0
        var bitCount = 0
        var position = 0
        var width = 9
        var high = endCode
        var overflow = 512
        var last = none
        /// Entries below are defined.
        var defined = endCode + 1
        while true {
            while bitCount < width {
                guard position < bytes.count else { throw WireError(.truncated, at: position) }
                bits |= UInt32(bytes[position]) << UInt32(bitCount)
                position += 1
                bitCount += 8
            }
            let code = Int(bits & (1 << UInt32(width) - 1))
            bits >>= UInt32(width)
            bitCount -= width
            if code == clearCode {
                (width, high, overflow, last, defined) = (9, endCode, 512, none, endCode + 1)
                continue
            }
            if code == endCode {
                output.removeLast(output.count - outputCount)
                return output
            }
            let repeatsLast = code == high && last != none && code > endCode
            guard code < clearCode || repeatsLast || (code > endCode && code < defined) else {
                throw WireError(.malformed("LZW code \(code) is not defined"), at: position)
            }
            var step = repeatsLast ? last : code
            let length = step > endCode ? Int(lengths[step]) : 1
            let count = length + (repeatsLast ? 1 : 0)
            guard count <= limit - outputCount else { throw WireError(.tooLarge, at: position) }
            // Entries lead from the last byte to the first.
            var place = outputCount + length - 1
            outputCount += count
            if outputCount > output.count {
                let wanted = max(outputCount, min(limit, 2 * output.count))
                output.append(contentsOf: repeatElement(0, count: wanted - output.count))
            }
            while step > endCode {
                output[place] = suffix[step]
                step = Int(prefix[step])
                place -= 1
            }
            let first = UInt8(truncatingIfNeeded: step)
            output[place] = first
            if repeatsLast { output[outputCount - 1] = first }
            if last != none && high < tableSize && high > endCode {
                prefix[high] = UInt16(last)
                suffix[high] = first
                lengths[high] = last > endCode ? lengths[last] + 1 : 2
                defined = max(defined, high + 1)
            }
            last = code
            high += 1
            if high >= overflow {
                if width == maxWidth {
                    last = none
                    high -= 1
                } else {
                    width += 1
                    overflow *= 2
                }
            }
        }
    }
}
