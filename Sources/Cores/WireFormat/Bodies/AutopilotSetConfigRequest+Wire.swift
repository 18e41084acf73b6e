package import FederationModel

extension AutopilotSetConfigRequest: WireRecord {
    package init() { self.init(datacenter: "") }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "Datacenter", "Config", "CAS", "Token",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Datacenter": datacenter = try reader.read()
        case "Config": config = try reader.read()
        case "CAS": cas = try reader.read()
        default: return try write.decode(field: name, from: &reader)
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(4)
        writer.write("CAS")
        writer.write(cas)
        writer.write("Config")
        writer.write(config)
        writer.write("Datacenter")
        writer.write(datacenter)
        writer.write("Token")
        writer.write(write.token)
    }
}
