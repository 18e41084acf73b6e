package import FederationModel

extension Command {
    /// A write request as the leader proposes it: checked, defaults filled in, the caller's token left out.
    /// - Returns: nil when the request is no write.
    /// - Throws: `.remote` with Consul's text, which its API shows with status 500.
    package init?(preparing request: Request, _ preparation: Preparation = Preparation()) throws(FederationError) {
        switch request {
        case .catalogRegister(let body): self = .register(try Self.prepared(body))
        case .catalogDeregister(var body):
            if body.node.isEmpty { throw .remote("Must provide node") }
            body.write = WriteRequest()
            self = .deregister(body)
        case .kvsApply(var body):
            guard let operation = KeyOperation(rawValue: body.op) else {
                throw .remote(KeyOperation.unknown(body.op))
            }
            if body.dirEnt.key.isEmpty, operation != .deleteTree { throw .remote("Must provide key") }
            body.write = WriteRequest()
            self = .kvs(body)
        case .coordinateUpdate(let body):
            guard let coordinate = body.coord, coordinate.vec?.count == SerfCoordinate.dimensions else {
                throw .remote("incompatible coordinate")
            }
            if !coordinate.isFinite { throw .remote("invalid coordinate") }
            self = .coordinateBatch([Coordinate(node: body.node, segment: body.segment, coord: coordinate)])
        case .sessionApply(let body): self = try preparation.prepared(body)
        case .preparedQueryApply(let body): self = try preparation.prepared(body)
        case .txnApply(let body): self = .txn(body.ops ?? [])
        case .operatorSetAutopilot(var body):
            body.write = WriteRequest()
            self = .autopilot(body)
        case .statusPing, .statusLeader, .statusPeers, .statusRaftStats, .catalogListDatacenters, .catalogListNodes,
            .catalogListServices, .catalogServiceNodes, .catalogNodeServices, .catalogNodeServiceList,
            .healthChecksInState, .healthNodeChecks, .healthServiceChecks, .healthServiceNodes, .kvsGet, .kvsList,
            .kvsListKeys, .sessionGet, .sessionList, .sessionNodeSessions, .sessionRenew, .txnRead, .preparedQueryGet,
            .preparedQueryList, .preparedQueryExecute, .preparedQueryExecuteRemote, .preparedQueryExplain,
            .coordinateListNodes, .coordinateNode, .coordinateListDatacenters, .operatorRaftConfiguration,
            .operatorRemovePeerByAddress, .operatorRemovePeerByID, .operatorAutopilotConfiguration,
            .operatorServerHealth, .internalNodeInfo, .internalNodeDump, .internalServiceDump, .internalEventFire,
            .internalKeyringOperation, .isthmusPing, .isthmusExplain, .isthmusSnapshotSave,
            .isthmusSnapshotRestore:
            return nil
        }
    }

    private static func prepared(_ request: RegisterRequest) throws(FederationError) -> RegisterRequest {
        var request = request
        if request.node.isEmpty { throw .remote("Must provide node") }
        if request.address.isEmpty, !request.skipNodeUpdate {
            throw .remote("Must provide address if SkipNodeUpdate is not set")
        }
        if !request.id.isEmpty, let problem = uuidProblem(request.id) {
            throw .remote("Bad node ID: \(problem)")
        }
        if var service = request.service {
            if service.id.isEmpty {
                service.id = service.service
            } else if service.service.isEmpty {
                throw .remote("Must provide service name with ID")
            }
            if ["0.0.0.0", "::", "[::]"].contains(service.address) { throw .remote("Invalid service address") }
            if let problem = proxyProblem(service) { throw .remote(problem) }
            request.service = service
        }
        var checks = request.checks ?? []
        if let check = request.check {
            checks.append(check)
            request.check = nil
        }
        for position in checks.indices {
            if checks[position].checkID.isEmpty { checks[position].checkID = checks[position].name }
            if checks[position].node.isEmpty { checks[position].node = request.node }
            if checks[position].type.isEmpty { checks[position].type = checks[position].definition.typeName }
        }
        request.checks = checks.isEmpty ? nil : checks
        request.write = WriteRequest()
        return request
    }

    static func uuidProblem(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        if bytes.count != 36 { return "uuid string is wrong length" }
        for (position, byte) in bytes.enumerated() {
            let isHyphen = [8, 13, 18, 23].contains(position)
            if isHyphen != (byte == UInt8(ascii: "-")) { return "uuid is improperly formatted" }
            if !isHyphen, Character(UnicodeScalar(byte)).hexDigitValue == nil { return "uuid is improperly formatted" }
        }
        return nil
    }

    static func proxyProblem(_ service: NodeService) -> String? {
        guard service.kind == "connect-proxy" else { return nil }
        var problems: [String] = []
        if service.proxy.destinationServiceName.isEmpty {
            problems.append("Proxy.DestinationServiceName must be non-empty for Connect proxy services")
        }
        if service.port == 0 { problems.append("Port must be set for a Connect proxy") }
        if problems.isEmpty { return nil }
        let heading = problems.count == 1 ? "1 error" : "\(problems.count) errors"
        return "\(heading) occurred:\n" + problems.map { "\t* \($0)\n" }.joined() + "\n"
    }
}

extension HealthCheckDefinition {
    /// What kind of check a definition makes; empty for none.
    fileprivate var typeName: String {
        if !grpc.isEmpty, interval > .zero { return "grpc" }
        if !http.isEmpty, interval > .zero { return "http" }
        if ttl > .zero { return "ttl" }
        if !tcp.isEmpty, interval > .zero { return "tcp" }
        if !aliasNode.isEmpty || !aliasService.isEmpty { return "alias" }
        if !dockerContainerID.isEmpty, interval > .zero { return "docker" }
        return !(scriptArgs ?? []).isEmpty && interval > .zero ? "script" : ""
    }
}

/// The verbs of `KVS.Apply` (`wire/consul-rpc.md` 3.7).
enum KeyOperation: String {
    case set, cas, delete, lock, unlock
    case deleteCAS = "delete-cas"
    case deleteTree = "delete-tree"

    static func unknown(_ verb: String) -> String { "Invalid KVS operation '\(verb)'" }
}
