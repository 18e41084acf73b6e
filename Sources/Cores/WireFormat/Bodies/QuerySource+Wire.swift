package import FederationModel

extension QuerySource: WireRecord {
    package init() { self.init(datacenter: "") }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "Datacenter", "Segment", "Node", "Ip",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Datacenter": datacenter = try reader.read()
        case "Segment": segment = try reader.read()
        case "Node": node = try reader.read()
        case "Ip": ip = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(4)
        writer.write("Datacenter")
        writer.write(datacenter)
        writer.write("Ip")
        writer.write(ip)
        writer.write("Node")
        writer.write(node)
        writer.write("Segment")
        writer.write(segment)
    }
}
