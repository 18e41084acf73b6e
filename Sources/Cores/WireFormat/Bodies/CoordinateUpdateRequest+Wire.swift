package import FederationModel

extension CoordinateUpdateRequest: WireRecord {
    package init() { self.init(datacenter: "") }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "Datacenter", "Node", "Segment", "Coord", "Token",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Datacenter": datacenter = try reader.read()
        case "Node": node = try reader.read()
        case "Segment": segment = try reader.read()
        case "Coord": coord = try reader.read()
        default: return try write.decode(field: name, from: &reader)
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(5)
        writer.write("Coord")
        writer.write(coord)
        writer.write("Datacenter")
        writer.write(datacenter)
        writer.write("Node")
        writer.write(node)
        writer.write("Segment")
        writer.write(segment)
        writer.write("Token")
        writer.write(write.token)
    }
}
