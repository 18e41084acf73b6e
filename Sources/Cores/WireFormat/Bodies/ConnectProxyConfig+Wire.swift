package import FederationModel

extension ConnectProxyConfig: WireRecord {
    package init() { self.init(destinationServiceName: "") }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "DestinationServiceName", "DestinationServiceID", "LocalServiceAddress", "LocalServicePort",
            "Config", "Upstreams", "MeshGateway", "Expose",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "DestinationServiceName": destinationServiceName = try reader.read()
        case "DestinationServiceID": destinationServiceID = try reader.read()
        case "LocalServiceAddress": localServiceAddress = try reader.read()
        case "LocalServicePort": localServicePort = try reader.read()
        case "Config": config = try reader.read()
        case "Upstreams": upstreams = try reader.read()
        case "MeshGateway": meshGateway = try reader.read()
        case "Expose": expose = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(8)
        writer.write("Config")
        writer.write(config)
        writer.write("DestinationServiceID")
        writer.write(destinationServiceID)
        writer.write("DestinationServiceName")
        writer.write(destinationServiceName)
        writer.write("Expose")
        writer.write(expose)
        writer.write("LocalServiceAddress")
        writer.write(localServiceAddress)
        writer.write("LocalServicePort")
        writer.write(localServicePort)
        writer.write("MeshGateway")
        writer.write(meshGateway)
        writer.write("Upstreams")
        writer.write(upstreams)
    }
}
