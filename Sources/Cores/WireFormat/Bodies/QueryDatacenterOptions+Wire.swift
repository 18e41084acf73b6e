package import FederationModel

extension QueryDatacenterOptions: WireRecord {
    package init() { self.init(nearestN: 0) }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "NearestN", "Datacenters",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "NearestN": nearestN = try reader.read()
        case "Datacenters": datacenters = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(2)
        writer.write("Datacenters")
        writer.write(datacenters)
        writer.write("NearestN")
        writer.write(nearestN)
    }
}
