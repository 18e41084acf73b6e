package import FederationModel

extension DeregisterRequest: WireRecord {
    package init() { self.init(datacenter: "") }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "Datacenter", "Node", "ServiceID", "CheckID", "Token",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Datacenter": datacenter = try reader.read()
        case "Node": node = try reader.read()
        case "ServiceID": serviceID = try reader.read()
        case "CheckID": checkID = try reader.read()
        default: return try write.decode(field: name, from: &reader)
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(5)
        writer.write("CheckID")
        writer.write(checkID)
        writer.write("Datacenter")
        writer.write(datacenter)
        writer.write("Node")
        writer.write(node)
        writer.write("ServiceID")
        writer.write(serviceID)
        writer.write("Token")
        writer.write(write.token)
    }
}
