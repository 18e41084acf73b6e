package import FederationModel

extension Session: WireRecord {
    package init() { self.init(id: "") }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "ID", "Name", "Node", "LockDelay", "Behavior", "TTL", "NodeChecks", "ServiceChecks", "Checks",
            "CreateIndex", "ModifyIndex",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "ID": id = try reader.read()
        case "Name": self.name = try reader.read()
        case "Node": node = try reader.read()
        case "LockDelay": lockDelay = try reader.read()
        case "Behavior": behavior = try reader.read()
        case "TTL": ttl = try reader.read()
        case "NodeChecks": nodeChecks = try reader.read()
        case "ServiceChecks": serviceChecks = try reader.read()
        case "Checks": checks = try reader.read()
        default: return try raftIndex.decode(field: name, from: &reader)
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(11)
        writer.write("Behavior")
        writer.write(behavior)
        writer.write("Checks")
        writer.write(checks)
        writer.write("CreateIndex")
        writer.write(raftIndex.createIndex)
        writer.write("ID")
        writer.write(id)
        writer.write("LockDelay")
        writer.write(lockDelay)
        writer.write("ModifyIndex")
        writer.write(raftIndex.modifyIndex)
        writer.write("Name")
        writer.write(name)
        writer.write("Node")
        writer.write(node)
        writer.write("NodeChecks")
        writer.write(nodeChecks)
        writer.write("ServiceChecks")
        writer.write(serviceChecks)
        writer.write("TTL")
        writer.write(ttl)
    }
}
