package import FederationModel

extension PreparedQuery: WireRecord {
    package init() { self.init(id: "") }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "ID", "Name", "Session", "Token", "Template", "Service", "DNS", "CreateIndex", "ModifyIndex",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "ID": id = try reader.read()
        case "Name": self.name = try reader.read()
        case "Session": session = try reader.read()
        case "Token": token = try reader.read()
        case "Template": template = try reader.read()
        case "Service": service = try reader.read()
        case "DNS": dns = try reader.read()
        default: return try raftIndex.decode(field: name, from: &reader)
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(9)
        writer.write("CreateIndex")
        writer.write(raftIndex.createIndex)
        writer.write("DNS")
        writer.write(dns)
        writer.write("ID")
        writer.write(id)
        writer.write("ModifyIndex")
        writer.write(raftIndex.modifyIndex)
        writer.write("Name")
        writer.write(name)
        writer.write("Service")
        writer.write(service)
        writer.write("Session")
        writer.write(session)
        writer.write("Template")
        writer.write(template)
        writer.write("Token")
        writer.write(token)
    }
}
