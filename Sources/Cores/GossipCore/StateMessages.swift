package import WireFormat

/// Body of suspect and of dead (`wire/serf-gossip.md` 3.5). For dead, `from == node` means a voluntary leave.
package struct Accusation: WireRecord, Equatable, Sendable {
    package var incarnation: UInt32 = 0
    /// The subject.
    package var node = ""
    /// The accuser.
    package var from = ""

    package init() {}

    package init(incarnation: UInt32, node: String, from: String) {
        self.incarnation = incarnation
        self.node = node
        self.from = from
    }

    package static var fieldNames: [String] { ["Incarnation", "Node", "From"] }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Incarnation": incarnation = try reader.readUInt32()
        case "Node": node = try reader.readString()
        case "From": from = try reader.readString()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(3)
        writer.write("From")
        writer.write(from)
        writer.write("Incarnation")
        writer.write(incarnation)
        writer.write("Node")
        writer.write(node)
    }
}

/// A node's own statement of name, address and metadata (`wire/serf-gossip.md` 3.6).
package struct Alive: WireRecord, Equatable, Sendable {
    package var incarnation: UInt32 = 0
    package var node = ""
    /// 4 or 16 bytes.
    package var address: [UInt8] = []
    /// 0 is read as the receiver's own port.
    package var port: UInt16 = 0
    /// At most 512 bytes.
    package var meta: [UInt8]?
    /// PMin, PMax, PCur, DMin, DMax, DCur.
    package var versions: [UInt8] = []

    package init() {}

    package static var fieldNames: [String] { ["Incarnation", "Node", "Addr", "Port", "Meta", "Vsn"] }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Incarnation": incarnation = try reader.readUInt32()
        case "Node": node = try reader.readString()
        case "Addr": address = try reader.readBytes() ?? []
        case "Port": port = try reader.readUInt16()
        case "Meta": meta = try reader.readBytes()
        case "Vsn": versions = try reader.readVersions()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(6)
        writer.write("Addr")
        writer.writeRaw(address)
        writer.write("Incarnation")
        writer.write(incarnation)
        writer.write("Meta")
        writer.writeRaw(meta)
        writer.write("Node")
        writer.write(node)
        writer.write("Port")
        writer.write(port)
        writer.write("Vsn")
        writer.writeRaw(versions)
    }
}
