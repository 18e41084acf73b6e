package import FederationModel

extension Request {
    /// The body object as it follows the request header. `struct{}` is the empty map.
    package func encodeBody(into writer: inout MessagePackWriter) {
        switch self {
        case .statusPing: writer.writeMapHeader(0)
        case .statusLeader(let body): body.encode(into: &writer)
        case .statusPeers(let body): body.encode(into: &writer)
        case .catalogRegister(let body): body.encode(into: &writer)
        case .catalogDeregister(let body): body.encode(into: &writer)
        case .catalogListDatacenters(let body): body.encode(into: &writer)
        case .catalogListNodes(let body): body.encode(into: &writer)
        case .catalogListServices(let body): body.encode(into: &writer)
        case .catalogServiceNodes(let body): body.encode(into: &writer)
        case .catalogNodeServices(let body): body.encode(into: &writer)
        case .catalogNodeServiceList(let body): body.encode(into: &writer)
        case .healthChecksInState(let body): body.encode(into: &writer)
        case .healthNodeChecks(let body): body.encode(into: &writer)
        case .healthServiceChecks(let body): body.encode(into: &writer)
        case .healthServiceNodes(let body): body.encode(into: &writer)
        case .kvsApply(let body): body.encode(into: &writer)
        case .kvsGet(let body): body.encode(into: &writer)
        case .kvsList(let body): body.encode(into: &writer)
        case .kvsListKeys(let body): body.encode(into: &writer)
        case .coordinateUpdate(let body): body.encode(into: &writer)
        case .coordinateListNodes(let body): body.encode(into: &writer)
        case .coordinateNode(let body): body.encode(into: &writer)
        case .coordinateListDatacenters: writer.writeMapHeader(0)
        case .internalEventFire(let body): body.encode(into: &writer)
        case .internalKeyringOperation(let body): body.encode(into: &writer)
        case .isthmusPing(let body): body.encode(into: &writer)
        }
    }

    /// Decodes the body of `method`.
    /// - Returns: nil when no such method is served here.
    package static func decode(method: String, from reader: inout MessagePackReader) throws(WireError) -> Request? {
        switch method {
        case "Status.Ping":
            try reader.skip()
            return .statusPing
        case "Status.Leader": return .statusLeader(try reader.read())
        case "Status.Peers": return .statusPeers(try reader.read())
        case "Catalog.Register": return .catalogRegister(try reader.read())
        case "Catalog.Deregister": return .catalogDeregister(try reader.read())
        case "Catalog.ListDatacenters": return .catalogListDatacenters(try reader.read())
        case "Catalog.ListNodes": return .catalogListNodes(try reader.read())
        case "Catalog.ListServices": return .catalogListServices(try reader.read())
        case "Catalog.ServiceNodes": return .catalogServiceNodes(try reader.read())
        case "Catalog.NodeServices": return .catalogNodeServices(try reader.read())
        case "Catalog.NodeServiceList": return .catalogNodeServiceList(try reader.read())
        case "Health.ChecksInState": return .healthChecksInState(try reader.read())
        case "Health.NodeChecks": return .healthNodeChecks(try reader.read())
        case "Health.ServiceChecks": return .healthServiceChecks(try reader.read())
        case "Health.ServiceNodes": return .healthServiceNodes(try reader.read())
        case "KVS.Apply": return .kvsApply(try reader.read())
        case "KVS.Get": return .kvsGet(try reader.read())
        case "KVS.List": return .kvsList(try reader.read())
        case "KVS.ListKeys": return .kvsListKeys(try reader.read())
        case "Coordinate.Update": return .coordinateUpdate(try reader.read())
        case "Coordinate.ListNodes": return .coordinateListNodes(try reader.read())
        case "Coordinate.Node": return .coordinateNode(try reader.read())
        case "Coordinate.ListDatacenters":
            try reader.skip()
            return .coordinateListDatacenters
        case "Internal.EventFire": return .internalEventFire(try reader.read())
        case "Internal.KeyringOperation": return .internalKeyringOperation(try reader.read())
        case "Isthmus.Ping": return .isthmusPing(try reader.read())
        default: return nil
        }
    }

    /// Decodes the answer to this request.
    package func decodeResponse(from reader: inout MessagePackReader) throws(WireError) -> Response {
        switch self {
        case .statusPing:
            try reader.skip()
            return .empty
        case .statusLeader: return .string(try reader.read())
        case .statusPeers: return .strings(try reader.read() ?? [])
        case .catalogRegister:
            try reader.skip()
            return .empty
        case .catalogDeregister:
            try reader.skip()
            return .empty
        case .catalogListDatacenters: return .strings(try reader.read() ?? [])
        case .catalogListNodes: return .nodes(try reader.read())
        case .catalogListServices: return .services(try reader.read())
        case .catalogServiceNodes: return .serviceNodes(try reader.read())
        case .catalogNodeServices: return .nodeServices(try reader.read())
        case .catalogNodeServiceList: return .nodeServiceList(try reader.read())
        case .healthChecksInState: return .healthChecks(try reader.read())
        case .healthNodeChecks: return .healthChecks(try reader.read())
        case .healthServiceChecks: return .healthChecks(try reader.read())
        case .healthServiceNodes: return .checkServiceNodes(try reader.read())
        case .kvsApply: return .bool(try reader.read())
        case .kvsGet: return .dirEntries(try reader.read())
        case .kvsList: return .dirEntries(try reader.read())
        case .kvsListKeys: return .keyList(try reader.read())
        case .coordinateUpdate:
            try reader.skip()
            return .empty
        case .coordinateListNodes: return .coordinates(try reader.read())
        case .coordinateNode: return .coordinates(try reader.read())
        case .coordinateListDatacenters: return .datacenterMaps(try reader.read() ?? [])
        case .internalEventFire: return .eventFired(try reader.read())
        case .internalKeyringOperation: return .keyring(try reader.read())
        case .isthmusPing: return .isthmusPong(try reader.read())
        }
    }
}

extension Response {
    /// The body object as it follows the response header.
    package func encodeBody(into writer: inout MessagePackWriter) {
        switch self {
        case .empty: writer.writeMapHeader(0)
        case .string(let body): writer.write(body)
        case .strings(let body): writer.write(body)
        case .bool(let body): writer.write(body)
        case .nodes(let body): body.encode(into: &writer)
        case .services(let body): body.encode(into: &writer)
        case .serviceNodes(let body): body.encode(into: &writer)
        case .nodeServices(let body): body.encode(into: &writer)
        case .nodeServiceList(let body): body.encode(into: &writer)
        case .healthChecks(let body): body.encode(into: &writer)
        case .checkServiceNodes(let body): body.encode(into: &writer)
        case .dirEntries(let body): body.encode(into: &writer)
        case .keyList(let body): body.encode(into: &writer)
        case .coordinates(let body): body.encode(into: &writer)
        case .datacenterMaps(let body): writer.write(body)
        case .eventFired(let body): body.encode(into: &writer)
        case .keyring(let body): body.encode(into: &writer)
        case .isthmusPong(let body): body.encode(into: &writer)
        }
    }
}
