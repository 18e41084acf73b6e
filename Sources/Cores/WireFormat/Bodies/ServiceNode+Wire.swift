package import FederationModel

extension ServiceNode: WireRecord {
    package init() { self.init(id: "") }

    /// Declaration order, used when a peer sends the structure as an array.
    package static var fieldNames: [String] {
        [
            "ID", "Node", "Address", "Datacenter", "TaggedAddresses", "NodeMeta", "ServiceKind", "ServiceID",
            "ServiceName", "ServiceTags", "ServiceAddress", "ServiceTaggedAddresses", "ServiceWeights",
            "ServiceMeta", "ServicePort", "ServiceEnableTagOverride", "ServiceProxy", "ServiceConnect",
            "CreateIndex", "ModifyIndex",
        ]
    }

    package mutating func decode(
        field name: FieldName, from reader: inout MessagePackReader
    ) throws(WireError) -> Bool {
        switch name {
        case "ID": id = try reader.read()
        case "Node": node = try reader.read()
        case "Address": address = try reader.read()
        case "Datacenter": datacenter = try reader.read()
        case "TaggedAddresses": taggedAddresses = try reader.read()
        case "NodeMeta": nodeMeta = try reader.read()
        case "ServiceKind": serviceKind = try reader.read()
        case "ServiceID": serviceID = try reader.read()
        case "ServiceName": serviceName = try reader.read()
        case "ServiceTags": serviceTags = try reader.read()
        case "ServiceAddress": serviceAddress = try reader.read()
        case "ServiceTaggedAddresses": serviceTaggedAddresses = try reader.read()
        case "ServiceWeights": serviceWeights = try reader.read()
        case "ServiceMeta": serviceMeta = try reader.read()
        case "ServicePort": servicePort = try reader.read()
        case "ServiceEnableTagOverride": serviceEnableTagOverride = try reader.read()
        case "ServiceProxy": serviceProxy = try reader.read()
        case "ServiceConnect": serviceConnect = try reader.read()
        default: return try raftIndex.decode(field: name, from: &reader)
        }
        return true
    }

    package func encode(into writer: inout MessagePackWriter) {
        writer.writeMapHeader(20)
        writer.write("Address")
        writer.write(address)
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
        writer.write("ServiceAddress")
        writer.write(serviceAddress)
        writer.write("ServiceConnect")
        writer.write(serviceConnect)
        writer.write("ServiceEnableTagOverride")
        writer.write(serviceEnableTagOverride)
        writer.write("ServiceID")
        writer.write(serviceID)
        writer.write("ServiceKind")
        writer.write(serviceKind)
        writer.write("ServiceMeta")
        writer.write(serviceMeta)
        writer.write("ServiceName")
        writer.write(serviceName)
        writer.write("ServicePort")
        writer.write(servicePort)
        writer.write("ServiceProxy")
        writer.write(serviceProxy)
        writer.write("ServiceTaggedAddresses")
        writer.write(serviceTaggedAddresses)
        writer.write("ServiceTags")
        writer.write(serviceTags)
        writer.write("ServiceWeights")
        writer.write(serviceWeights)
        writer.write("TaggedAddresses")
        writer.write(taggedAddresses)
    }
}
