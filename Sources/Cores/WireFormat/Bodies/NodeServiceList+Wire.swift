package import FederationModel

extension NodeServiceList: WireRecord {
    package init() { self.init(node: nil) }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "Node", "Services",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Node": node = try reader.read()
        case "Services": services = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(2)
        writer.write("Node")
        writer.write(node)
        writer.write("Services")
        writer.write(services)
    }
}
