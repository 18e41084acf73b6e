package import FederationModel

extension Node: WireRecord {
    package init() { self.init(id: "") }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "ID", "Node", "Address", "Datacenter", "TaggedAddresses", "Meta", "CreateIndex", "ModifyIndex",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "ID": id = try reader.read()
        case "Node": node = try reader.read()
        case "Address": address = try reader.read()
        case "Datacenter": datacenter = try reader.read()
        case "TaggedAddresses": taggedAddresses = try reader.read()
        case "Meta": meta = try reader.read()
        default: return try raftIndex.decode(field: name, from: &reader)
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(8)
        writer.write("Address")
        writer.write(address)
        writer.write("CreateIndex")
        writer.write(raftIndex.createIndex)
        writer.write("Datacenter")
        writer.write(datacenter)
        writer.write("ID")
        writer.write(id)
        writer.write("Meta")
        writer.write(meta)
        writer.write("ModifyIndex")
        writer.write(raftIndex.modifyIndex)
        writer.write("Node")
        writer.write(node)
        writer.write("TaggedAddresses")
        writer.write(taggedAddresses)
    }
}
