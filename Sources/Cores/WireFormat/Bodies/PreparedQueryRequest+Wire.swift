package import FederationModel

extension PreparedQueryRequest: WireRecord {
    package init() { self.init(datacenter: "") }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "Datacenter", "Op", "Query", "Token",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Datacenter": datacenter = try reader.read()
        case "Op": op = try reader.read()
        case "Query": query = try reader.read()
        default: return try write.decode(field: name, from: &reader)
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(4)
        writer.write("Datacenter")
        writer.write(datacenter)
        writer.write("Op")
        writer.write(op)
        writer.write("Query")
        writer.write(query)
        writer.write("Token")
        writer.write(write.token)
    }
}
