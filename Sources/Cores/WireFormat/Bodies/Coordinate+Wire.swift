package import FederationModel

extension Coordinate: WireRecord {
    package init() { self.init(node: "") }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "Node", "Segment", "Coord",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Node": node = try reader.read()
        case "Segment": segment = try reader.read()
        case "Coord": coord = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(3)
        writer.write("Coord")
        writer.write(coord)
        writer.write("Node")
        writer.write(node)
        writer.write("Segment")
        writer.write(segment)
    }
}
