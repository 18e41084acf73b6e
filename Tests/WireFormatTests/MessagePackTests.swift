import FederationModel
import Testing
import WireFormat

@Suite("MessagePack with Go's conventions (wire/consul-rpc.md 2)")
struct MessagePackTests {
    @Test(
        "2.1: integers take the shortest unsigned form, negative ones their own",
        arguments: [
            (0, [0x00]), (127, [0x7F]), (128, [0xCC, 0x80]), (256, [0xCD, 0x01, 0x00]),
            (65_536, [0xCE, 0x00, 0x01, 0x00, 0x00]), (-1, [0xFF]), (-32, [0xE0]), (-33, [0xD0, 0xDF]),
            (-129, [0xD1, 0xFF, 0x7F]), (-32_769, [0xD2, 0xFF, 0xFF, 0x7F, 0xFF]),
        ] as [(Int64, [UInt8])])
    func integers(value: Int64, bytes: [UInt8]) throws {
        var writer = MessagePackWriter()
        writer.write(value)
        #expect(writer.bytes == bytes)
        var reader = MessagePackReader(bytes)
        #expect(try reader.readSigned() == value)
        #expect(reader.isAtEnd)
    }

    @Test("2.1: strings and bytes are of the raw family only", arguments: [0, 31, 32, 255, 65_535, 65_536])
    func raw(count: Int) throws {
        let text = String(repeating: "a", count: count)
        var writer = MessagePackWriter()
        writer.write(text)
        let lead: UInt8 = count < 32 ? 0xA0 | UInt8(count) : count < 65_536 ? 0xDA : 0xDB
        #expect(writer.bytes.first == lead)
        var reader = MessagePackReader(writer.bytes)
        #expect(try reader.readString() == text)
    }

    @Test("2.1: any width, the new specification's strings and a nil for any field are read")
    func liberal() throws {
        var key = MessagePackReader([0x82, 0xD9, 0x03] + Array("Key".utf8) + [0xC4, 0x01, 0x61, 0xA1, 0x78, 0xC0])
        let request: KeyRequest = try key.read()
        #expect(request.key == "a")
        var wide = MessagePackReader([0xD3, 0, 0, 0, 0, 0, 0, 0, 7])
        #expect(try wide.readUnsigned() == 7)
        var none = MessagePackReader([0xC0])
        #expect(try none.read() as KeyRequest == KeyRequest())
    }

    @Test("2.1: a structure may come as an array in declaration order")
    func positional() throws {
        var reader = MessagePackReader([0x92, 0xA3] + Array("dc1".utf8) + [0xA1, 0x6B])
        let request: KeyRequest = try reader.read()
        #expect(request.datacenter == "dc1")
        #expect(request.key == "k")
    }

    @Test(
        "2.1: a negative number or a float for an unsigned field is an error", arguments: [[0xFF], [0xCA, 0, 0, 0, 0]])
    func refused(bytes: [UInt8]) {
        var reader = MessagePackReader(bytes)
        #expect(throws: WireError.self) { try reader.readUnsigned() }
    }

    @Test("A small message of empty structures cannot swell beyond 64 times its size and 1 MiB")
    func swelling() {
        let count = 60_000
        let bytes: [UInt8] = [0xDC, UInt8(count >> 8), UInt8(count & 0xFF)] + [UInt8](repeating: 0x80, count: count)
        let allowed = (64 * bytes.count + 1 << 20) / MemoryLayout<HealthCheck>.stride
        #expect(allowed < count)
        var reader = MessagePackReader(bytes)
        #expect {
            let records: [HealthCheck]? = try reader.read()
            _ = records
        } throws: {
            ($0 as? WireError)?.reason == .tooLarge
        }
    }

    @Test("Nesting ends with an error, not with the stack")
    func depth() {
        var reader = MessagePackReader([UInt8](repeating: 0x91, count: 100_000))
        #expect { try reader.skip() } throws: { ($0 as? WireError)?.reason == .tooDeep }
    }

    @Test("A length beyond the bytes is refused before anything is allocated", arguments: [0xDB, 0xDD, 0xDF])
    func lengths(lead: UInt8) {
        var reader = MessagePackReader([lead, 0xFF, 0xFF, 0xFF, 0xFF, 0x00])
        #expect { try reader.readDynamic() } throws: { ($0 as? WireError)?.reason == .truncated }
    }
}
