package import FederationModel

extension SessionCheck: WireRecord {
    package init() { self.init(id: "") }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "ID", "Namespace",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "ID": id = try reader.read()
        case "Namespace": namespace = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(2)
        writer.write("ID")
        writer.write(id)
        writer.write("Namespace")
        writer.write(namespace)
    }
}
