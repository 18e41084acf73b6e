package import FederationModel

extension TxnResponse: WireRecord {
    package init() { self.init(results: nil) }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "Results", "Errors",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Results": results = try reader.read()
        case "Errors": errors = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(2)
        writer.write("Errors")
        writer.write(errors)
        writer.write("Results")
        writer.write(results)
    }
}
