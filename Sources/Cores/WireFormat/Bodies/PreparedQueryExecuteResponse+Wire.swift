package import FederationModel

extension PreparedQueryExecuteResponse: WireRecord {
    package init() { self.init(service: "") }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "Service", "Nodes", "DNS", "Datacenter", "Failovers", "Index", "LastContact", "KnownLeader",
            "ConsistencyLevel",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Service": service = try reader.read()
        case "Nodes": nodes = try reader.read()
        case "DNS": dns = try reader.read()
        case "Datacenter": datacenter = try reader.read()
        case "Failovers": failovers = try reader.read()
        case "IsthmusPartial": isPartial = try reader.read()
        default: return try meta.decode(field: name, from: &reader)
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(isPartial ? 10 : 9)
        writer.write("ConsistencyLevel")
        writer.write(meta.consistencyLevel)
        writer.write("DNS")
        writer.write(dns)
        writer.write("Datacenter")
        writer.write(datacenter)
        writer.write("Failovers")
        writer.write(failovers)
        writer.write("Index")
        writer.write(meta.index)
        if isPartial {
            writer.write("IsthmusPartial")
            writer.write(true)
        }
        writer.write("KnownLeader")
        writer.write(meta.knownLeader)
        writer.write("LastContact")
        writer.write(meta.lastContact)
        writer.write("Nodes")
        writer.write(nodes)
        writer.write("Service")
        writer.write(service)
    }
}
