package import FederationModel

extension QueryMeta: WireRecord {
    package init() { self.init(index: 0) }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "Index", "LastContact", "KnownLeader", "ConsistencyLevel",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Index": index = try reader.read()
        case "LastContact": lastContact = try reader.read()
        case "KnownLeader": knownLeader = try reader.read()
        case "ConsistencyLevel": consistencyLevel = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(4)
        writer.write("ConsistencyLevel")
        writer.write(consistencyLevel)
        writer.write("Index")
        writer.write(index)
        writer.write("KnownLeader")
        writer.write(knownLeader)
        writer.write("LastContact")
        writer.write(lastContact)
    }
}
