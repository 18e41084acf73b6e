/// The answer to a `Request`; behind a pointer as that is.
package indirect enum Response: Equatable, Sendable {
    case empty
    case string(String)
    case strings([String])
    case bool(Bool)
    case nodes(IndexedNodes)
    case services(IndexedServices)
    case serviceNodes(IndexedServiceNodes)
    case nodeServices(IndexedNodeServices)
    case nodeServiceList(IndexedNodeServiceList)
    case healthChecks(IndexedHealthChecks)
    case checkServiceNodes(IndexedCheckServiceNodes)
    case nodeDump(IndexedNodeDump)
    case dirEntries(IndexedDirEntries)
    case keyList(IndexedKeyList)
    case coordinates(IndexedCoordinates)
    case datacenterMaps([DatacenterMap])
    case sessions(IndexedSessions)
    case txn(TxnResponse)
    case txnRead(TxnReadResponse)
    case queries(IndexedPreparedQueries)
    case queryResult(PreparedQueryExecuteResponse)
    case queryExplanation(PreparedQueryExplainResponse)
    case raftConfiguration(RaftConfigurationResponse)
    case autopilot(AutopilotConfiguration)
    case serverHealth(OperatorHealthReply)
    case serverStats(ServerStats)
    case snapshot(SnapshotReply)
    case eventFired(EventFireResponse)
    case keyring(KeyringResponses)
    case isthmusPong(Pong)
    case routeExplanation(RouteExplanation)
}

extension Response {
    /// Result metadata; nil for answers without any. Setting it on those is a no-op.
    package var meta: QueryMeta? {
        get {
            switch self {
            case .nodes(let body): body.meta
            case .services(let body): body.meta
            case .serviceNodes(let body): body.meta
            case .nodeServices(let body): body.meta
            case .nodeServiceList(let body): body.meta
            case .healthChecks(let body): body.meta
            case .checkServiceNodes(let body): body.meta
            case .nodeDump(let body): body.meta
            case .dirEntries(let body): body.meta
            case .keyList(let body): body.meta
            case .coordinates(let body): body.meta
            case .sessions(let body): body.meta
            case .txnRead(let body): body.meta
            case .queries(let body): body.meta
            case .queryResult(let body): body.meta
            case .queryExplanation(let body): body.meta
            case .snapshot(let body): body.meta
            case .eventFired(let body): body.meta
            case .keyring(let body): body.meta
            case .empty, .string, .strings, .bool, .datacenterMaps, .isthmusPong, .routeExplanation,
                .txn, .raftConfiguration, .autopilot, .serverHealth, .serverStats:
                nil
            }
        }
        set {
            guard let newValue else { return }
            switch self {
            case .nodes(var body):
                body.meta = newValue
                self = .nodes(body)
            case .services(var body):
                body.meta = newValue
                self = .services(body)
            case .serviceNodes(var body):
                body.meta = newValue
                self = .serviceNodes(body)
            case .nodeServices(var body):
                body.meta = newValue
                self = .nodeServices(body)
            case .nodeServiceList(var body):
                body.meta = newValue
                self = .nodeServiceList(body)
            case .healthChecks(var body):
                body.meta = newValue
                self = .healthChecks(body)
            case .checkServiceNodes(var body):
                body.meta = newValue
                self = .checkServiceNodes(body)
            case .nodeDump(var body):
                body.meta = newValue
                self = .nodeDump(body)
            case .dirEntries(var body):
                body.meta = newValue
                self = .dirEntries(body)
            case .keyList(var body):
                body.meta = newValue
                self = .keyList(body)
            case .coordinates(var body):
                body.meta = newValue
                self = .coordinates(body)
            case .sessions(var body):
                body.meta = newValue
                self = .sessions(body)
            case .txnRead(var body):
                body.meta = newValue
                self = .txnRead(body)
            case .queries(var body):
                body.meta = newValue
                self = .queries(body)
            case .queryResult(var body):
                body.meta = newValue
                self = .queryResult(body)
            case .queryExplanation(var body):
                body.meta = newValue
                self = .queryExplanation(body)
            case .snapshot(var body):
                body.meta = newValue
                self = .snapshot(body)
            case .eventFired(var body):
                body.meta = newValue
                self = .eventFired(body)
            case .keyring(var body):
                body.meta = newValue
                self = .keyring(body)
            case .empty, .string, .strings, .bool, .datacenterMaps, .isthmusPong, .routeExplanation,
                .txn, .raftConfiguration, .autopilot, .serverHealth, .serverStats:
                break
            }
        }
    }
}

extension Response {
    /// Whether it has rows that `sharesRows` can compare.
    package var hasSharedRows: Bool { sharesRows(with: self) }

    /// Whether both have the same rows because they share the memory of them: told without a look at one of them.
    /// False says nothing.
    package func sharesRows(with other: Response) -> Bool {
        switch (self, other) {
        case (.checkServiceNodes(let own), .checkServiceNodes(let other)): Self.areOne(own.nodes, other.nodes)
        case (.serviceNodes(let own), .serviceNodes(let other)): Self.areOne(own.serviceNodes, other.serviceNodes)
        case (.nodes(let own), .nodes(let other)): Self.areOne(own.nodes, other.nodes)
        case (.dirEntries(let own), .dirEntries(let other)): Self.areOne(own.entries, other.entries)
        default: false
        }
    }

    /// Memory that both hold cannot be that of another array, and is not written while both hold it.
    private static func areOne<Row>(_ own: [Row]?, _ other: [Row]?) -> Bool {
        guard let own, let other, own.count == other.count, !own.isEmpty else { return false }
        return own.withUnsafeBufferPointer { own in
            other.withUnsafeBufferPointer { $0.baseAddress == own.baseAddress }
        }
    }
}
