/// The fingerprint of an event log, FNV-1a over words of 8 bytes: numbers are one word, bytes as many as they fill and
/// one with their count. The same events give the same hash in any process. One word costs a multiplication.
package struct EventHash: Equatable, Sendable {
    package private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    package init() {}

    package mutating func combine(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { combine($0) }
    }

    package mutating func combine(_ text: String) {
        var text = text
        text.withUTF8 { combine(UnsafeRawBufferPointer($0)) }
    }

    package mutating func combine(_ number: UInt64) {
        value = (value ^ number) &* 0x0000_0100_0000_01B3
        // The multiplication carries upwards only: what it left in the high half reaches the low one.
        value ^= value >> 29
    }

    private mutating func combine(_ bytes: UnsafeRawBufferPointer) {
        let wholeCount = bytes.count & ~7
        var place = 0
        while place < wholeCount {
            combine(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)))
            place += 8
        }
        var rest: UInt64 = 0
        while place < bytes.count {
            rest = rest << 8 | UInt64(bytes[place])
            place += 1
        }
        combine(rest)
        combine(UInt64(bytes.count))
    }
}
