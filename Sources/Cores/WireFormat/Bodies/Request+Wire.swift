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
        case .sessionApply(let body): body.encode(into: &writer)
        case .sessionGet(let body): body.encode(into: &writer)
        case .sessionList(let body): body.encode(into: &writer)
        case .sessionNodeSessions(let body): body.encode(into: &writer)
        case .sessionRenew(let body): body.encode(into: &writer)
        case .txnApply(let body): body.encode(into: &writer)
        case .txnRead(let body): body.encode(into: &writer)
        case .preparedQueryApply(let body): body.encode(into: &writer)
        case .preparedQueryGet(let body): body.encode(into: &writer)
        case .preparedQueryList(let body): body.encode(into: &writer)
        case .preparedQueryExecute(let body): body.encode(into: &writer)
        case .preparedQueryExecuteRemote(let body): body.encode(into: &writer)
        case .preparedQueryExplain(let body): body.encode(into: &writer)
        case .operatorRaftConfiguration(let body): body.encode(into: &writer)
        case .operatorRemovePeerByAddress(let body): body.encode(into: &writer)
        case .operatorRemovePeerByID(let body): body.encode(into: &writer)
        case .operatorAutopilotConfiguration(let body): body.encode(into: &writer)
        case .operatorSetAutopilot(let body): body.encode(into: &writer)
        case .operatorServerHealth(let body): body.encode(into: &writer)
        case .statusRaftStats: writer.writeMapHeader(0)
        case .isthmusSnapshotSave(let body): body.encode(into: &writer)
        case .isthmusSnapshotRestore(let body): body.encode(into: &writer)
        case .internalNodeInfo(let body): body.encode(into: &writer)
        case .internalNodeDump(let body): body.encode(into: &writer)
        case .internalServiceDump(let body): body.encode(into: &writer)
        case .internalEventFire(let body): body.encode(into: &writer)
        case .internalKeyringOperation(let body): body.encode(into: &writer)
        case .isthmusPing(let body): body.encode(into: &writer)
        case .isthmusExplain(let body): body.encode(into: &writer)
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
        case "Session.Apply": return .sessionApply(try reader.read())
        case "Session.Get": return .sessionGet(try reader.read())
        case "Session.List": return .sessionList(try reader.read())
        case "Session.NodeSessions": return .sessionNodeSessions(try reader.read())
        case "Session.Renew": return .sessionRenew(try reader.read())
        case "Txn.Apply": return .txnApply(try reader.read())
        case "Txn.Read": return .txnRead(try reader.read())
        case "PreparedQuery.Apply": return .preparedQueryApply(try reader.read())
        case "PreparedQuery.Get": return .preparedQueryGet(try reader.read())
        case "PreparedQuery.List": return .preparedQueryList(try reader.read())
        case "PreparedQuery.Execute": return .preparedQueryExecute(try reader.read())
        case "PreparedQuery.ExecuteRemote": return .preparedQueryExecuteRemote(try reader.read())
        case "PreparedQuery.Explain": return .preparedQueryExplain(try reader.read())
        case "Operator.RaftGetConfiguration": return .operatorRaftConfiguration(try reader.read())
        case "Operator.RaftRemovePeerByAddress": return .operatorRemovePeerByAddress(try reader.read())
        case "Operator.RaftRemovePeerByID": return .operatorRemovePeerByID(try reader.read())
        case "Operator.AutopilotGetConfiguration": return .operatorAutopilotConfiguration(try reader.read())
        case "Operator.AutopilotSetConfiguration": return .operatorSetAutopilot(try reader.read())
        case "Operator.ServerHealth": return .operatorServerHealth(try reader.read())
        case "Status.RaftStats":
            try reader.skip()
            return .statusRaftStats
        case "Isthmus.SnapshotSave": return .isthmusSnapshotSave(try reader.read())
        case "Isthmus.SnapshotRestore": return .isthmusSnapshotRestore(try reader.read())
        case "Internal.NodeInfo": return .internalNodeInfo(try reader.read())
        case "Internal.NodeDump": return .internalNodeDump(try reader.read())
        case "Internal.ServiceDump": return .internalServiceDump(try reader.read())
        case "Internal.EventFire": return .internalEventFire(try reader.read())
        case "Internal.KeyringOperation": return .internalKeyringOperation(try reader.read())
        case "Isthmus.Ping": return .isthmusPing(try reader.read())
        case "Isthmus.Explain": return .isthmusExplain(try reader.read())
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
        case .sessionApply: return .string(try reader.read())
        case .sessionGet: return .sessions(try reader.read())
        case .sessionList: return .sessions(try reader.read())
        case .sessionNodeSessions: return .sessions(try reader.read())
        case .sessionRenew: return .sessions(try reader.read())
        case .txnApply: return .txn(try reader.read())
        case .txnRead: return .txnRead(try reader.read())
        case .preparedQueryApply: return .string(try reader.read())
        case .preparedQueryGet: return .queries(try reader.read())
        case .preparedQueryList: return .queries(try reader.read())
        case .preparedQueryExecute: return .queryResult(try reader.read())
        case .preparedQueryExecuteRemote: return .queryResult(try reader.read())
        case .preparedQueryExplain: return .queryExplanation(try reader.read())
        case .operatorRaftConfiguration: return .raftConfiguration(try reader.read())
        case .operatorRemovePeerByAddress:
            try reader.skip()
            return .empty
        case .operatorRemovePeerByID:
            try reader.skip()
            return .empty
        case .operatorAutopilotConfiguration: return .autopilot(try reader.read())
        case .operatorSetAutopilot: return .bool(try reader.read())
        case .operatorServerHealth: return .serverHealth(try reader.read())
        case .statusRaftStats: return .serverStats(try reader.read())
        case .isthmusSnapshotSave: return .snapshot(try reader.read())
        case .isthmusSnapshotRestore:
            try reader.skip()
            return .empty
        case .internalNodeInfo: return .nodeDump(try reader.read())
        case .internalNodeDump: return .nodeDump(try reader.read())
        case .internalServiceDump: return .checkServiceNodes(try reader.read())
        case .internalEventFire: return .eventFired(try reader.read())
        case .internalKeyringOperation: return .keyring(try reader.read())
        case .isthmusPing: return .isthmusPong(try reader.read())
        case .isthmusExplain: return .routeExplanation(try reader.read())
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
        case .nodeDump(let body): body.encode(into: &writer)
        case .dirEntries(let body): body.encode(into: &writer)
        case .keyList(let body): body.encode(into: &writer)
        case .coordinates(let body): body.encode(into: &writer)
        case .datacenterMaps(let body): writer.write(body)
        case .sessions(let body): body.encode(into: &writer)
        case .txn(let body): body.encode(into: &writer)
        case .txnRead(let body): body.encode(into: &writer)
        case .queries(let body): body.encode(into: &writer)
        case .queryResult(let body): body.encode(into: &writer)
        case .queryExplanation(let body): body.encode(into: &writer)
        case .raftConfiguration(let body): body.encode(into: &writer)
        case .autopilot(let body): body.encode(into: &writer)
        case .serverHealth(let body): body.encode(into: &writer)
        case .serverStats(let body): body.encode(into: &writer)
        case .snapshot(let body): body.encode(into: &writer)
        case .eventFired(let body): body.encode(into: &writer)
        case .keyring(let body): body.encode(into: &writer)
        case .isthmusPong(let body): body.encode(into: &writer)
        case .routeExplanation(let body): body.encode(into: &writer)
        }
    }
}
