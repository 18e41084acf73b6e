/// FNV-1a over 64 bits: the fingerprint of an event log. The same events give the same hash in any process.
package struct EventHash: Equatable, Sendable {
    package private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    package init() {}

    package mutating func combine(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { combine(byte) }
    }

    /// The same; most of a run's events are bytes, so this one knows its type.
    package mutating func combine(_ bytes: [UInt8]) {
        for byte in bytes { combine(byte) }
    }

    package mutating func combine(_ text: String) {
        for byte in text.utf8 { combine(byte) }
    }

    package mutating func combine(_ number: UInt64) {
        var rest = number
        for _ in 0..<8 {
            combine(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }

    private mutating func combine(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
}
