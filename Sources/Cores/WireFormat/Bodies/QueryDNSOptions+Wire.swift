package import FederationModel

extension QueryDNSOptions: WireRecord {
    package init() { self.init(ttl: "") }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "TTL",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "TTL": ttl = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(1)
        writer.write("TTL")
        writer.write(ttl)
    }
}
