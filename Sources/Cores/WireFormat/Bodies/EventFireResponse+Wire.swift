package import FederationModel

extension EventFireResponse: WireRecord {
    package init() { self.init(meta: QueryMeta()) }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "Index", "LastContact", "KnownLeader", "ConsistencyLevel",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        try meta.decode(field: name, from: &reader)
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(4)
        writer.write("ConsistencyLevel")
        writer.write(meta.consistencyLevel)
        writer.write("Index")
        writer.write(meta.index)
        writer.write("KnownLeader")
        writer.write(meta.knownLeader)
        writer.write("LastContact")
        writer.write(meta.lastContact)
    }
}
