/// FNV-1a over 64 bits: the fingerprint of an event log. The same events give the same hash in any process.
package struct EventHash: Equatable, Sendable {
    package private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    package init() {}

    package mutating func combine(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    }

    package mutating func combine(_ text: String) { combine(text.utf8) }

    package mutating func combine(_ number: UInt64) {
        for shift in stride(from: 0, to: 64, by: 8) {
            combine(CollectionOfOne(UInt8(truncatingIfNeeded: number >> shift)))
        }
    }
}
