package import FederationModel

extension ServerStats: WireRecord {
    package init() { self.init(lastContact: "") }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "LastContact", "LastTerm", "LastIndex",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "LastContact": lastContact = try reader.read()
        case "LastTerm": lastTerm = try reader.read()
        case "LastIndex": lastIndex = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(3)
        writer.write("LastContact")
        writer.write(lastContact)
        writer.write("LastIndex")
        writer.write(lastIndex)
        writer.write("LastTerm")
        writer.write(lastTerm)
    }
}
