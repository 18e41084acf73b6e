package import FederationModel

extension TxnNodeOp: WireRecord {
    package init() { self.init(verb: "") }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "Verb", "Node",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Verb": verb = try reader.read()
        case "Node": node = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(2)
        writer.write("Node")
        writer.write(node)
        writer.write("Verb")
        writer.write(verb)
    }
}
