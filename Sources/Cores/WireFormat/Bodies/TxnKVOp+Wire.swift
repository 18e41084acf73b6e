package import FederationModel

extension TxnKVOp: WireRecord {
    package init() { self.init(verb: "") }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "Verb", "DirEnt",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Verb": verb = try reader.read()
        case "DirEnt": dirEnt = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(2)
        writer.write("DirEnt")
        writer.write(dirEnt)
        writer.write("Verb")
        writer.write(verb)
    }
}
