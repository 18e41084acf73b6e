package import FederationModel

extension DirEntry: WireRecord {
    package init() { self.init(lockIndex: 0) }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "LockIndex", "Key", "Flags", "Value", "Session", "CreateIndex", "ModifyIndex",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "LockIndex": lockIndex = try reader.read()
        case "Key": key = try reader.read()
        case "Flags": flags = try reader.read()
        case "Value": value = try reader.read()
        case "Session": session = try reader.read()
        default: return try raftIndex.decode(field: name, from: &reader)
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(7)
        writer.write("CreateIndex")
        writer.write(raftIndex.createIndex)
        writer.write("Flags")
        writer.write(flags)
        writer.write("Key")
        writer.write(key)
        writer.write("LockIndex")
        writer.write(lockIndex)
        writer.write("ModifyIndex")
        writer.write(raftIndex.modifyIndex)
        writer.write("Session")
        writer.write(session)
        writer.write("Value")
        writer.write(value)
    }
}
