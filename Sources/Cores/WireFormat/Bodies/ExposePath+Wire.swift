package import FederationModel

extension ExposePath: WireRecord {
    package init() { self.init(listenerPort: 0) }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "ListenerPort", "Path", "LocalPathPort", "Protocol", "ParsedFromCheck",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "ListenerPort": listenerPort = try reader.read()
        case "Path": path = try reader.read()
        case "LocalPathPort": localPathPort = try reader.read()
        case "Protocol": protocolName = try reader.read()
        case "ParsedFromCheck": parsedFromCheck = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(5)
        writer.write("ListenerPort")
        writer.write(listenerPort)
        writer.write("LocalPathPort")
        writer.write(localPathPort)
        writer.write("ParsedFromCheck")
        writer.write(parsedFromCheck)
        writer.write("Path")
        writer.write(path)
        writer.write("Protocol")
        writer.write(protocolName)
    }
}
