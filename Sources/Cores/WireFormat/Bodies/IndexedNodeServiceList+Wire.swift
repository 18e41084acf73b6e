package import FederationModel

extension IndexedNodeServiceList: WireRecord {
    package init() { self.init(nodeServices: NodeServiceList()) }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "NodeServices", "Index", "LastContact", "KnownLeader", "ConsistencyLevel",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "NodeServices": nodeServices = try reader.read()
        default: return try meta.decode(field: name, from: &reader)
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(5)
        writer.write("ConsistencyLevel")
        writer.write(meta.consistencyLevel)
        writer.write("Index")
        writer.write(meta.index)
        writer.write("KnownLeader")
        writer.write(meta.knownLeader)
        writer.write("LastContact")
        writer.write(meta.lastContact)
        writer.write("NodeServices")
        writer.write(nodeServices)
    }
}
