package import FederationModel

extension Weights: WireRecord {
    package init() { self.init(passing: 0) }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "Passing", "Warning",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Passing": passing = try reader.read()
        case "Warning": warning = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(2)
        writer.write("Passing")
        writer.write(passing)
        writer.write("Warning")
        writer.write(warning)
    }
}
