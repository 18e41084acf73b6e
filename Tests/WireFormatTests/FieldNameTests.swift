import FederationModel
import Testing
import WireFormat

@Suite("Names of fields") struct FieldNameTests {
    private struct Pair: WireRecord, Equatable {
        var id = 0
        var address = ""

        static var fieldNames: [String] { ["ID", "Address"] }

        mutating func decode(field name: FieldName, from reader: inout MessagePackReader) throws(WireError) -> Bool {
            switch name {
            case "ID": id = try reader.read()
            case "Address": address = try reader.read()
            default: return false
            }
            return true
        }

        func encode(into writer: inout MessagePackWriter) { writer.writeNil() }
    }

    @Test("A name is known by all of its bytes; another is skipped with its value",
        arguments: [
            ("ID", true), ("Id", false), ("I", false), ("IDs", false), ("", false), ("\u{E9}", false), ("DI", false),
        ])
    func names(_ name: String, _ isKnown: Bool) throws {
        var writer = MessagePackWriter()
        writer.writeMapHeader(2)
        writer.write(name)
        writer.write(7)
        writer.write("Address")
        writer.write("10.0.0.1")
        #expect(try Pair(decoding: writer.bytes) == Pair(id: isKnown ? 7 : 0, address: "10.0.0.1"))
    }

    @Test("Nil and bytes that are no text are names of nothing; a record as a list goes by position")
    func others() throws {
        let nameless: [UInt8] = [0x82, 0xC0, 0x01, 0xA2, 0x49, 0x44, 0x05]
        #expect(try Pair(decoding: nameless).id == 5)
        let broken: [UInt8] = [0x82, 0xA2, 0xFF, 0x44, 0x01, 0xA2, 0x49, 0x44, 0x05]
        #expect(try Pair(decoding: broken).id == 5)
        let list: [UInt8] = [0x93, 0x09, 0xA1, 0x61, 0x01]
        #expect(try Pair(decoding: list) == Pair(id: 9, address: "a"))
        #expect(throws: WireError.self) { try Pair(decoding: [0x81, 0x01, 0x01]) }
    }
}
