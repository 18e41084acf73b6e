import Determinism
import FederationModel
import Testing

@testable import WireFormat

@Suite("Rows in the answers to pings") struct ReachabilityRowsTests {
    private static func row(_ datacenter: String, _ server: String, entryCount: Int) -> ReachabilityRow {
        let entries = (0..<entryCount).map { number in
            ReachabilityRow.Entry(
                datacenter: "datacenter-\(number)", verdict: Verdict.allCases[number % 6], reaches: number % 2 == 0,
                hears: number % 3 == 0, roundTrip: number % 4 == 0 ? nil : .microseconds(1500 * number),
                since: 1_700_000_000_000 + UInt64(number))
        }
        return ReachabilityRow(datacenter: datacenter, server: server, stamp: 1_700_000_000_123, entries: entries)
    }

    @Test("What is written is read, ages to the millisecond")
    func roundTrip() throws {
        let rows = [
            CarriedRow(Self.row("dc1", "s1", entryCount: 4), age: .zero),
            CarriedRow(Self.row("dc2", "s3", entryCount: 20), age: .milliseconds(4321)),
        ]
        #expect(try ReachabilityRows.decode(ReachabilityRows.encode(rows)) == rows)
        #expect(ReachabilityRows.encode([]).isEmpty)
        #expect(try ReachabilityRows.decode([]).isEmpty)
    }

    @Test("Never more than 4 KiB, the own row first; five datacenters of seven servers fit whole")
    func limits() throws {
        let many = (1...60).map { CarriedRow(Self.row("dc\($0)", "server-\($0)", entryCount: 20), age: .seconds(2)) }
        let bytes = ReachabilityRows.encode(many)
        #expect(bytes.count <= ReachabilityRows.maxBytes)
        let read = try ReachabilityRows.decode(bytes)
        #expect(read.count >= 5 && read == Array(many.prefix(read.count)))
        let five = (0..<28).map { CarriedRow(Self.row("dc\($0 % 4)", "s\($0)", entryCount: 4), age: .seconds(2)) }
        #expect(try ReachabilityRows.decode(ReachabilityRows.encode(five)) == five)
    }

    @Test("Another format and unknown verdicts are passed over; longer rows and entries are read as far as known")
    func otherVersions() throws {
        var writer = MessagePackWriter()
        writer.writeArrayHeader(2)
        writer.write(2)
        writer.write("whatever")
        #expect(try ReachabilityRows.decode(writer.bytes).isEmpty)
        writer = MessagePackWriter()
        writer.writeArrayHeader(2)
        writer.write(1)
        writer.writeArrayHeader(1)
        writer.writeArrayHeader(6)
        writer.write("dc1")
        writer.write("s1")
        writer.write(7)
        writer.write(8)
        writer.writeArrayHeader(2)
        for severity in [1, 77] {
            writer.writeArrayHeader(6)
            writer.write("dc2")
            writer.write(severity)
            writer.write(3)
            writer.write(-1)
            writer.write(5)
            writer.write("later")
        }
        writer.write("later")
        let entry = ReachabilityRow.Entry(
            datacenter: "dc2", verdict: .degraded, reaches: true, hears: true, roundTrip: nil, since: 5)
        let row = ReachabilityRow(datacenter: "dc1", server: "s1", stamp: 7, entries: [entry])
        #expect(try ReachabilityRows.decode(writer.bytes) == [CarriedRow(row, age: .milliseconds(8))])
    }

    @Test("Pings and answers without rows are as they were; an old reader skips what it does not know")
    func oldPeers() throws {
        #expect(Ping(datacenter: "dc1", node: "s1").encoded.first == 0x82)
        #expect(Pong(datacenter: "dc1").encoded.first == 0x86)
        var pong = Pong(datacenter: "dc1", node: "s1", leader: "10.0.0.1:8300")
        pong.rows = ReachabilityRows.encode([CarriedRow(Self.row("dc1", "s1", entryCount: 2), age: .zero)])
        #expect(try Pong(decoding: pong.encoded) == pong)
        var ping = Ping(datacenter: "dc1", node: "s1")
        ping.wantedRows = ["dc2", "dc3"]
        #expect(try Ping(decoding: ping.encoded) == ping)
        #expect(try OldPong(decoding: pong.encoded).leader == "10.0.0.1:8300")
    }

    /// As an older build reads it.
    private struct OldPong: WireRecord {
        var leader = ""
        static var fieldNames: [String] { ["Leader"] }
        mutating func decode(field name: FieldName, from reader: inout MessagePackReader) throws(WireError) -> Bool {
            guard name == "Leader" else { return false }
            leader = try reader.read()
            return true
        }
        func encode(into writer: inout MessagePackWriter) { writer.writeNil() }
    }
}
