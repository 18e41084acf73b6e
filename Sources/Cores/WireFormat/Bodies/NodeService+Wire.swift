package import FederationModel

extension NodeService: WireRecord {
    package init() { self.init(kind: "") }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "Kind", "ID", "Service", "Tags", "Address", "TaggedAddresses", "Meta", "Port", "Weights",
            "EnableTagOverride", "Proxy", "Connect", "LocallyRegisteredAsSidecar", "CreateIndex",
            "ModifyIndex",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "Kind": kind = try reader.read()
        case "ID": id = try reader.read()
        case "Service": service = try reader.read()
        case "Tags": tags = try reader.read()
        case "Address": address = try reader.read()
        case "TaggedAddresses": taggedAddresses = try reader.read()
        case "Meta": meta = try reader.read()
        case "Port": port = try reader.read()
        case "Weights": weights = try reader.read()
        case "EnableTagOverride": enableTagOverride = try reader.read()
        case "Proxy": proxy = try reader.read()
        case "Connect": connect = try reader.read()
        case "LocallyRegisteredAsSidecar": locallyRegisteredAsSidecar = try reader.read()
        default: return try raftIndex.decode(field: name, from: &reader)
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(15)
        writer.write("Address")
        writer.write(address)
        writer.write("Connect")
        writer.write(connect)
        writer.write("CreateIndex")
        writer.write(raftIndex.createIndex)
        writer.write("EnableTagOverride")
        writer.write(enableTagOverride)
        writer.write("ID")
        writer.write(id)
        writer.write("Kind")
        writer.write(kind)
        writer.write("LocallyRegisteredAsSidecar")
        writer.write(locallyRegisteredAsSidecar)
        writer.write("Meta")
        writer.write(meta)
        writer.write("ModifyIndex")
        writer.write(raftIndex.modifyIndex)
        writer.write("Port")
        writer.write(port)
        writer.write("Proxy")
        writer.write(proxy)
        writer.write("Service")
        writer.write(service)
        writer.write("TaggedAddresses")
        writer.write(taggedAddresses)
        writer.write("Tags")
        writer.write(tags)
        writer.write("Weights")
        writer.write(weights)
    }
}
