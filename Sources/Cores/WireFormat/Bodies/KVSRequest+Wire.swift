package import FederationModel

extension KVSRequest: WireRecord {
    package init() { self.init(datacenter: "") }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "Datacenter", "Op", "DirEnt", "Token",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Datacenter": datacenter = try reader.read()
        case "Op": op = try reader.read()
        case "DirEnt": dirEnt = try reader.read()
        default: return try write.decode(field: name, from: &reader)
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(4)
        writer.write("Datacenter")
        writer.write(datacenter)
        writer.write("DirEnt")
        writer.write(dirEnt)
        writer.write("Op")
        writer.write(op)
        writer.write("Token")
        writer.write(write.token)
    }
}
