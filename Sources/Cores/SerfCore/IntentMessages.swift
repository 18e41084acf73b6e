package import WireFormat

/// A member wants to be seen as joined (`wire/serf-gossip.md` 5.1).
package struct JoinIntent: WireRecord, Equatable, Sendable {
    package var time: UInt64 = 0
    package var node = ""

    package init() {}

    package init(time: UInt64, node: String) {
        self.time = time
        self.node = node
    }

    package static var fieldNames: [String] { ["LTime", "Node"] }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "LTime": time = try reader.readUnsigned()
        case "Node": node = try reader.readString()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(2)
        writer.write("LTime")
        writer.write(time)
        writer.write("Node")
        writer.write(node)
    }
}

/// A member leaves, or somebody makes it leave.
package struct LeaveIntent: WireRecord, Equatable, Sendable {
    package var time: UInt64 = 0
    package var node = ""
    /// Erase the member as well.
    package var prunes = false

    package init() {}

    package init(time: UInt64, node: String, prunes: Bool = false) {
        self.time = time
        self.node = node
        self.prunes = prunes
    }

    package static var fieldNames: [String] { ["LTime", "Node", "Prune"] }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "LTime": time = try reader.readUnsigned()
        case "Node": node = try reader.readString()
        case "Prune": prunes = try reader.readBool()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(3)
        writer.write("LTime")
        writer.write(time)
        writer.write("Node")
        writer.write(node)
        writer.write("Prune")
        writer.write(prunes)
    }
}
