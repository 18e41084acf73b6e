package import FederationModel

extension RaftRemovePeerRequest: WireRecord {
    package init() { self.init(datacenter: "") }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "Datacenter", "Address", "ID", "Token",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Datacenter": datacenter = try reader.read()
        case "Address": address = try reader.read()
        case "ID": id = try reader.read()
        default: return try write.decode(field: name, from: &reader)
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(4)
        writer.write("Address")
        writer.write(address)
        writer.write("Datacenter")
        writer.write(datacenter)
        writer.write("ID")
        writer.write(id)
        writer.write("Token")
        writer.write(write.token)
    }
}
