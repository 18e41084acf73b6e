package import FederationModel

extension RaftConfigurationResponse: WireRecord {
    package init() { self.init(servers: nil) }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "Servers", "Index",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Servers": servers = try reader.read()
        case "Index": index = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(2)
        writer.write("Index")
        writer.write(index)
        writer.write("Servers")
        writer.write(servers)
    }
}
