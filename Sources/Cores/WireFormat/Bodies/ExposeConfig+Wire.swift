package import FederationModel

extension ExposeConfig: WireRecord {
    package init() { self.init(checks: false) }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "Checks", "Paths",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Checks": checks = try reader.read()
        case "Paths": paths = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(2)
        writer.write("Checks")
        writer.write(checks)
        writer.write("Paths")
        writer.write(paths)
    }
}
