package import FederationModel

extension ServiceAddress: WireRecord {
    package init() { self.init(address: "") }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "Address", "Port",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Address": address = try reader.read()
        case "Port": port = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(2)
        writer.write("Address")
        writer.write(address)
        writer.write("Port")
        writer.write(port)
    }
}
