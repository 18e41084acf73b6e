package import FederationModel

extension SerfCoordinate: WireRecord {
    package init() { self.init(vec: nil) }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "Vec", "Error", "Adjustment", "Height",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Vec": vec = try reader.read()
        case "Error": error = try reader.read()
        case "Adjustment": adjustment = try reader.read()
        case "Height": height = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(4)
        writer.write("Adjustment")
        writer.write(adjustment)
        writer.write("Error")
        writer.write(error)
        writer.write("Height")
        writer.write(height)
        writer.write("Vec")
        writer.write(vec)
    }
}
