package import FederationModel

extension SnapshotRestoreRequest: WireRecord {
    package init() { self.init(datacenter: "") }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "Datacenter", "State", "Token",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Datacenter": datacenter = try reader.read()
        case "State": state = try reader.read()
        default: return try write.decode(field: name, from: &reader)
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(3)
        writer.write("Datacenter")
        writer.write(datacenter)
        writer.write("State")
        writer.write(state)
        writer.write("Token")
        writer.write(write.token)
    }
}
