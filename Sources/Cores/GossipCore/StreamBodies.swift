package import WireFormat

/// Answer to a stream whose envelope could not be read (`wire/serf-gossip.md` 3.9).
package struct ErrorAnswer: WireRecord, Equatable, Sendable {
    package var text = ""

    package init() {}
    package init(_ text: String) { self.text = text }

    package static var fieldNames: [String] { ["Error"] }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        guard name == "Error" else { return false }
        text = try reader.readString()
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(1)
        writer.write("Error")
        writer.write(text)
    }
}

/// Precedes a user message on a stream (`wire/serf-gossip.md` 3.8).
package struct UserHeader: WireRecord, Equatable, Sendable {
    package var count = 0

    package init() {}

    package static var fieldNames: [String] { ["UserMsgLen"] }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        guard name == "UserMsgLen" else { return false }
        count = try reader.read()
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(1)
        writer.write("UserMsgLen")
        writer.write(count)
    }
}

/// The compressed form of another message (`wire/serf-gossip.md` 1.5).
package struct Compressed: WireRecord, Equatable, Sendable {
    /// 0 is LZW, the only one there is.
    package var algorithm = 0
    package var buffer: [UInt8] = []

    package init() {}

    package static var fieldNames: [String] { ["Algo", "Buf"] }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Algo": algorithm = try reader.read()
        case "Buf": buffer = try reader.readBytes() ?? []
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(2)
        writer.write("Algo")
        writer.write(algorithm)
        writer.write("Buf")
        writer.writeRaw(buffer)
    }

    /// `message` behind the type byte of compression.
    package static func wrap(_ message: [UInt8], dialect: LZW.Dialect = .leadingClear) -> [UInt8] {
        var body = Compressed()
        body.buffer = LZW.compress(message, dialect: dialect)
        return [MessageKind.compress.rawValue] + body.encoded
    }

    /// - Throws: `malformed` for another algorithm.
    package func unwrap(limit: Int) throws(WireError) -> [UInt8] {
        guard algorithm == 0 else {
            throw WireError(.malformed("cannot decompress unknown algorithm \(algorithm)"), at: 0)
        }
        return try LZW.decompress(buffer, limit: limit)
    }
}
