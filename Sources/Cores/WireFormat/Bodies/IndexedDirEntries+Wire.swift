package import FederationModel

extension IndexedDirEntries: WireRecord {
    package init() { self.init(entries: nil) }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "Entries", "Index", "LastContact", "KnownLeader", "ConsistencyLevel",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Entries": entries = try reader.read()
        default: return try meta.decode(field: name, from: &reader)
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(5)
        writer.write("ConsistencyLevel")
        writer.write(meta.consistencyLevel)
        writer.write("Entries")
        writer.write(entries)
        writer.write("Index")
        writer.write(meta.index)
        writer.write("KnownLeader")
        writer.write(meta.knownLeader)
        writer.write("LastContact")
        writer.write(meta.lastContact)
    }
}
