package import FederationModel

extension TxnReadResponse: WireRecord {
    package init() { self.init(results: nil) }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "Results", "Errors", "Index", "LastContact", "KnownLeader", "ConsistencyLevel",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Results": results = try reader.read()
        case "Errors": errors = try reader.read()
        default: return try meta.decode(field: name, from: &reader)
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(6)
        writer.write("ConsistencyLevel")
        writer.write(meta.consistencyLevel)
        writer.write("Errors")
        writer.write(errors)
        writer.write("Index")
        writer.write(meta.index)
        writer.write("KnownLeader")
        writer.write(meta.knownLeader)
        writer.write("LastContact")
        writer.write(meta.lastContact)
        writer.write("Results")
        writer.write(results)
    }
}
