/// One typed request of the server RPC: what HTTP, DNS and the CLI ask for, what agents send to servers, followers to
/// leaders and datacenters to one another. Methods and bodies: `wire/consul-rpc.md` section 3. Bodies stand behind a
/// pointer: requests go from table to table, and a copy is one retain.
package indirect enum Request: Equatable, Sendable {
    case statusPing
    case statusLeader(DCSpecificRequest)
    case statusPeers(DCSpecificRequest)
    case catalogRegister(RegisterRequest)
    case catalogDeregister(DeregisterRequest)
    case catalogListDatacenters(DatacentersRequest)
    case catalogListNodes(DCSpecificRequest)
    case catalogListServices(DCSpecificRequest)
    case catalogServiceNodes(ServiceSpecificRequest)
    case catalogNodeServices(NodeSpecificRequest)
    case catalogNodeServiceList(NodeSpecificRequest)
    case healthChecksInState(ChecksInStateRequest)
    case healthNodeChecks(NodeSpecificRequest)
    case healthServiceChecks(ServiceSpecificRequest)
    case healthServiceNodes(ServiceSpecificRequest)
    case kvsApply(KVSRequest)
    case kvsGet(KeyRequest)
    case kvsList(KeyRequest)
    case kvsListKeys(KeyListRequest)
    case coordinateUpdate(CoordinateUpdateRequest)
    case coordinateListNodes(DCSpecificRequest)
    case coordinateNode(NodeSpecificRequest)
    case coordinateListDatacenters
    case sessionApply(SessionRequest)
    case sessionGet(SessionSpecificRequest)
    case sessionList(SessionSpecificRequest)
    case sessionNodeSessions(NodeSpecificRequest)
    case sessionRenew(SessionSpecificRequest)
    case txnApply(TxnRequest)
    case txnRead(TxnReadRequest)
    case preparedQueryApply(PreparedQueryRequest)
    case preparedQueryGet(PreparedQuerySpecificRequest)
    case preparedQueryList(DCSpecificRequest)
    case preparedQueryExecute(PreparedQueryExecuteRequest)
    case preparedQueryExecuteRemote(PreparedQueryExecuteRemoteRequest)
    case preparedQueryExplain(PreparedQueryExecuteRequest)
    case operatorRaftConfiguration(DCSpecificRequest)
    case operatorRemovePeerByAddress(RaftRemovePeerRequest)
    case operatorRemovePeerByID(RaftRemovePeerRequest)
    case operatorAutopilotConfiguration(DCSpecificRequest)
    case operatorSetAutopilot(AutopilotSetConfigRequest)
    case operatorServerHealth(DCSpecificRequest)
    case statusRaftStats
    /// Our own: a snapshot for people, and back.
    case isthmusSnapshotSave(DCSpecificRequest)
    case isthmusSnapshotRestore(SnapshotRestoreRequest)
    /// A node, or all of them, with services and checks; all instances: what user interfaces show.
    case internalNodeInfo(NodeSpecificRequest)
    case internalNodeDump(DCSpecificRequest)
    case internalServiceDump(ServiceDumpRequest)
    case internalEventFire(EventFireRequest)
    case internalKeyringOperation(KeyringRequest)
    /// Our own ping between servers of any datacenter: carries the verdict evidence (`Isthmus.Ping`).
    case isthmusPing(Ping)
    /// Our own: what a server would do with a request for another datacenter.
    case isthmusExplain(ExplainRequest)
}

extension Request {
    /// What `?timeout=` can ask for at most, as long as the longest blocking query: nobody waits longer for one answer.
    package static let maxTimeout = QueryOptions.maxBlockingTime

    /// How a request is routed once it stands in its datacenter.
    package enum Kind: Equatable, Sendable {
        /// Answered by whichever agent holds it; never forwarded.
        case local
        /// Forwarded to its datacenter and answered there by any server, also without a leader.
        case anyServer
        /// Obeys the three read modes of `QueryOptions`.
        case read
        /// Answered by the leader from what it knows besides its log; by any server when it may be stale.
        case leader
        /// Goes through the leader's Raft log.
        case write
    }

    package var kind: Kind {
        switch self {
        case .statusPing, .statusRaftStats, .catalogListDatacenters, .coordinateListDatacenters,
            .internalKeyringOperation, .isthmusPing, .isthmusExplain:
            .local
        case .statusLeader, .statusPeers, .internalEventFire: .anyServer
        case .catalogListNodes, .catalogListServices, .catalogServiceNodes, .catalogNodeServices,
            .catalogNodeServiceList, .healthChecksInState, .healthNodeChecks, .healthServiceChecks,
            .healthServiceNodes, .kvsGet, .kvsList, .kvsListKeys, .coordinateListNodes, .coordinateNode,
            .sessionGet, .sessionList, .sessionNodeSessions, .txnRead, .preparedQueryGet, .preparedQueryList,
            .preparedQueryExecute, .preparedQueryExecuteRemote, .preparedQueryExplain,
            .operatorAutopilotConfiguration, .internalNodeInfo, .internalNodeDump, .internalServiceDump:
            .read
        case .sessionRenew, .isthmusSnapshotSave, .operatorRaftConfiguration, .operatorRemovePeerByAddress,
            .operatorRemovePeerByID,
            .operatorServerHealth:
            .leader
        case .catalogRegister, .catalogDeregister, .kvsApply, .coordinateUpdate,
            .sessionApply, .txnApply, .preparedQueryApply, .operatorSetAutopilot, .isthmusSnapshotRestore:
            .write
        }
    }

    /// `Service.Method` on the wire.
    package var method: String {
        switch self {
        case .statusPing: "Status.Ping"
        case .statusLeader: "Status.Leader"
        case .statusPeers: "Status.Peers"
        case .catalogRegister: "Catalog.Register"
        case .catalogDeregister: "Catalog.Deregister"
        case .catalogListDatacenters: "Catalog.ListDatacenters"
        case .catalogListNodes: "Catalog.ListNodes"
        case .catalogListServices: "Catalog.ListServices"
        case .catalogServiceNodes: "Catalog.ServiceNodes"
        case .catalogNodeServices: "Catalog.NodeServices"
        case .catalogNodeServiceList: "Catalog.NodeServiceList"
        case .healthChecksInState: "Health.ChecksInState"
        case .healthNodeChecks: "Health.NodeChecks"
        case .healthServiceChecks: "Health.ServiceChecks"
        case .healthServiceNodes: "Health.ServiceNodes"
        case .kvsApply: "KVS.Apply"
        case .kvsGet: "KVS.Get"
        case .kvsList: "KVS.List"
        case .kvsListKeys: "KVS.ListKeys"
        case .coordinateUpdate: "Coordinate.Update"
        case .coordinateListNodes: "Coordinate.ListNodes"
        case .coordinateNode: "Coordinate.Node"
        case .coordinateListDatacenters: "Coordinate.ListDatacenters"
        case .sessionApply: "Session.Apply"
        case .sessionGet: "Session.Get"
        case .sessionList: "Session.List"
        case .sessionNodeSessions: "Session.NodeSessions"
        case .sessionRenew: "Session.Renew"
        case .txnApply: "Txn.Apply"
        case .txnRead: "Txn.Read"
        case .preparedQueryApply: "PreparedQuery.Apply"
        case .preparedQueryGet: "PreparedQuery.Get"
        case .preparedQueryList: "PreparedQuery.List"
        case .preparedQueryExecute: "PreparedQuery.Execute"
        case .preparedQueryExecuteRemote: "PreparedQuery.ExecuteRemote"
        case .preparedQueryExplain: "PreparedQuery.Explain"
        case .operatorRaftConfiguration: "Operator.RaftGetConfiguration"
        case .operatorRemovePeerByAddress: "Operator.RaftRemovePeerByAddress"
        case .operatorRemovePeerByID: "Operator.RaftRemovePeerByID"
        case .operatorAutopilotConfiguration: "Operator.AutopilotGetConfiguration"
        case .operatorSetAutopilot: "Operator.AutopilotSetConfiguration"
        case .operatorServerHealth: "Operator.ServerHealth"
        case .statusRaftStats: "Status.RaftStats"
        case .isthmusSnapshotSave: "Isthmus.SnapshotSave"
        case .isthmusSnapshotRestore: "Isthmus.SnapshotRestore"
        case .internalNodeInfo: "Internal.NodeInfo"
        case .internalNodeDump: "Internal.NodeDump"
        case .internalServiceDump: "Internal.ServiceDump"
        case .internalEventFire: "Internal.EventFire"
        case .internalKeyringOperation: "Internal.KeyringOperation"
        case .isthmusPing: "Isthmus.Ping"
        case .isthmusExplain: "Isthmus.Explain"
        }
    }

    /// The datacenter that must serve the request; nil for requests that name none. Setting it on those is a no-op.
    package var datacenter: String? {
        get {
            switch self {
            case .statusLeader(let body): body.datacenter
            case .statusPeers(let body): body.datacenter
            case .catalogRegister(let body): body.datacenter
            case .catalogDeregister(let body): body.datacenter
            case .catalogListNodes(let body): body.datacenter
            case .catalogListServices(let body): body.datacenter
            case .catalogServiceNodes(let body): body.datacenter
            case .catalogNodeServices(let body): body.datacenter
            case .catalogNodeServiceList(let body): body.datacenter
            case .healthChecksInState(let body): body.datacenter
            case .healthNodeChecks(let body): body.datacenter
            case .healthServiceChecks(let body): body.datacenter
            case .healthServiceNodes(let body): body.datacenter
            case .kvsApply(let body): body.datacenter
            case .kvsGet(let body): body.datacenter
            case .kvsList(let body): body.datacenter
            case .kvsListKeys(let body): body.datacenter
            case .coordinateUpdate(let body): body.datacenter
            case .coordinateListNodes(let body): body.datacenter
            case .coordinateNode(let body): body.datacenter
            case .sessionApply(let body): body.datacenter
            case .sessionGet(let body): body.datacenter
            case .sessionList(let body): body.datacenter
            case .sessionNodeSessions(let body): body.datacenter
            case .sessionRenew(let body): body.datacenter
            case .txnApply(let body): body.datacenter
            case .txnRead(let body): body.datacenter
            case .preparedQueryApply(let body): body.datacenter
            case .preparedQueryGet(let body): body.datacenter
            case .preparedQueryList(let body): body.datacenter
            case .preparedQueryExecute(let body): body.datacenter
            case .preparedQueryExecuteRemote(let body): body.datacenter
            case .preparedQueryExplain(let body): body.datacenter
            case .operatorRaftConfiguration(let body): body.datacenter
            case .operatorRemovePeerByAddress(let body): body.datacenter
            case .operatorRemovePeerByID(let body): body.datacenter
            case .operatorAutopilotConfiguration(let body): body.datacenter
            case .operatorSetAutopilot(let body): body.datacenter
            case .operatorServerHealth(let body): body.datacenter
            case .isthmusSnapshotSave(let body): body.datacenter
            case .isthmusSnapshotRestore(let body): body.datacenter
            case .internalNodeInfo(let body): body.datacenter
            case .internalNodeDump(let body): body.datacenter
            case .internalServiceDump(let body): body.datacenter
            case .internalEventFire(let body): body.datacenter
            case .internalKeyringOperation(let body): body.datacenter
            case .statusPing, .statusRaftStats, .catalogListDatacenters, .coordinateListDatacenters, .isthmusPing,
                .isthmusExplain:
                nil
            }
        }
        set {
            guard let newValue else { return }
            switch self {
            case .statusLeader(var body):
                body.datacenter = newValue
                self = .statusLeader(body)
            case .statusPeers(var body):
                body.datacenter = newValue
                self = .statusPeers(body)
            case .catalogRegister(var body):
                body.datacenter = newValue
                self = .catalogRegister(body)
            case .catalogDeregister(var body):
                body.datacenter = newValue
                self = .catalogDeregister(body)
            case .catalogListNodes(var body):
                body.datacenter = newValue
                self = .catalogListNodes(body)
            case .catalogListServices(var body):
                body.datacenter = newValue
                self = .catalogListServices(body)
            case .catalogServiceNodes(var body):
                body.datacenter = newValue
                self = .catalogServiceNodes(body)
            case .catalogNodeServices(var body):
                body.datacenter = newValue
                self = .catalogNodeServices(body)
            case .catalogNodeServiceList(var body):
                body.datacenter = newValue
                self = .catalogNodeServiceList(body)
            case .healthChecksInState(var body):
                body.datacenter = newValue
                self = .healthChecksInState(body)
            case .healthNodeChecks(var body):
                body.datacenter = newValue
                self = .healthNodeChecks(body)
            case .healthServiceChecks(var body):
                body.datacenter = newValue
                self = .healthServiceChecks(body)
            case .healthServiceNodes(var body):
                body.datacenter = newValue
                self = .healthServiceNodes(body)
            case .kvsApply(var body):
                body.datacenter = newValue
                self = .kvsApply(body)
            case .kvsGet(var body):
                body.datacenter = newValue
                self = .kvsGet(body)
            case .kvsList(var body):
                body.datacenter = newValue
                self = .kvsList(body)
            case .kvsListKeys(var body):
                body.datacenter = newValue
                self = .kvsListKeys(body)
            case .coordinateUpdate(var body):
                body.datacenter = newValue
                self = .coordinateUpdate(body)
            case .coordinateListNodes(var body):
                body.datacenter = newValue
                self = .coordinateListNodes(body)
            case .coordinateNode(var body):
                body.datacenter = newValue
                self = .coordinateNode(body)
            case .sessionApply(var body):
                body.datacenter = newValue
                self = .sessionApply(body)
            case .sessionGet(var body):
                body.datacenter = newValue
                self = .sessionGet(body)
            case .sessionList(var body):
                body.datacenter = newValue
                self = .sessionList(body)
            case .sessionNodeSessions(var body):
                body.datacenter = newValue
                self = .sessionNodeSessions(body)
            case .sessionRenew(var body):
                body.datacenter = newValue
                self = .sessionRenew(body)
            case .txnApply(var body):
                body.datacenter = newValue
                self = .txnApply(body)
            case .txnRead(var body):
                body.datacenter = newValue
                self = .txnRead(body)
            case .preparedQueryApply(var body):
                body.datacenter = newValue
                self = .preparedQueryApply(body)
            case .preparedQueryGet(var body):
                body.datacenter = newValue
                self = .preparedQueryGet(body)
            case .preparedQueryList(var body):
                body.datacenter = newValue
                self = .preparedQueryList(body)
            case .preparedQueryExecute(var body):
                body.datacenter = newValue
                self = .preparedQueryExecute(body)
            case .preparedQueryExecuteRemote(var body):
                body.datacenter = newValue
                self = .preparedQueryExecuteRemote(body)
            case .preparedQueryExplain(var body):
                body.datacenter = newValue
                self = .preparedQueryExplain(body)
            case .operatorRaftConfiguration(var body):
                body.datacenter = newValue
                self = .operatorRaftConfiguration(body)
            case .operatorRemovePeerByAddress(var body):
                body.datacenter = newValue
                self = .operatorRemovePeerByAddress(body)
            case .operatorRemovePeerByID(var body):
                body.datacenter = newValue
                self = .operatorRemovePeerByID(body)
            case .operatorAutopilotConfiguration(var body):
                body.datacenter = newValue
                self = .operatorAutopilotConfiguration(body)
            case .operatorSetAutopilot(var body):
                body.datacenter = newValue
                self = .operatorSetAutopilot(body)
            case .operatorServerHealth(var body):
                body.datacenter = newValue
                self = .operatorServerHealth(body)
            case .isthmusSnapshotSave(var body):
                body.datacenter = newValue
                self = .isthmusSnapshotSave(body)
            case .isthmusSnapshotRestore(var body):
                body.datacenter = newValue
                self = .isthmusSnapshotRestore(body)
            case .internalNodeInfo(var body):
                body.datacenter = newValue
                self = .internalNodeInfo(body)
            case .internalNodeDump(var body):
                body.datacenter = newValue
                self = .internalNodeDump(body)
            case .internalServiceDump(var body):
                body.datacenter = newValue
                self = .internalServiceDump(body)
            case .internalEventFire(var body):
                body.datacenter = newValue
                self = .internalEventFire(body)
            case .internalKeyringOperation(var body):
                body.datacenter = newValue
                self = .internalKeyringOperation(body)
            case .statusPing, .statusRaftStats, .catalogListDatacenters, .coordinateListDatacenters, .isthmusPing,
                .isthmusExplain:
                break
            }
        }
    }

    /// Read options; nil for writes and for requests without any. Setting it on those is a no-op.
    package var options: QueryOptions? {
        get {
            switch self {
            case .statusLeader(let body): body.options
            case .statusPeers(let body): body.options
            case .catalogListDatacenters(let body): body.options
            case .catalogListNodes(let body): body.options
            case .catalogListServices(let body): body.options
            case .catalogServiceNodes(let body): body.options
            case .catalogNodeServices(let body): body.options
            case .catalogNodeServiceList(let body): body.options
            case .healthChecksInState(let body): body.options
            case .healthNodeChecks(let body): body.options
            case .healthServiceChecks(let body): body.options
            case .healthServiceNodes(let body): body.options
            case .kvsGet(let body): body.options
            case .kvsList(let body): body.options
            case .kvsListKeys(let body): body.options
            case .coordinateListNodes(let body): body.options
            case .coordinateNode(let body): body.options
            case .sessionGet(let body): body.options
            case .sessionList(let body): body.options
            case .sessionNodeSessions(let body): body.options
            case .sessionRenew(let body): body.options
            case .txnRead(let body): body.options
            case .preparedQueryGet(let body): body.options
            case .preparedQueryList(let body): body.options
            case .preparedQueryExecute(let body): body.options
            case .preparedQueryExecuteRemote(let body): body.options
            case .preparedQueryExplain(let body): body.options
            case .operatorRaftConfiguration(let body): body.options
            case .operatorAutopilotConfiguration(let body): body.options
            case .operatorServerHealth(let body): body.options
            case .isthmusSnapshotSave(let body): body.options
            case .internalNodeInfo(let body): body.options
            case .internalNodeDump(let body): body.options
            case .internalServiceDump(let body): body.options
            case .internalEventFire(let body): body.options
            case .internalKeyringOperation(let body): body.options
            case .statusPing, .statusRaftStats, .catalogRegister, .catalogDeregister, .kvsApply, .coordinateUpdate,
                .isthmusSnapshotRestore,
                .sessionApply, .txnApply, .preparedQueryApply, .operatorRemovePeerByAddress, .operatorRemovePeerByID,
                .operatorSetAutopilot,
                .coordinateListDatacenters, .isthmusPing, .isthmusExplain:
                nil
            }
        }
        set {
            guard let newValue else { return }
            switch self {
            case .statusLeader(var body):
                body.options = newValue
                self = .statusLeader(body)
            case .statusPeers(var body):
                body.options = newValue
                self = .statusPeers(body)
            case .catalogListDatacenters(var body):
                body.options = newValue
                self = .catalogListDatacenters(body)
            case .catalogListNodes(var body):
                body.options = newValue
                self = .catalogListNodes(body)
            case .catalogListServices(var body):
                body.options = newValue
                self = .catalogListServices(body)
            case .catalogServiceNodes(var body):
                body.options = newValue
                self = .catalogServiceNodes(body)
            case .catalogNodeServices(var body):
                body.options = newValue
                self = .catalogNodeServices(body)
            case .catalogNodeServiceList(var body):
                body.options = newValue
                self = .catalogNodeServiceList(body)
            case .healthChecksInState(var body):
                body.options = newValue
                self = .healthChecksInState(body)
            case .healthNodeChecks(var body):
                body.options = newValue
                self = .healthNodeChecks(body)
            case .healthServiceChecks(var body):
                body.options = newValue
                self = .healthServiceChecks(body)
            case .healthServiceNodes(var body):
                body.options = newValue
                self = .healthServiceNodes(body)
            case .kvsGet(var body):
                body.options = newValue
                self = .kvsGet(body)
            case .kvsList(var body):
                body.options = newValue
                self = .kvsList(body)
            case .kvsListKeys(var body):
                body.options = newValue
                self = .kvsListKeys(body)
            case .coordinateListNodes(var body):
                body.options = newValue
                self = .coordinateListNodes(body)
            case .coordinateNode(var body):
                body.options = newValue
                self = .coordinateNode(body)
            case .sessionGet(var body):
                body.options = newValue
                self = .sessionGet(body)
            case .sessionList(var body):
                body.options = newValue
                self = .sessionList(body)
            case .sessionNodeSessions(var body):
                body.options = newValue
                self = .sessionNodeSessions(body)
            case .sessionRenew(var body):
                body.options = newValue
                self = .sessionRenew(body)
            case .txnRead(var body):
                body.options = newValue
                self = .txnRead(body)
            case .preparedQueryGet(var body):
                body.options = newValue
                self = .preparedQueryGet(body)
            case .preparedQueryList(var body):
                body.options = newValue
                self = .preparedQueryList(body)
            case .preparedQueryExecute(var body):
                body.options = newValue
                self = .preparedQueryExecute(body)
            case .preparedQueryExecuteRemote(var body):
                body.options = newValue
                self = .preparedQueryExecuteRemote(body)
            case .preparedQueryExplain(var body):
                body.options = newValue
                self = .preparedQueryExplain(body)
            case .operatorRaftConfiguration(var body):
                body.options = newValue
                self = .operatorRaftConfiguration(body)
            case .operatorAutopilotConfiguration(var body):
                body.options = newValue
                self = .operatorAutopilotConfiguration(body)
            case .operatorServerHealth(var body):
                body.options = newValue
                self = .operatorServerHealth(body)
            case .isthmusSnapshotSave(var body):
                body.options = newValue
                self = .isthmusSnapshotSave(body)
            case .internalNodeInfo(var body):
                body.options = newValue
                self = .internalNodeInfo(body)
            case .internalNodeDump(var body):
                body.options = newValue
                self = .internalNodeDump(body)
            case .internalServiceDump(var body):
                body.options = newValue
                self = .internalServiceDump(body)
            case .internalEventFire(var body):
                body.options = newValue
                self = .internalEventFire(body)
            case .internalKeyringOperation(var body):
                body.options = newValue
                self = .internalKeyringOperation(body)
            case .statusPing, .statusRaftStats, .catalogRegister, .catalogDeregister, .kvsApply, .coordinateUpdate,
                .isthmusSnapshotRestore,
                .sessionApply, .txnApply, .preparedQueryApply, .operatorRemovePeerByAddress, .operatorRemovePeerByID,
                .operatorSetAutopilot,
                .coordinateListDatacenters, .isthmusPing, .isthmusExplain:
                break
            }
        }
    }
}
