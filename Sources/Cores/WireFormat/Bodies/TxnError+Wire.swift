package import FederationModel

extension TxnError: WireRecord {
    package init() { self.init(opIndex: 0) }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "OpIndex", "What",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "OpIndex": opIndex = try reader.read()
        case "What": what = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(2)
        writer.write("OpIndex")
        writer.write(opIndex)
        writer.write("What")
        writer.write(what)
    }
}
