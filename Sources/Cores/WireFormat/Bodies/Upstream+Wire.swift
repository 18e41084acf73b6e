package import FederationModel

extension Upstream: WireRecord {
    package init() { self.init(destinationType: "") }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "DestinationType", "DestinationNamespace", "DestinationName", "Datacenter", "LocalBindAddress",
            "LocalBindPort", "Config", "MeshGateway", "IngressHosts",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "DestinationType": destinationType = try reader.read()
        case "DestinationNamespace": destinationNamespace = try reader.read()
        case "DestinationName": destinationName = try reader.read()
        case "Datacenter": datacenter = try reader.read()
        case "LocalBindAddress": localBindAddress = try reader.read()
        case "LocalBindPort": localBindPort = try reader.read()
        case "Config": config = try reader.read()
        case "MeshGateway": meshGateway = try reader.read()
        case "IngressHosts": ingressHosts = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(9)
        writer.write("Config")
        writer.write(config)
        writer.write("Datacenter")
        writer.write(datacenter)
        writer.write("DestinationName")
        writer.write(destinationName)
        writer.write("DestinationNamespace")
        writer.write(destinationNamespace)
        writer.write("DestinationType")
        writer.write(destinationType)
        writer.write("IngressHosts")
        writer.write(ingressHosts)
        writer.write("LocalBindAddress")
        writer.write(localBindAddress)
        writer.write("LocalBindPort")
        writer.write(localBindPort)
        writer.write("MeshGateway")
        writer.write(meshGateway)
    }
}
