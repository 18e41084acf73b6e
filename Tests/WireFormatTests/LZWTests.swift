import Testing
import WireFormat

@Suite("LZW, serf-gossip.md 1.5")
struct LZWTests {
    static func sample(_ seed: UInt64, count: Int, alphabet: UInt64) -> [UInt8] {
        var state = seed
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8((state >> 33) % alphabet)
        }
    }

    /// Of one letter alone the result outgrows what is taken for it at first.
    @Test("comes back, in both dialects, past table resets", arguments: LZW.Dialect.allCases, [1, 2, 17, 256])
    func roundTrip(dialect: LZW.Dialect, alphabet: UInt64) throws {
        for count in [0, 1, 2, 3, 100, 3837, 3838, 3839, 3840, 20_000, 70_000] {
            let bytes = Self.sample(alphabet, count: count, alphabet: alphabet)
            let packed = LZW.compress(bytes, dialect: dialect)
            #expect(try LZW.decompress(packed, limit: count) == bytes)
        }
    }

    @Test("the dialects differ in the opening clear code")
    func opening() {
        // 9-bit codes, least significant bit first: 97, 257 and 256, 97, 257.
        #expect(LZW.compress([97], dialect: .bare) == [0x61, 0x02, 0x02])
        #expect(LZW.compress([97], dialect: .leadingClear) == [0x00, 0xC3, 0x04, 0x04])
    }

    @Test("the result is bounded")
    func limit() {
        let packed = LZW.compress([UInt8](repeating: 0, count: 100_000))
        #expect(packed.count < 1000)
        #expect { try LZW.decompress(packed, limit: 99_999) } throws: { ($0 as? WireError)?.reason == .tooLarge }
    }

    @Test("damage never traps")
    func damage() {
        let packed = LZW.compress(Self.sample(1, count: 9000, alphabet: 40))
        for cut in stride(from: 0, to: packed.count - 1, by: 7) {
            #expect(throws: WireError.self) { try LZW.decompress(Array(packed[..<cut]), limit: 1 << 20) }
        }
        for seed in 0..<300 as Range<UInt64> {
            _ = try? LZW.decompress(Self.sample(seed, count: 400, alphabet: 256), limit: 1 << 16)
        }
    }

    @Test("an undefined code is refused")
    func undefined() {
        // 97 then 300 at once.
        let value = 97 | 300 << 9
        let bytes = [UInt8(value & 0xFF), UInt8(value >> 8 & 0xFF), UInt8(value >> 16)]
        #expect(throws: WireError.self) { try LZW.decompress(bytes, limit: 100) }
    }
}
