/// LZW as Go's `compress/lzw` writes it with least significant bits first and 8-bit literals, the only compression of
/// gossip messages (`wire/serf-gossip.md` 1.5): codes 0–255 literals, 256 clear, 257 end, table entries 258–4095.
package enum LZW {
    /// Writers of Go before 1.17 do not open with a clear code; newer ones do. Readers take both.
    package enum Dialect: Sendable, CaseIterable {
        case leadingClear, bare
    }

    private static let clearCode = 256
    private static let endCode = 257
    private static let maxWidth = 12
    private static let tableSize = 4096

    /// Compressed form of `bytes`, bit-exact with Go's writer. O(n); takes at most 64 KiB while it runs, and room
    /// for a result of one and a half times the input.
    package static func compress(_ bytes: [UInt8], dialect: Dialect = .leadingClear) -> [UInt8] {
        let slotBits = Writer.slotBits(for: bytes.count)
        return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 1 << slotBits) { slots in
            slots.initialize(repeating: 0)
            return [UInt8](unsafeUninitializedCapacity: Writer.maxOutputCount(for: bytes.count)) { output, count in
                bytes.withUnsafeBufferPointer { bytes in
                    count = compress(bytes, dialect, with: Writer(slots, slotBits, into: output))
                }
            }
        }
    }

    /// - Returns: how many bytes were written.
    private static func compress(
        _ bytes: UnsafeBufferPointer<UInt8>, _ dialect: Dialect, with writer: Writer
    ) -> Int {
        var writer = writer
        if dialect == .leadingClear { writer.emit(clearCode) }
        guard let first = bytes.first else {
            writer.emit(endCode)
            return writer.finish()
        }
        var code = Int(first)
        for position in 1..<bytes.count {
            let byte = bytes[position]
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
        /// At least four times the entries, so that probing stays short.
        private static let maxSlotBits = 14
        private static let minSlotBits = 8
        /// Of a power of two. Each byte makes one entry at most: a short message needs a small table, and to clear a
        /// large one cost more than to compress it.
        private let slotBits: Int
        private let output: UnsafeMutableBufferPointer<UInt8>
        private var count = 0
        private var bits: UInt32 = 0
        private var bitCount = 0
        private var width = 9
        private var high = endCode
        private var overflow = 512
        /// Key (20 bits) and code (12 bits); 0 is free, since no entry has code 0.
        private let slots: UnsafeMutableBufferPointer<UInt32>

        /// - Parameters:
        ///   - slots: all 0, two to the power of `slotBits`.
        ///   - output: `maxOutputCount` bytes.
        init(
            _ slots: UnsafeMutableBufferPointer<UInt32>, _ slotBits: Int, into output: UnsafeMutableBufferPointer<UInt8>
        ) {
            self.slots = slots
            self.slotBits = slotBits
            self.output = output
        }

        /// A code of at most 12 bits for each byte, a clear code for each 3,838 of them, and at both ends one more.
        static func maxOutputCount(for byteCount: Int) -> Int {
            let codeCount = byteCount + byteCount / (LZW.tableSize - endCode - 2) + 3
            return (codeCount * maxWidth + 7) / 8
        }

        static func slotBits(for byteCount: Int) -> Int {
            let wanted = Int.bitWidth - (4 * min(byteCount, LZW.tableSize)).leadingZeroBitCount
            return min(maxSlotBits, max(minSlotBits, wanted))
        }

        private func slot(of key: UInt32) -> Int { Int((key &* 0x9E37_79B1) >> UInt32(32 - slotBits)) }

        func lookUp(_ key: UInt32) -> Int? {
            var position = slot(of: key)
            while slots[position] != 0 {
                if slots[position] >> 12 == key { return Int(slots[position] & 0xFFF) }
                position = (position + 1) & (slots.count - 1)
            }
            return nil
        }

        mutating func insert(_ key: UInt32) {
            var position = slot(of: key)
            while slots[position] != 0 { position = (position + 1) & (slots.count - 1) }
            slots[position] = key << 12 | UInt32(high)
        }

        mutating func emit(_ code: Int) {
            bits |= UInt32(code) << UInt32(bitCount)
            bitCount += width
            while bitCount >= 8 {
                put(UInt8(truncatingIfNeeded: bits))
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
            slots.update(repeating: 0)
            return false
        }

        /// - Returns: how many bytes were written.
        mutating func finish() -> Int {
            if bitCount > 0 { put(UInt8(truncatingIfNeeded: bits)) }
            return count
        }

        private mutating func put(_ byte: UInt8) {
            precondition(count < output.count, "LZW writes more than its bound")
            output[count] = byte
            count += 1
        }
    }

    /// - Parameter limit: bytes the result may have; more throws `tooLarge` before they are stored.
    /// - Throws: `truncated` without an end code, `malformed` for a code not yet defined.
    package static func decompress(_ bytes: [UInt8], limit: Int) throws(WireError) -> [UInt8] {
        // Longer than what is known, so that it grows by doubling and not for each code.
        var output = [UInt8](repeating: 0, count: min(limit, max(256, 4 * bytes.count)))
        let result = withUnsafeTemporaryAllocation(
            of: Reader.Entry.self, capacity: Reader.entryCount(for: bytes.count)
        ) { entries -> Result<Int, WireError> in
            bytes.withUnsafeBufferPointer { bytes in
                var reader = Reader(bytes, entries, limit: limit)
                while true {
                    switch output.withUnsafeMutableBufferPointer({ reader.read(into: $0) }) {
                    case .ended: return .success(reader.outputCount)
                    case .failed(let error): return .failure(error)
                    case .needsRoom(let count):
                        let wanted = max(count, min(limit, 2 * output.count))
                        output.append(contentsOf: repeatElement(0, count: wanted - output.count))
                    }
                }
            }
        }
        output.removeLast(output.count - (try result.get()))
        return output
    }

    /// Reads codes; what is written lies elsewhere, and may be moved when there is no room for more.
    private struct Reader {
        /// What a code stands for lies in the output already: where the code before it was written, and one byte more.
        struct Entry {
            var start: UInt32
            var count: UInt16
        }

        enum Outcome {
            case ended
            case failed(WireError)
            /// Of so many bytes in all; the code at hand is read again then.
            case needsRoom(Int)
        }

        private let bytes: UnsafeBufferPointer<UInt8>
        /// Those from `endCode + 1` to `defined` are initialised.
        private let entries: UnsafeMutableBufferPointer<Entry>
        private let limit: Int
        private(set) var outputCount = 0
        private var bits: UInt32 = 0
        private var bitCount = 0
        private var position = 0
        private var width = 9
        private var high = endCode
        private var overflow = 512
        /// What the last code was written as; nothing at first, after a clear, and when the table is full.
        private var last: (start: Int, count: Int)?
        /// Entries below are defined.
        private var defined = endCode + 1
        /// Read, and not written for want of room.
        private var unwritten: Int?

        init(
            _ bytes: UnsafeBufferPointer<UInt8>, _ entries: UnsafeMutableBufferPointer<Entry>, limit: Int
        ) {
            self.bytes = bytes
            self.entries = entries
            self.limit = limit
        }

        /// A code has nine bits at least, and makes one entry.
        static func entryCount(for byteCount: Int) -> Int { min(tableSize, endCode + 2 + 8 * byteCount / 9) }

        private mutating func nextCode() -> Int? {
            if let code = unwritten {
                unwritten = nil
                return code
            }
            while bitCount < width {
                guard position < bytes.count else { return nil }
                bits |= UInt32(bytes[position]) << UInt32(bitCount)
                position += 1
                bitCount += 8
            }
            let code = Int(bits & (1 << UInt32(width) - 1))
            bits >>= UInt32(width)
            bitCount -= width
            return code
        }

        mutating func read(into output: UnsafeMutableBufferPointer<UInt8>) -> Outcome {
            while let code = nextCode() {
                if code == clearCode {
                    (width, high, overflow, last, defined) = (9, endCode, 512, nil, endCode + 1)
                    continue
                }
                if code == endCode { return .ended }
                let start = outputCount
                var count = 1
                var source: Int?
                if code > endCode {
                    if code == high, let last {
                        (source, count) = (last.start, last.count + 1)
                    } else if code < defined {
                        (source, count) = (Int(entries[code].start), Int(entries[code].count))
                    } else {
                        return .failed(WireError(.malformed("LZW code \(code) is not defined"), at: position))
                    }
                }
                guard count <= limit - start else { return .failed(WireError(.tooLarge, at: position)) }
                guard count <= output.count - start else {
                    unwritten = code
                    return .needsRoom(start + count)
                }
                outputCount += count
                if let source {
                    // Forwards, a byte at a time: the two may overlap.
                    for offset in 0..<count { output[start + offset] = output[source + offset] }
                } else {
                    output[start] = UInt8(truncatingIfNeeded: code)
                }
                define(from: start, count)
            }
            return .failed(WireError(.truncated, at: position))
        }

        /// A code was written: with its first byte the one before it makes an entry.
        private mutating func define(from start: Int, _ count: Int) {
            if let last, high > endCode, high < entries.count {
                entries.initializeElement(
                    at: high, to: Entry(start: UInt32(last.start), count: UInt16(last.count + 1)))
                defined = max(defined, high + 1)
            }
            last = (start, count)
            high += 1
            guard high >= overflow else { return }
            if width == maxWidth {
                last = nil
                high -= 1
            } else {
                width += 1
                overflow *= 2
            }
        }
    }
}
