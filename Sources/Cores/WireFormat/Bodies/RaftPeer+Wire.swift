package import FederationModel

extension RaftPeer: WireRecord {
    package init() { self.init(id: "") }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "ID", "Node", "Address", "Leader", "ProtocolVersion", "Voter",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "ID": id = try reader.read()
        case "Node": node = try reader.read()
        case "Address": address = try reader.read()
        case "Leader": leader = try reader.read()
        case "ProtocolVersion": protocolVersion = try reader.read()
        case "Voter": voter = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(6)
        writer.write("Address")
        writer.write(address)
        writer.write("ID")
        writer.write(id)
        writer.write("Leader")
        writer.write(leader)
        writer.write("Node")
        writer.write(node)
        writer.write("ProtocolVersion")
        writer.write(protocolVersion)
        writer.write("Voter")
        writer.write(voter)
    }
}
