package import FederationModel

extension HealthCheck: WireRecord {
    package init() { self.init(node: "") }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "Node", "CheckID", "Name", "Status", "Notes", "Output", "ServiceID", "ServiceName", "ServiceTags",
            "Type", "Definition", "CreateIndex", "ModifyIndex",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Node": node = try reader.read()
        case "CheckID": checkID = try reader.read()
        case "Name": self.name = try reader.read()
        case "Status": status = try reader.read()
        case "Notes": notes = try reader.read()
        case "Output": output = try reader.read()
        case "ServiceID": serviceID = try reader.read()
        case "ServiceName": serviceName = try reader.read()
        case "ServiceTags": serviceTags = try reader.read()
        case "Type": type = try reader.read()
        case "Definition": definition = try reader.read()
        default: return try raftIndex.decode(field: name, from: &reader)
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(13)
        writer.write("CheckID")
        writer.write(checkID)
        writer.write("CreateIndex")
        writer.write(raftIndex.createIndex)
        writer.write("Definition")
        writer.write(definition)
        writer.write("ModifyIndex")
        writer.write(raftIndex.modifyIndex)
        writer.write("Name")
        writer.write(name)
        writer.write("Node")
        writer.write(node)
        writer.write("Notes")
        writer.write(notes)
        writer.write("Output")
        writer.write(output)
        writer.write("ServiceID")
        writer.write(serviceID)
        writer.write("ServiceName")
        writer.write(serviceName)
        writer.write("ServiceTags")
        writer.write(serviceTags)
        writer.write("Status")
        writer.write(status)
        writer.write("Type")
        writer.write(type)
    }
}
