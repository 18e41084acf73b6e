package import FederationModel

extension ServiceConnect: WireRecord {
    package init() { self.init(native: false) }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "Native", "SidecarService",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Native": native = try reader.read()
        case "SidecarService": sidecarService = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(2)
        writer.write("Native")
        writer.write(native)
        writer.write("SidecarService")
        writer.write(sidecarService)
    }
}
