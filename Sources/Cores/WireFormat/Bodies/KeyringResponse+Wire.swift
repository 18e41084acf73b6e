package import FederationModel

extension KeyringResponse: WireRecord {
    package init() { self.init(wan: false) }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "WAN", "Datacenter", "Segment", "Messages", "Keys", "PrimaryKeys", "NumNodes", "Error",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "WAN": wan = try reader.read()
        case "Datacenter": datacenter = try reader.read()
        case "Segment": segment = try reader.read()
        case "Messages": messages = try reader.read()
        case "Keys": keys = try reader.read()
        case "PrimaryKeys": primaryKeys = try reader.read()
        case "NumNodes": numNodes = try reader.read()
        case "Error": error = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(8)
        writer.write("Datacenter")
        writer.write(datacenter)
        writer.write("Error")
        writer.write(error)
        writer.write("Keys")
        writer.write(keys)
        writer.write("Messages")
        writer.write(messages)
        writer.write("NumNodes")
        writer.write(numNodes)
        writer.write("PrimaryKeys")
        writer.write(primaryKeys)
        writer.write("Segment")
        writer.write(segment)
        writer.write("WAN")
        writer.write(wan)
    }
}
