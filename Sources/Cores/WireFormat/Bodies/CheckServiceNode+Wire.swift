package import FederationModel

extension CheckServiceNode: WireRecord {
    package init() { self.init(node: nil) }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "Node", "Service", "Checks",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Node": node = try reader.read()
        case "Service": service = try reader.read()
        case "Checks": checks = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(3)
        writer.write("Checks")
        writer.write(checks)
        writer.write("Node")
        writer.write(node)
        writer.write("Service")
        writer.write(service)
    }
}
