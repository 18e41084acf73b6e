package import FederationModel

extension TxnServiceOp: WireRecord {
    package init() { self.init(verb: "") }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "Verb", "Node", "Service",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Verb": verb = try reader.read()
        case "Node": node = try reader.read()
        case "Service": service = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(3)
        writer.write("Node")
        writer.write(node)
        writer.write("Service")
        writer.write(service)
        writer.write("Verb")
        writer.write(verb)
    }
}
