package import FederationModel

extension QueryTemplate: WireRecord {
    package init() { self.init(type: "") }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "Type", "Regexp", "RemoveEmptyTags",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Type": type = try reader.read()
        case "Regexp": regexp = try reader.read()
        case "RemoveEmptyTags": removeEmptyTags = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(3)
        writer.write("Regexp")
        writer.write(regexp)
        writer.write("RemoveEmptyTags")
        writer.write(removeEmptyTags)
        writer.write("Type")
        writer.write(type)
    }
}
