import FederationModel
import RPCCore
import Testing
import WireFormat

@Suite("Details of errors in RPC headers")
struct ErrorDetailsTests {
    private static func roundTrip(_ header: RPCHeader) throws -> RPCHeader {
        var bytes: [UInt8] = []
        header.encodeResponse(into: &bytes)
        var reader = MessagePackReader(bytes)
        return try RPCHeader(decoding: &reader)
    }

    @Test("What an error answer says of itself arrives; an answer without details is as short as before", arguments: [
        ErrorDetails(), ErrorDetails(datacenter: "dc2"), ErrorDetails(server: "s1.dc2"),
        ErrorDetails(datacenter: "dc9", server: "s1.dc2", nearNames: ["dc1", "dc2", "dc3"]),
    ])
    func roundTrip(details: ErrorDetails) throws {
        let header = RPCHeader(
            method: "KVS.Get", sequence: 7, error: "No path to datacenter", errorLabel: "unknown-datacenter",
            errorDetails: details)
        #expect(try Self.roundTrip(header) == header)
        var bytes: [UInt8] = []
        header.encodeResponse(into: &bytes)
        #expect(bytes.first == (details == ErrorDetails() ? 0x84 : 0x85))
    }

    @Test("Long names are cut, more names than three dropped, unknown keys skipped")
    func limits() throws {
        let long = String(repeating: "ö", count: 500)
        let header = RPCHeader(
            error: "x", errorDetails: ErrorDetails(datacenter: long, server: long, nearNames: [long, "b", "c", "d"]))
        let read = try Self.roundTrip(header).errorDetails
        #expect(read.datacenter.utf8.count == 128 && read.nearNames == [read.datacenter, "b", "c"])
        var writer = MessagePackWriter()
        writer.writeMapHeader(2)
        writer.write("Error")
        writer.write("x")
        writer.write("IsthmusDetails")
        writer.writeMapHeader(2)
        writer.write("Later")
        writer.writeArrayHeader(1)
        writer.write(true)
        writer.write("Server")
        writer.write("s1")
        var reader = MessagePackReader(writer.bytes)
        #expect(try RPCHeader(decoding: &reader).errorDetails == ErrorDetails(server: "s1"))
    }

    @Test("The time it took stays with the agent that measured it")
    func elapsed() throws {
        let details = ErrorDetails(datacenter: "dc2", elapsed: .seconds(1))
        let header = RPCHeader(error: "x", errorDetails: details)
        #expect(try Self.roundTrip(header).errorDetails == ErrorDetails(datacenter: "dc2"))
    }
}
