package import FederationModel

extension DatacenterMap: WireRecord {
    package init() { self.init(datacenter: "") }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "Datacenter", "AreaID", "Coordinates",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Datacenter": datacenter = try reader.read()
        case "AreaID": areaID = try reader.read()
        case "Coordinates": coordinates = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(3)
        writer.write("AreaID")
        writer.write(areaID)
        writer.write("Coordinates")
        writer.write(coordinates)
        writer.write("Datacenter")
        writer.write(datacenter)
    }
}
