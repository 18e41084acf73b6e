package import FederationModel

/// Writes MessagePack as Go peers expect it: old specification (raw family only), shortest integers
/// (`wire/consul-rpc.md` 2.1). Map keys are the caller's to sort.
package struct MessagePackWriter {
    package private(set) var bytes: [UInt8]

    package init(reserving count: Int = 256) {
        bytes = []
        bytes.reserveCapacity(count)
    }

    package mutating func append(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

    /// The same, of what most is: other modules call the generic one through witness tables.
    package mutating func append(_ more: [UInt8]) { bytes.append(contentsOf: more) }

    private mutating func bigEndian(_ value: UInt64, _ count: Int) {
        // One append, which looks for room once.
        withUnsafeBytes(of: value.bigEndian) { all in
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: all[(all.count - count)...]))
        }
    }

    package mutating func writeNil() { bytes.append(0xC0) }

    package mutating func writeMapHeader(_ count: Int) { writeHeader(count, fix: 0x80, wide: 0xDE) }
    package mutating func writeArrayHeader(_ count: Int) { writeHeader(count, fix: 0x90, wide: 0xDC) }

    private mutating func writeHeader(_ count: Int, fix: UInt8, wide: UInt8) {
        switch count {
        case 0..<16: bytes.append(fix | UInt8(count))
        case 16..<65536:
            bytes.append(wide)
            bigEndian(UInt64(count), 2)
        default:
            bytes.append(wide + 1)
            bigEndian(UInt64(count), 4)
        }
    }

    private mutating func writeRawHeader(_ count: Int) {
        switch count {
        case 0..<32: bytes.append(0xA0 | UInt8(count))
        case 32..<65536:
            bytes.append(0xDA)
            bigEndian(UInt64(count), 2)
        default:
            bytes.append(0xDB)
            bigEndian(UInt64(count), 4)
        }
    }

    package mutating func write(_ value: Bool) { bytes.append(value ? 0xC3 : 0xC2) }

    package mutating func write(_ value: UInt64) {
        switch value {
        case 0..<128: bytes.append(UInt8(value))
        case 128..<256:
            bytes.append(0xCC)
            bytes.append(UInt8(value))
        case 256..<65536:
            bytes.append(0xCD)
            bigEndian(value, 2)
        case 65536..<4_294_967_296:
            bytes.append(0xCE)
            bigEndian(value, 4)
        default:
            bytes.append(0xCF)
            bigEndian(value, 8)
        }
    }

    package mutating func write(_ value: Int64) {
        guard value < 0 else { return write(UInt64(value)) }
        let pattern = UInt64(bitPattern: value)
        switch value {
        case -32..<0: bytes.append(UInt8(truncatingIfNeeded: pattern))
        case -128 ..< -32:
            bytes.append(0xD0)
            bigEndian(pattern, 1)
        case -32768 ..< -128:
            bytes.append(0xD1)
            bigEndian(pattern, 2)
        case -2_147_483_648 ..< -32768:
            bytes.append(0xD2)
            bigEndian(pattern, 4)
        default:
            bytes.append(0xD3)
            bigEndian(pattern, 8)
        }
    }

    package mutating func write(_ value: Int) { write(Int64(value)) }

    package mutating func write(_ value: Double) {
        bytes.append(0xCB)
        bigEndian(value.bitPattern, 8)
    }

    package mutating func write(_ value: Float) {
        bytes.append(0xCA)
        bigEndian(UInt64(value.bitPattern), 4)
    }

    package mutating func write(_ value: String) {
        var value = value
        value.withUTF8 { text in
            writeRawHeader(text.count)
            bytes.append(contentsOf: text)
        }
    }

    package mutating func writeRaw(_ value: some Collection<UInt8>) {
        writeRawHeader(value.count)
        bytes.append(contentsOf: value)
    }

    /// The same, of what most is: other modules call the generic one through witness tables.
    package mutating func writeRaw(_ value: [UInt8]) {
        writeRawHeader(value.count)
        bytes.append(contentsOf: value)
    }

    package mutating func write(_ value: DynamicValue) {
        switch value {
        case .null: writeNil()
        case .bool(let value): write(value)
        case .signed(let value): write(value)
        case .unsigned(let value): write(value)
        case .float(let value): write(value)
        case .double(let value): write(value)
        case .raw(let value): writeRaw(value)
        case .array(let items):
            writeArrayHeader(items.count)
            for item in items { write(item) }
        case .map(let entries):
            writeMapHeader(entries.count)
            for entry in entries {
                write(entry.key)
                write(entry.value)
            }
        }
    }
}
