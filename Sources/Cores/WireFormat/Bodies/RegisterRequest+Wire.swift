package import FederationModel

extension RegisterRequest: WireRecord {
    package init() { self.init(datacenter: "") }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "Datacenter", "ID", "Node", "Address", "TaggedAddresses", "NodeMeta", "Service", "Check", "Checks",
            "SkipNodeUpdate", "Token", "CreateIndex", "ModifyIndex",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Datacenter": datacenter = try reader.read()
        case "ID": id = try reader.read()
        case "Node": node = try reader.read()
        case "Address": address = try reader.read()
        case "TaggedAddresses": taggedAddresses = try reader.read()
        case "NodeMeta": nodeMeta = try reader.read()
        case "Service": service = try reader.read()
        case "Check": check = try reader.read()
        case "Checks": checks = try reader.read()
        case "SkipNodeUpdate": skipNodeUpdate = try reader.read()
        default:
            if try write.decode(field: name, from: &reader) { return true }
            return try raftIndex.decode(field: name, from: &reader)
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(13)
        writer.write("Address")
        writer.write(address)
        writer.write("Check")
        writer.write(check)
        writer.write("Checks")
        writer.write(checks)
        writer.write("CreateIndex")
        writer.write(raftIndex.createIndex)
        writer.write("Datacenter")
        writer.write(datacenter)
        writer.write("ID")
        writer.write(id)
        writer.write("ModifyIndex")
        writer.write(raftIndex.modifyIndex)
        writer.write("Node")
        writer.write(node)
        writer.write("NodeMeta")
        writer.write(nodeMeta)
        writer.write("Service")
        writer.write(service)
        writer.write("SkipNodeUpdate")
        writer.write(skipNodeUpdate)
        writer.write("TaggedAddresses")
        writer.write(taggedAddresses)
        writer.write("Token")
        writer.write(write.token)
    }
}
