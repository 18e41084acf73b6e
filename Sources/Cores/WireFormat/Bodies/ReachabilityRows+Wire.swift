import Determinism
package import FederationModel

/// The rows of a `Pong`: a MessagePack array of a format number and rows, each
/// `[datacenter, server, stamp, age in ms, [[datacenter, severity, 1 reaches + 2 hears, round trip, since]…]]`, round
/// trips in µs, −1 unknown.
/// A reader takes what it knows of a row and skips the rest, and takes nothing of another format.
package enum ReachabilityRows {
    /// So that an answer to a ping stays within three packets of an Ethernet.
    package static let maxBytes = 4096
    private static let format = 1
    /// Longer names are no datacenter's or node's.
    private static let maxNameBytes = 255

    /// As many as fit, in their order; empty without one.
    package static func encode(_ rows: [CarriedRow]) -> [UInt8] {
        var bodies: [[UInt8]] = []
        // The two array headers and the format number.
        var size = 7
        for row in rows {
            let body = encode(row)
            guard size + body.count <= maxBytes else { continue }
            size += body.count
            bodies.append(body)
        }
        guard !bodies.isEmpty else { return [] }
        var writer = MessagePackWriter(reserving: size)
        writer.writeArrayHeader(2)
        writer.write(format)
        writer.writeArrayHeader(bodies.count)
        for body in bodies { writer.append(body) }
        return writer.bytes
    }

    private static func encode(_ carried: CarriedRow) -> [UInt8] {
        let row = carried.row
        var writer = MessagePackWriter()
        writer.writeArrayHeader(5)
        writer.write(row.datacenter)
        writer.write(row.server)
        writer.write(row.stamp)
        writer.write(milliseconds(carried.age))
        writer.writeArrayHeader(row.entries.count)
        for entry in row.entries {
            writer.writeArrayHeader(5)
            writer.write(entry.datacenter)
            writer.write(entry.verdict.severity)
            writer.write((entry.reaches ? 1 : 0) + (entry.hears ? 2 : 0))
            writer.write(entry.roundTrip.map { $0.wholeNanoseconds / 1000 } ?? -1)
            writer.write(entry.since)
        }
        return writer.bytes
    }

    private static func milliseconds(_ duration: Duration) -> Int64 { duration.wholeNanoseconds / 1_000_000 }

    /// - Throws: when the bytes are no rows; nothing of them is to be believed then.
    package static func decode(_ bytes: [UInt8]) throws(WireError) -> [CarriedRow] {
        guard !bytes.isEmpty, bytes.count <= maxBytes else { return [] }
        var reader = MessagePackReader(bytes)
        guard try reader.readArrayHeader() == 2, try reader.readSigned() == format else { return [] }
        var rows: [CarriedRow] = []
        for _ in 0..<(try reader.readArrayHeader() ?? 0) {
            if let row = try readRow(&reader) { rows.append(row) }
        }
        return rows
    }

    private static func readRow(_ reader: inout MessagePackReader) throws(WireError) -> CarriedRow? {
        let count = try reader.readArrayHeader() ?? 0
        guard count >= 5 else {
            for _ in 0..<count { try reader.skip() }
            return nil
        }
        var row = ReachabilityRow(
            datacenter: try reader.readString(), server: try reader.readString(), stamp: try reader.readUnsigned(),
            entries: [])
        let age = Duration.milliseconds(max(0, min(try reader.readSigned(), 1 << 40)))
        for _ in 0..<(try reader.readArrayHeader() ?? 0) {
            if let entry = try readEntry(&reader) { row.entries.append(entry) }
        }
        for _ in 5..<count { try reader.skip() }
        let isNamed = !row.datacenter.isEmpty && !row.server.isEmpty
        guard isNamed, row.datacenter.utf8.count <= maxNameBytes, row.server.utf8.count <= maxNameBytes else {
            return nil
        }
        return CarriedRow(row, age: age)
    }

    /// Nil for a verdict that this build does not know.
    private static func readEntry(
        _ reader: inout MessagePackReader
    ) throws(WireError) -> ReachabilityRow.Entry? {
        let count = try reader.readArrayHeader() ?? 0
        guard count >= 5 else {
            for _ in 0..<count { try reader.skip() }
            return nil
        }
        let datacenter = try reader.readString()
        let severity = try reader.readSigned()
        let flags = try reader.readUnsigned()
        let microseconds = try reader.readSigned()
        let since = try reader.readUnsigned()
        for _ in 5..<count { try reader.skip() }
        guard let verdict = Verdict(severity: Int(severity)), !datacenter.isEmpty else { return nil }
        // An hour: no ping waits longer, and a sum of two stays a duration.
        let roundTrip = (0...3_600_000_000).contains(microseconds) ? Duration.microseconds(microseconds) : nil
        return ReachabilityRow.Entry(
            datacenter: datacenter, verdict: verdict, reaches: flags & 1 != 0, hears: flags & 2 != 0,
            roundTrip: roundTrip, since: since)
    }
}
