package import FederationModel

extension RaftIndex: WireRecord {
    package init() { self.init(createIndex: 0) }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "CreateIndex", "ModifyIndex",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "CreateIndex": createIndex = try reader.read()
        case "ModifyIndex": modifyIndex = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(2)
        writer.write("CreateIndex")
        writer.write(createIndex)
        writer.write("ModifyIndex")
        writer.write(modifyIndex)
    }
}
