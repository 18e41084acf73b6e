import Determinism
package import FederationModel
import RadixTree

extension Catalog {
    /// Answers a read from this state. The result index follows the narrowest of Consul's rules: of the key, the
    /// prefix, the service or the node, else of the table; never 0. The watch is touched whenever the answer could
    /// change.
    /// - Parameter datacenter: the own name, for rows whose registration did not say it.
    ///
    /// Empty lists are nil, as Consul writes them; the maps of `ListServices` and `NodeServices` are not.
    /// - Returns: nil when the request is none of `Request.Kind.read`.
    package func answer(
        _ request: Request, datacenter: String
    ) -> (response: Response, index: UInt64, watch: WatchKey)? {
        var (response, index, watch): (Response, UInt64, WatchKey)
        switch request {
        case .kvsGet(let body): (response, index, watch) = get(body.key)
        case .kvsList(let body): (response, index, watch) = list(body.key)
        case .kvsListKeys(let body): (response, index, watch) = listKeys(body.prefix, separator: body.seperator)
        case .catalogListNodes(let body): (response, index, watch) = listNodes(body, datacenter)
        case .catalogListServices(let body): (response, index, watch) = listServices(body)
        case .catalogServiceNodes(let body): (response, index, watch) = serviceNodes(body, datacenter)
        case .catalogNodeServices(let body): (response, index, watch) = nodeServices(body, datacenter)
        case .catalogNodeServiceList(let body): (response, index, watch) = nodeServiceList(body, datacenter)
        case .healthChecksInState(let body): (response, index, watch) = checksInState(body, datacenter)
        case .healthNodeChecks(let body): (response, index, watch) = nodeChecks(body)
        case .healthServiceChecks(let body): (response, index, watch) = serviceChecks(body, datacenter)
        case .healthServiceNodes(let body): (response, index, watch) = health(body, datacenter)
        case .internalNodeInfo(let body): (response, index, watch) = nodeInfo(body)
        case .internalNodeDump: (response, index, watch) = nodeDump()
        case .internalServiceDump(let body): (response, index, watch) = serviceDump(body, datacenter)
        case .coordinateListNodes:
            response = .coordinates(IndexedCoordinates(coordinates: coordinates.values().orNil))
            (index, watch) = (indexes.coordinates, .coordinates)
        case .coordinateNode(let body):
            let found = coordinates.values(under: Fold.joined(Fold.folded(body.node)))
            response = .coordinates(IndexedCoordinates(coordinates: found.orNil))
            (index, watch) = (indexes.coordinates, .coordinates)
        case .sessionGet(let body): (response, index, watch) = getSession(body)
        case .sessionList: (response, index, watch) = listSessions()
        case .sessionNodeSessions(let body): (response, index, watch) = nodeSessions(body)
        case .preparedQueryGet(let body): (response, index, watch) = getQuery(body)
        case .preparedQueryList: (response, index, watch) = listQueries()
        case .txnRead(let body): return readTransaction(body)
        case .operatorAutopilotConfiguration: return (.autopilot(autopilotConfiguration), 0, .never)
        case .statusPing, .statusLeader, .statusPeers, .statusRaftStats, .catalogRegister, .catalogDeregister,
            .catalogListDatacenters, .kvsApply, .sessionApply, .sessionRenew, .txnApply, .preparedQueryApply,
            .preparedQueryExecute, .preparedQueryExecuteRemote, .preparedQueryExplain, .coordinateUpdate,
            .coordinateListDatacenters, .operatorRaftConfiguration, .operatorRemovePeerByAddress,
            .operatorRemovePeerByID, .operatorSetAutopilot, .operatorServerHealth, .internalEventFire,
            .internalKeyringOperation, .isthmusPing, .isthmusExplain, .isthmusSnapshotSave, .isthmusSnapshotRestore:
            return nil
        }
        index = max(1, index)
        response.setIndex(index)
        return (response, index, watch)
    }

    /// Why a read cannot be answered, in Consul's words where it has them; nil when it can. To be asked before
    /// `answer`, which treats such a request as one for something that does not exist.
    package static func refusal(of request: Request) -> FederationError? {
        if case .catalogNodeServices(let body) = request, body.node.isEmpty { return .remote("Must provide node") }
        if case .catalogNodeServiceList(let body) = request, body.node.isEmpty { return .remote("Must provide node") }
        if case .catalogServiceNodes(let body) = request, body.serviceName.isEmpty, body.serviceAddress.isEmpty {
            return .remote("Must provide service name")
        }
        if case .healthServiceNodes(let body) = request, body.serviceName.isEmpty {
            return .remote("Must provide service name")
        }
        if case .sessionGet(let body) = request {
            let id = body.sessionID.isEmpty ? body.session : body.sessionID
            return SessionKey.problem(id).map { .remote($0) }
        }
        if case .preparedQueryGet(let body) = request { return queryProblem(body.queryID).map { .remote($0) } }
        return nil
    }

    // MARK: Keys

    private func get(_ key: ByteString) -> (Response, UInt64, WatchKey) {
        let entry = keys.get(key)
        let index = entry?.raftIndex.modifyIndex ?? keys.maxIndex
        return (.dirEntries(IndexedDirEntries(entries: entry.map { [$0] })), index, .key(key))
    }

    private func list(_ prefix: ByteString) -> (Response, UInt64, WatchKey) {
        let entries = keys.values(under: prefix)
        let answer = IndexedDirEntries(entries: entries.orNil)
        if Mutant.prefixWatchMissesDelete.isOn {
            return (.dirEntries(answer), entries.map(\.raftIndex.modifyIndex).max() ?? 1, .prefix(prefix))
        }
        return (.dirEntries(answer), keys.maxIndex(under: prefix) ?? keys.maxIndex, .prefix(prefix))
    }

    private func listKeys(_ prefix: ByteString, separator: ByteString) -> (Response, UInt64, WatchKey) {
        let found = keys.firstKeys(under: prefix, separator: separator)
        let answer = IndexedKeyList(keys: found.orNil)
        return (.keyList(answer), keys.maxIndex(under: prefix) ?? keys.maxIndex, .prefix(prefix))
    }

    // MARK: Nodes

    private func listNodes(_ request: DCSpecificRequest, _ datacenter: String) -> (Response, UInt64, WatchKey) {
        var found: [Node] = []
        found.reserveCapacity(nodes.count)
        nodes.forEachValue { row in
            if Self.matches(row, request.nodeMetaFilters) { found.append(Self.node(row, datacenter)) }
        }
        sort(&found, near: request.source, datacenter) { $0.node }
        return (.nodes(IndexedNodes(nodes: found.orNil)), indexes.nodes, .nodes)
    }

    private func nodeServices(_ request: NodeSpecificRequest, _ datacenter: String) -> (Response, UInt64, WatchKey) {
        let key = self.key(ofNode: request.node)
        guard let row = nodes.get(key) else {
            let missing = IndexedNodeServices(nodeServices: nil)
            return (.nodeServices(missing), max(indexes.nodes, indexes.services), .node(key))
        }
        var services: [String: NodeService] = [:]
        row.services.forEachValue { services[$0.record.id] = $0.record }
        let answer = NodeServices(node: Self.node(row, datacenter), services: services)
        return (.nodeServices(IndexedNodeServices(nodeServices: answer)), row.index, .node(key))
    }

    private func nodeServiceList(
        _ request: NodeSpecificRequest, _ datacenter: String
    ) -> (Response, UInt64, WatchKey) {
        let key = self.key(ofNode: request.node)
        guard let row = nodes.get(key) else {
            let missing = IndexedNodeServiceList(nodeServices: NodeServiceList())
            return (.nodeServiceList(missing), max(indexes.nodes, indexes.services), .node(key))
        }
        let services = row.services.values().map(\.record)
        let answer = NodeServiceList(
            node: Self.node(row, datacenter), services: services.orNil)
        return (.nodeServiceList(IndexedNodeServiceList(nodeServices: answer)), row.index, .node(key))
    }

    // MARK: Services

    private func listServices(_ request: DCSpecificRequest) -> (Response, UInt64, WatchKey) {
        var names: [String: [String]] = [:]
        if request.nodeMetaFilters?.isEmpty ?? true {
            names.reserveCapacity(services.count)
            services.forEachValue { row in
                for spelling in row.spellings { names[spelling.name] = spelling.tags.map(\.tag) }
            }
            return (.services(IndexedServices(services: names)), indexes.services, .services)
        }
        var tags: [String: Set<String>] = [:]
        nodes.forEachValue { row in
            guard Self.matches(row, request.nodeMetaFilters) else { return }
            row.services.forEachValue { tags[$0.record.service, default: []].formUnion($0.record.tags ?? []) }
        }
        for (name, found) in tags { names[name] = found.sorted { $0.precedesInBytes($1) } }
        let index = max(indexes.nodes, indexes.services)
        return (.services(IndexedServices(services: names)), index, .nodesAndServices)
    }

    /// A service that does not exist has the index of the last extinction of any; before one, of the tables.
    private func serviceIndex(_ row: ServiceRow?, otherwise tables: UInt64) -> UInt64 {
        row?.index ?? (indexes.extinction > 0 ? indexes.extinction : tables)
    }

    /// Instances of a service that pass the filters of the request, with the rows of their nodes.
    func forEachInstance(
        _ request: ServiceSpecificRequest, _ row: ServiceRow?, _ body: (NodeRow, NodeService) -> Void
    ) {
        guard let row else { return }
        row.instances.forEachValue { instance in
            guard let node = nodes.get(instance.node) else { return }
            let service = instance.service.record
            guard Self.matches(node, request.nodeMetaFilters), Self.matches(service, request) else { return }
            body(node, service)
        }
    }

    private func serviceNodes(
        _ request: ServiceSpecificRequest, _ datacenter: String
    ) -> (Response, UInt64, WatchKey) {
        if !request.serviceAddress.isEmpty { return serviceNodes(at: request.serviceAddress, datacenter) }
        if request.connect { return meshNodes(request, datacenter) }
        let name = Fold.folded(request.serviceName)
        let row = request.ingress ? nil : services.get(name)
        var found: [ServiceNode] = []
        forEachInstance(request, row) { node, service in
            found.append(ServiceNode(service, on: Self.node(node, datacenter)))
        }
        sort(&found, near: request.source, datacenter) { $0.node }
        let index = serviceIndex(row, otherwise: max(indexes.nodes, indexes.services))
        return (.serviceNodes(IndexedServiceNodes(serviceNodes: found.orNil)), index, .service(name))
    }

    /// Instances of any service registered with this address of their own: what a reverse lookup asks. O(instances).
    private func serviceNodes(at address: String, _ datacenter: String) -> (Response, UInt64, WatchKey) {
        var found: [ServiceNode] = []
        services.forEachValue { row in
            row.instances.forEachValue { instance in
                guard instance.service.record.address == address, let node = nodes.get(instance.node) else { return }
                found.append(ServiceNode(instance.service.record, on: Self.node(node, datacenter)))
            }
        }
        let index = max(indexes.nodes, indexes.services)
        return (.serviceNodes(IndexedServiceNodes(serviceNodes: found.orNil)), index, .nodesAndServices)
    }

    private func health(_ request: ServiceSpecificRequest, _ datacenter: String) -> (Response, UInt64, WatchKey) {
        if request.connect { return meshHealth(request, datacenter) }
        let name = Fold.folded(request.serviceName)
        let row = request.ingress ? nil : services.get(name)
        var found: [CheckServiceNode] = []
        forEachInstance(request, row) { node, service in
            found.append(Self.instance(service, on: node, datacenter))
        }
        sort(&found, near: request.source, datacenter) { $0.node?.node ?? "" }
        let index = serviceIndex(row, otherwise: max(indexes.nodes, indexes.services, indexes.checks))
        return (.checkServiceNodes(IndexedCheckServiceNodes(nodes: found.orNil)), index, .service(name))
    }

    /// An instance with the checks of its node and its own.
    static func instance(_ service: NodeService, on node: NodeRow, _ datacenter: String) -> CheckServiceNode {
        var checks: [HealthCheck] = []
        node.checksByOwner.forEachValue(under: NodeRow.nodeLevel) { checks.append($0.record) }
        let owner = Fold.joined(Fold.folded(service.id))
        node.checksByOwner.forEachValue(under: owner) { checks.append($0.record) }
        return CheckServiceNode(node: Self.node(node, datacenter), service: service, checks: checks.orNil)
    }

    // MARK: Checks

    private func checksInState(
        _ request: ChecksInStateRequest, _ datacenter: String
    ) -> (Response, UInt64, WatchKey) {
        let isAny = request.state == "any"
        let state = ByteString(request.state)
        var found: [HealthCheck] = []
        if isAny {
            nodes.forEachValue { row in
                guard Self.matches(row, request.nodeMetaFilters) else { return }
                row.checks.forEachValue { found.append($0.record) }
            }
        } else {
            checksByState.forEachValue(under: Fold.joined(state)) {
                if matches($0.record, request.nodeMetaFilters) { found.append($0.record) }
            }
        }
        sort(&found, near: request.source, datacenter) { $0.node }
        let answer = Response.healthChecks(IndexedHealthChecks(healthChecks: found.orNil))
        if !(request.nodeMetaFilters?.isEmpty ?? true) {
            return (answer, max(indexes.nodes, indexes.checks), .nodesAndChecks)
        }
        if isAny { return (answer, indexes.checks, .checks(state: nil)) }
        let index = checksByState.maxIndex(under: Fold.joined(state)) ?? indexes.checks
        return (answer, index, .checks(state: state))
    }

    private func nodeChecks(_ request: NodeSpecificRequest) -> (Response, UInt64, WatchKey) {
        let key = Fold.folded(request.node)
        let row = nodes.get(key)
        let found = row?.checks.values().map(\.record) ?? []
        let index = row?.checksIndex ?? max(indexes.nodes, indexes.checks)
        return (.healthChecks(IndexedHealthChecks(healthChecks: found.orNil)), index, .nodeChecks(key))
    }

    private func serviceChecks(
        _ request: ServiceSpecificRequest, _ datacenter: String
    ) -> (Response, UInt64, WatchKey) {
        let name = Fold.folded(request.serviceName)
        var found: [HealthCheck] = []
        checksByService.forEachValue(under: Fold.joined(name)) {
            if matches($0.record, request.nodeMetaFilters) { found.append($0.record) }
        }
        sort(&found, near: request.source, datacenter) { $0.node }
        let answer = Response.healthChecks(IndexedHealthChecks(healthChecks: found.orNil))
        if !(request.nodeMetaFilters?.isEmpty ?? true) {
            return (answer, max(indexes.nodes, indexes.checks), .nodesAndChecks)
        }
        return (answer, checksByService.maxIndex(under: Fold.joined(name)) ?? indexes.checks, .serviceChecks(name))
    }
}

extension Response {
    /// Writes the result index where the answer carries metadata, in place.
    fileprivate mutating func setIndex(_ index: UInt64) {
        guard var meta else { return }
        meta.index = index
        self.meta = meta
    }
}

extension Array {
    var orNil: [Element]? { isEmpty ? nil : self }
}
