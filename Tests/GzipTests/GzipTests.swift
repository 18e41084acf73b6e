import FederationModel
import Gzip
import Testing

struct GzipTests {
    @Test("Unpacks what it packed", arguments: [0, 1, 100_000, 1_000_000])
    func roundTrip(count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let packed = try #require(GzipCodec.zlib.pack(bytes))
        #expect(Array(packed[..<2]) == [0x1F, 0x8B])
        #expect(try GzipCodec.zlib.unpack(packed) == bytes)
    }

    @Test func problemsAreToldInGosWords() throws {
        let packed = try #require(GzipCodec.zlib.pack([UInt8](repeating: 7, count: 5000)))
        let cases: [([UInt8], String)] = [
            ([], "EOF"), (Array("garbage".utf8), "unexpected EOF"),
            ([UInt8](repeating: 1, count: 40), "gzip: invalid header"),
            (Array(packed.dropLast(9)), "unexpected EOF"),
        ]
        for (bytes, text) in cases {
            #expect(throws: GzipCodec.Problem(text)) { try GzipCodec.zlib.unpack(bytes) }
        }
    }

    @Test("A bomb is refused at the limit") func bomb() throws {
        let packed = try #require(GzipCodec.zlib.pack([UInt8](repeating: 0, count: 65 << 20)))
        #expect(packed.count < 100_000)
        #expect(throws: GzipCodec.Problem.self) { try GzipCodec.zlib.unpack(packed) }
    }
}
