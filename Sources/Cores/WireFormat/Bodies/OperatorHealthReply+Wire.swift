package import FederationModel

extension OperatorHealthReply: WireRecord {
    package init() { self.init(healthy: false) }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "Healthy", "FailureTolerance", "Servers",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Healthy": healthy = try reader.read()
        case "FailureTolerance": failureTolerance = try reader.read()
        case "Servers": servers = try reader.read()
        default: return false
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(3)
        writer.write("FailureTolerance")
        writer.write(failureTolerance)
        writer.write("Healthy")
        writer.write(healthy)
        writer.write("Servers")
        writer.write(servers)
    }
}
