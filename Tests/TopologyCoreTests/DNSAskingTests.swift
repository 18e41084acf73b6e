import Testing
import TopologyCore

struct DNSAskingTests {
    @Test("A question has its name, its type and EDNS0")
    func question() {
        let packet = DNSAsking.packet(0x1234, "web.service.dc2.consul", .service)
        #expect(packet.prefix(12) == [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1])
        #expect(packet[12...15] == [3, 119, 101, 98])
        #expect(packet.suffix(16) == [0, 0, 33, 0, 1, 0, 0, 41, 16, 0, 0, 0, 0, 0, 0, 0].suffix(16))
    }

    /// An answer of one SRV record and the address of its target, the target's name written as a pointer.
    private static let answer: [UInt8] =
        [0, 7, 0x84, 0, 0, 1, 0, 1, 0, 0, 0, 1, 1, 119, 1, 99, 0, 0, 33, 0, 1]
        + [0xC0, 12, 0, 33, 0, 1, 0, 0, 0, 0, 0, 10, 0, 1, 0, 1, 0x1F, 0x90, 1, 110, 0xC0, 14]
        + [1, 110, 0xC0, 14, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 127, 1, 2, 3]

    @Test("An answer gives services and addresses")
    func answer() throws {
        let answer = try #require(try DNSAsking.parse(Self.answer, id: 7))
        #expect(answer.services.map(\.target) == ["n.c"])
        #expect(answer.services.map(\.port) == [8080])
        #expect(answer.addresses.map(\.address) == ["127.1.2.3"])
        #expect(try DNSAsking.parse(Self.answer, id: 8) == nil)
    }

    @Test("Cut and changed answers never trap")
    func mutations() {
        for count in 0..<Self.answer.count { _ = try? DNSAsking.parse(Array(Self.answer.prefix(count)), id: 7) }
        for place in Self.answer.indices {
            for value: UInt8 in [0, 1, 63, 64, 0xC0, 0xFF] {
                var packet = Self.answer
                packet[place] = value
                _ = try? DNSAsking.parse(packet, id: 7)
            }
        }
    }
}
