package import WireFormat

/// Opens a push/pull (`wire/serf-gossip.md` 3.7).
package struct PushPullHeader: WireRecord, Equatable, Sendable {
    package var nodeCount = 0
    package var userStateCount = 0
    package var isJoin = false

    package init() {}

    package static var fieldNames: [String] { ["Nodes", "UserStateLen", "Join"] }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Nodes": nodeCount = try reader.read()
        case "UserStateLen": userStateCount = try reader.read()
        case "Join": isJoin = try reader.readBool()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(3)
        writer.write("Join")
        writer.write(isJoin)
        writer.write("Nodes")
        writer.write(nodeCount)
        writer.write("UserStateLen")
        writer.write(userStateCount)
    }
}

/// One node of a push/pull.
package struct PushPullNode: WireRecord, Equatable, Sendable {
    package var name = ""
    package var address: [UInt8] = []
    package var port: UInt16 = 0
    package var meta: [UInt8]?
    package var incarnation: UInt32 = 0
    /// `NodeState`'s integer; anything else is not merged.
    package var state = 0
    package var versions: [UInt8] = []

    package init() {}

    package static var fieldNames: [String] { ["Name", "Addr", "Port", "Meta", "Incarnation", "State", "Vsn"] }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Name": self.name = try reader.readString()
        case "Addr": address = try reader.readBytes() ?? []
        case "Port": port = try reader.readUInt16()
        case "Meta": meta = try reader.readBytes()
        case "Incarnation": incarnation = try reader.readUInt32()
        case "State": state = try reader.read()
        case "Vsn": versions = try reader.readVersions()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(7)
        writer.write("Addr")
        writer.writeRaw(address)
        writer.write("Incarnation")
        writer.write(incarnation)
        writer.write("Meta")
        writer.writeRaw(meta)
        writer.write("Name")
        writer.write(name)
        writer.write("Port")
        writer.write(port)
        writer.write("State")
        writer.write(state)
        writer.write("Vsn")
        writer.writeRaw(versions)
    }
}

/// The whole state one side of a push/pull sends.
package struct PushPull: Equatable, Sendable {
    package var isJoin = false
    package var nodes: [PushPullNode] = []
    /// Serf's state, type byte first; empty when there is none.
    package var userState: [UInt8] = []

    package init() {}

    /// With its type byte.
    package var encoded: [UInt8] {
        var header = PushPullHeader()
        header.isJoin = isJoin
        header.nodeCount = nodes.count
        header.userStateCount = userState.count
        var writer = MessagePackWriter(reserving: 128 * (nodes.count + 1) + userState.count)
        writer.append(CollectionOfOne(MessageKind.pushPull.rawValue))
        writer.write(header)
        for node in nodes { writer.write(node) }
        writer.append(userState)
        return writer.bytes
    }
}
