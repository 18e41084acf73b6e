package import FederationModel

/// Reads MessagePack as Go peers write it, liberally: old and new specification, any integer width, nil for any field
/// (`wire/serf-gossip.md` 2, `wire/consul-rpc.md` 2). Never traps; memory is bounded by `budget`.
package struct MessagePackReader {
    /// Deeper values are refused: recursion must not exhaust the stack.
    package static let maxDepth = 64

    private let bytes: [UInt8]
    private let end: Int
    package private(set) var position: Int
    private var depth = 0
    /// Bytes that decoded structures may still take: 64 times the input and 1 MiB, so that a small hostile message
    /// of many empty structures cannot swell.
    private var budget: Int

    package init(_ bytes: [UInt8], from start: Int = 0, to end: Int? = nil) {
        self.bytes = bytes
        self.end = min(end ?? bytes.count, bytes.count)
        position = start
        budget = 64 * max(0, self.end - start) + 1 << 20
    }

    package init(_ bytes: ArraySlice<UInt8>) { self.init(Array(bytes)) }

    package var remainingCount: Int { end - position }
    package var isAtEnd: Bool { position >= end }

    private mutating func take(_ count: Int) throws(WireError) -> Int {
        guard count >= 0, count <= end - position else { throw WireError(.truncated, at: position) }
        let start = position
        position += count
        return start
    }

    private mutating func byte() throws(WireError) -> UInt8 { bytes[try take(1)] }

    /// One byte as it is, between objects.
    package mutating func readByte() throws(WireError) -> UInt8 { try byte() }

    /// - Parameter count: 1, 2, 4 or 8 bytes.
    private mutating func bigEndian(_ count: Int) throws(WireError) -> UInt64 {
        let start = try take(count)
        return bytes.withUnsafeBytes { bytes in
            switch count {
            case 1: UInt64(bytes[start])
            case 2: UInt64(UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt16.self)))
            case 4: UInt64(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self)))
            default: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self))
            }
        }
    }

    /// Charges decoded memory against the budget.
    package mutating func charge(_ count: Int) throws(WireError) {
        budget -= count
        if budget < 0 { throw WireError(.tooLarge, at: position) }
    }

    /// Consumes a nil when one is next.
    package mutating func readNil() -> Bool {
        guard position < end, bytes[position] == 0xC0 else { return false }
        position += 1
        return true
    }

    /// - Returns: the entry count, nil for a nil. At most what the remaining bytes can hold.
    package mutating func readMapHeader() throws(WireError) -> Int? {
        try readHeader(fix: 0x80, wide: 0xDE, unit: 2, wanted: "a map")
    }

    package mutating func readArrayHeader() throws(WireError) -> Int? {
        try readHeader(fix: 0x90, wide: 0xDC, unit: 1, wanted: "an array")
    }

    private mutating func readHeader(fix: UInt8, wide: UInt8, unit: Int, wanted: String) throws(WireError) -> Int? {
        let start = position
        let lead = try byte()
        let count: UInt64
        switch lead {
        case 0xC0: return nil
        case fix...(fix | 0x0F): count = UInt64(lead & 0x0F)
        case wide: count = try bigEndian(2)
        case wide + 1: count = try bigEndian(4)
        default: throw WireError(.unexpected(byte: lead, wanted: wanted), at: start)
        }
        guard count <= UInt64(end - position) / UInt64(unit) else { throw WireError(.truncated, at: start) }
        return Int(count)
    }

    /// What the next byte opens; nil at the end.
    package var nextIsArray: Bool {
        position < end && (bytes[position] & 0xF0 == 0x90 || bytes[position] == 0xDC || bytes[position] == 0xDD)
    }

    /// Nil reads as false.
    package mutating func readBool() throws(WireError) -> Bool {
        let start = position
        switch try byte() {
        case 0xC2, 0xC0: return false
        case 0xC3: return true
        case let lead: throw WireError(.unexpected(byte: lead, wanted: "a boolean"), at: start)
        }
    }

    /// Any integer width of either sign that is not negative; nil reads as zero.
    package mutating func readUnsigned() throws(WireError) -> UInt64 {
        let start = position
        switch try readInteger() {
        case .unsigned(let value): return value
        case .negative: throw WireError(.outOfRange(wanted: "an unsigned integer"), at: start)
        }
    }

    package mutating func readSigned() throws(WireError) -> Int64 {
        let start = position
        switch try readInteger() {
        case .unsigned(let value):
            guard let signed = Int64(exactly: value) else {
                throw WireError(.outOfRange(wanted: "a signed integer"), at: start)
            }
            return signed
        case .negative(let value): return value
        }
    }

    private enum Integer {
        case unsigned(UInt64), negative(Int64)

        init(_ value: Int64) { self = value < 0 ? .negative(value) : .unsigned(UInt64(value)) }
    }

    private mutating func readInteger() throws(WireError) -> Integer {
        let start = position
        let lead = try byte()
        switch lead {
        case 0x00...0x7F: return .unsigned(UInt64(lead))
        case 0xE0...0xFF: return .negative(Int64(Int8(bitPattern: lead)))
        case 0xC0: return .unsigned(0)
        case 0xCC: return .unsigned(try bigEndian(1))
        case 0xCD: return .unsigned(try bigEndian(2))
        case 0xCE: return .unsigned(try bigEndian(4))
        case 0xCF: return .unsigned(try bigEndian(8))
        case 0xD0: return Integer(Int64(Int8(truncatingIfNeeded: try bigEndian(1))))
        case 0xD1: return Integer(Int64(Int16(truncatingIfNeeded: try bigEndian(2))))
        case 0xD2: return Integer(Int64(Int32(truncatingIfNeeded: try bigEndian(4))))
        case 0xD3: return Integer(Int64(bitPattern: try bigEndian(8)))
        default: throw WireError(.unexpected(byte: lead, wanted: "an integer"), at: start)
        }
    }

    /// A float of either width, or an integer; nil reads as zero.
    package mutating func readDouble() throws(WireError) -> Double {
        guard position < end else { throw WireError(.truncated, at: position) }
        switch bytes[position] {
        case 0xCA:
            position += 1
            return Double(Float(bitPattern: UInt32(try bigEndian(4))))
        case 0xCB:
            position += 1
            return Double(bitPattern: try bigEndian(8))
        default:
            switch try readInteger() {
            case .unsigned(let value): return Double(value)
            case .negative(let value): return Double(value)
            }
        }
    }

    /// The range of a raw, string or binary value; nil for a nil.
    package mutating func readRawRange() throws(WireError) -> Range<Int>? {
        let start = position
        let lead = try byte()
        let count: UInt64
        switch lead {
        case 0xC0: return nil
        case 0xA0...0xBF: count = UInt64(lead & 0x1F)
        case 0xD9, 0xC4: count = try bigEndian(1)
        case 0xDA, 0xC5: count = try bigEndian(2)
        case 0xDB, 0xC6: count = try bigEndian(4)
        default: throw WireError(.unexpected(byte: lead, wanted: "a string"), at: start)
        }
        guard count <= UInt64(end - position) else { throw WireError(.truncated, at: start) }
        let begin = try take(Int(count))
        return begin..<begin + Int(count)
    }

    /// Nil reads as the empty string; what is not UTF-8 is repaired.
    package mutating func readString() throws(WireError) -> String {
        guard let range = try readRawRange() else { return "" }
        return String(decoding: bytes[range], as: UTF8.self)
    }

    /// Nil reads as the empty name.
    package mutating func readFieldName() throws(WireError) -> FieldName {
        FieldName(bytes, try readRawRange() ?? position..<position)
    }

    package mutating func readBytes() throws(WireError) -> [UInt8]? {
        guard let range = try readRawRange() else { return nil }
        return Array(bytes[range])
    }

    /// Skips one value of any kind.
    package mutating func skip() throws(WireError) {
        _ = try readDynamic(keep: false)
    }

    /// One value of any kind.
    package mutating func readDynamic() throws(WireError) -> DynamicValue { try readDynamic(keep: true) }

    private mutating func readDynamic(keep: Bool) throws(WireError) -> DynamicValue {
        guard position < end else { throw WireError(.truncated, at: position) }
        if keep { try charge(MemoryLayout<DynamicValue.Entry>.stride + 48) }
        switch bytes[position] {
        case 0xC0:
            position += 1
            return .null
        case 0xC2, 0xC3: return .bool(try readBool())
        case 0xCA:
            position += 1
            return .float(Float(bitPattern: UInt32(try bigEndian(4))))
        case 0xCB: return .double(try readDouble())
        case 0x00...0x7F, 0xCC...0xD3, 0xE0...0xFF:
            switch try readInteger() {
            case .unsigned(let value): return .unsigned(value)
            case .negative(let value): return .signed(value)
            }
        case 0xA0...0xBF, 0xD9...0xDB, 0xC4...0xC6:
            guard let range = try readRawRange(), keep else { return .null }
            return .raw(Array(bytes[range]))
        case 0x90...0x9F, 0xDC, 0xDD:
            try enter()
            defer { depth -= 1 }
            var items: [DynamicValue] = []
            for _ in 0..<(try readArrayHeader() ?? 0) {
                let item = try readDynamic(keep: keep)
                if keep { items.append(item) }
            }
            return .array(items)
        case 0x80...0x8F, 0xDE, 0xDF:
            try enter()
            defer { depth -= 1 }
            var entries: [DynamicValue.Entry] = []
            for _ in 0..<(try readMapHeader() ?? 0) {
                let key = try readDynamic(keep: keep)
                let value = try readDynamic(keep: keep)
                if keep { entries.append(.init(key: key, value: value)) }
            }
            return .map(entries)
        case 0xC7...0xC9, 0xD4...0xD8: return try skipExtension()
        case let lead: throw WireError(.unexpected(byte: lead, wanted: "a value"), at: position)
        }
    }

    /// Extension types have no meaning to any peer of ours: skipped as nil.
    private mutating func skipExtension() throws(WireError) -> DynamicValue {
        let lead = try byte()
        let count: UInt64 =
            switch lead {
            case 0xC7: try bigEndian(1)
            case 0xC8: try bigEndian(2)
            case 0xC9: try bigEndian(4)
            default: 1 << UInt64(lead - 0xD4)
            }
        guard count < UInt64(end - position) else { throw WireError(.truncated, at: position) }
        _ = try take(Int(count) + 1)
        return .null
    }

    /// Opens a nested value; the caller lowers the depth when it leaves.
    package mutating func enter() throws(WireError) {
        depth += 1
        if depth > Self.maxDepth { throw WireError(.tooDeep, at: position) }
    }

    package mutating func leave() { depth -= 1 }
}
