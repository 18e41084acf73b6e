package import FederationModel

extension ServiceQuery: WireRecord {
    package init() { self.init(service: "") }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "Service", "Failover", "OnlyPassing", "IgnoreCheckIDs", "Near", "Tags", "NodeMeta", "ServiceMeta",
            "Connect",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Service": service = try reader.read()
        case "Failover": failover = try reader.read()
        case "OnlyPassing": onlyPassing = try reader.read()
        case "IgnoreCheckIDs": ignoreCheckIDs = try reader.read()
        case "Near": near = try reader.read()
        case "Tags": tags = try reader.read()
        case "NodeMeta": nodeMeta = try reader.read()
        case "ServiceMeta": serviceMeta = try reader.read()
        case "Connect": connect = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(9)
        writer.write("Connect")
        writer.write(connect)
        writer.write("Failover")
        writer.write(failover)
        writer.write("IgnoreCheckIDs")
        writer.write(ignoreCheckIDs)
        writer.write("Near")
        writer.write(near)
        writer.write("NodeMeta")
        writer.write(nodeMeta)
        writer.write("OnlyPassing")
        writer.write(onlyPassing)
        writer.write("Service")
        writer.write(service)
        writer.write("ServiceMeta")
        writer.write(serviceMeta)
        writer.write("Tags")
        writer.write(tags)
    }
}
