package import FederationModel

extension TxnOp: WireRecord {
    package init() { self.init(kv: nil) }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "KV", "Intention", "Node", "Service", "Check", "Session",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "KV": kv = try reader.read()
        case "Intention": intention = try reader.read()
        case "Node": node = try reader.read()
        case "Service": service = try reader.read()
        case "Check": check = try reader.read()
        case "Session": session = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(6)
        writer.write("Check")
        writer.write(check)
        writer.write("Intention")
        writer.write(intention)
        writer.write("KV")
        writer.write(kv)
        writer.write("Node")
        writer.write(node)
        writer.write("Service")
        writer.write(service)
        writer.write("Session")
        writer.write(session)
    }
}
