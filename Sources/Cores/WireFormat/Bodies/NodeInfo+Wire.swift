package import FederationModel

extension NodeInfo: WireRecord {
    package init() { self.init(id: "") }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "ID", "Node", "Address", "TaggedAddresses", "Meta", "Services", "Checks",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "ID": id = try reader.read()
        case "Node": node = try reader.read()
        case "Address": address = try reader.read()
        case "TaggedAddresses": taggedAddresses = try reader.read()
        case "Meta": meta = try reader.read()
        case "Services": services = try reader.read()
        case "Checks": checks = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(7)
        writer.write("Address")
        writer.write(address)
        writer.write("Checks")
        writer.write(checks)
        writer.write("ID")
        writer.write(id)
        writer.write("Meta")
        writer.write(meta)
        writer.write("Node")
        writer.write(node)
        writer.write("Services")
        writer.write(services)
        writer.write("TaggedAddresses")
        writer.write(taggedAddresses)
    }
}
