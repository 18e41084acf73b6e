import Determinism
import FederationModel

/// What this agent itself has registered: its services and checks, and how far the catalog knows of them.
struct LocalState: Sendable {
    struct Service: Sendable {
        var definition: ServiceDefinition
        /// Given in a configuration file: not saved, and gone when the file no longer has it.
        var isConfigured: Bool
        var isInSync = false
    }

    struct Check: Sendable {
        private let shared: Shared<CheckDefinition>
        var isConfigured: Bool
        var status: CheckStatus
        var output = ""
        var isInSync = false
        /// When an output that alone has changed is written.
        var outputDue: Instant?

        var definition: CheckDefinition { shared.record }

        init(_ definition: CheckDefinition, isConfigured: Bool, status: CheckStatus, output: String) {
            shared = Shared(definition)
            self.isConfigured = isConfigured
            self.status = status
            self.output = output
        }
    }

    /// Retries of a failed write, growing to the maximum: a datacenter without quorum is not flooded.
    static let firstRetry: Duration = .milliseconds(200)
    static let maxRetry: Duration = .seconds(15)
    /// Registrations under way at once.
    static let maxInFlightCount = 16
    /// Checks that one write carries with their service: with outputs of 4 KiB each about a megabyte.
    static let maxCarriedCount = 256

    let node: String
    private(set) var services: [String: Service] = [:]
    private(set) var checks: [String: Check] = [:]
    /// The checks of each service: none is looked for among thousands.
    private var checksByService: [String: Set<String>] = [:]
    /// In the catalog and not here: to be removed there. Checks with their service, with which they go.
    private(set) var strayServices: Set<String> = []
    private(set) var strayChecks: [String: String] = [:]
    var isNodeInSync = false
    var inFlight: Set<OwnTask> = []
    var nextFullSync: Instant
    /// When out-of-sync entries are written next.
    var nextPush: Instant
    var retryPause = LocalState.firstRetry
    /// When the network coordinate is looked at next, and what was last sent of it.
    var nextCoordinate: Instant
    /// When targets of alias checks on other nodes are looked at next.
    var nextAliasLook = Instant.distantFuture
    var sentCoordinate: SerfCoordinate?
    /// The first `outputDue` of any check.
    private var nextOutput = Instant.distantFuture
    /// Counts changes of services.
    private(set) var generation: UInt64 = 0
    private var memberCount = 1

    init(node: String, at now: Instant) {
        self.node = node
        nextFullSync = now
        nextPush = .distantFuture
        nextCoordinate = now
    }

    var nextDeadline: Instant { min(nextFullSync, nextPush, nextCoordinate, nextAliasLook, nextOutput) }

    /// Consul's scale: one minute up to 128 members, one more minute for each doubling.
    var fullSyncInterval: Duration {
        var interval = Duration.seconds(60)
        var count = memberCount
        while count > 128 {
            interval += .seconds(60)
            count /= 2
        }
        return interval
    }

    /// Consul's scale: every 15 s, and from 960 members on so that the pool sends 64 a second.
    var coordinateInterval: Duration { max(.seconds(15), .seconds(1) * memberCount / 64) }

    /// A pool that was just joined may know servers now: compare soon.
    mutating func poolChanged(memberCount: Int, at now: Instant) {
        let isFirst = self.memberCount <= 1 && memberCount > 1
        self.memberCount = memberCount
        if isFirst { nextFullSync = min(nextFullSync, now + .milliseconds(50)) }
    }

    // MARK: Registrations

    mutating func add(_ service: ServiceDefinition, isConfigured: Bool, at now: Instant) {
        let key = service.id
        services[key] = Service(definition: service, isConfigured: isConfigured)
        generation += 1
        strayServices.remove(key)
        nextPush = now
    }

    mutating func removeService(_ id: String, at now: Instant) -> Service? {
        guard let service = services.removeValue(forKey: id) else { return nil }
        strayServices.insert(id)
        generation += 1
        nextPush = now
        return service
    }

    mutating func add(_ check: CheckDefinition, status: CheckStatus, isConfigured: Bool, at now: Instant) {
        let old = checks[check.id]
        if let old { unlink(old) }
        checksByService[check.serviceID, default: []].insert(check.id)
        checks[check.id] = Check(check, isConfigured: isConfigured, status: status, output: old?.output ?? "")
        strayChecks[check.id] = nil
        nextPush = now
    }

    mutating func removeCheck(_ id: String, at now: Instant) -> Check? {
        guard let check = checks.removeValue(forKey: id) else { return nil }
        unlink(check)
        strayChecks[id] = check.definition.serviceID
        nextPush = now
        return check
    }

    private mutating func unlink(_ check: Check) {
        let service = check.definition.serviceID
        checksByService[service]?.remove(check.definition.id)
        if checksByService[service]?.isEmpty == true { checksByService[service] = nil }
    }

    /// Ids of a service's checks, in order; of the empty name those of the node.
    func checks(of service: String) -> [String] { checksByService[service]?.sorted() ?? [] }

    /// A changed status is written at once; a changed output alone waits, or a chatty check would write the log full.
    /// - Parameter pause: until a changed output is written; zero: at once.
    mutating func update(
        _ id: String, status: CheckStatus, output: String, outputPause pause: Duration, at now: Instant
    ) {
        guard var check = checks[id] else { return }
        if check.status != status || (check.output != output && pause == .zero) {
            check.isInSync = false
            check.outputDue = nil
            nextPush = now
        } else if check.output != output, check.outputDue == nil {
            check.outputDue = now + pause
            nextOutput = min(nextOutput, now + pause)
        }
        check.status = status
        check.output = output
        checks[id] = check
    }

    /// Outputs that have waited long enough are written with the next push.
    mutating func releaseOutputs(at now: Instant) {
        guard nextOutput <= now else { return }
        nextOutput = .distantFuture
        for id in checks.keys.sorted() {
            guard let due = checks[id]?.outputDue else { continue }
            guard due <= now else {
                nextOutput = min(nextOutput, due)
                continue
            }
            checks[id]?.outputDue = nil
            checks[id]?.isInSync = false
            nextPush = now
        }
    }

    // MARK: Catalog form

    func nodeService(_ service: Service) -> NodeService {
        let definition = service.definition
        return NodeService(
            kind: definition.kind, id: definition.id, service: definition.name,
            tags: definition.tags.isEmpty ? nil : definition.tags,
            address: definition.address,
            taggedAddresses: definition.taggedAddresses.isEmpty ? nil : definition.taggedAddresses,
            meta: definition.meta.isEmpty ? nil : definition.meta, port: definition.port,
            weights: definition.weights ?? Weights(passing: 1, warning: 1),
            enableTagOverride: definition.enableTagOverride,
            connect: ServiceConnect(native: definition.isConnectNative))
    }

    func healthCheck(_ check: Check) -> HealthCheck {
        let definition = check.definition
        let service = services[definition.serviceID]?.definition
        let type =
            if !definition.http.isEmpty {
                "http"
            } else if !definition.tcp.isEmpty {
                "tcp"
            } else if definition.ttl != nil {
                "ttl"
            } else if MaintenanceCheck.isMaintenance(definition.id) {
                "maintenance"
            } else {
                "alias"
            }
        return HealthCheck(
            node: node, checkID: definition.id, name: definition.name, status: check.status.rawValue,
            notes: definition.notes, output: check.output, serviceID: definition.serviceID,
            serviceName: service?.name ?? "", serviceTags: service?.tags, type: type)
    }

    /// What is written with a service, so that no reader sees it without them: an instance would pass before its
    /// checks have. The worst come first, and where not all have room the instance is as bad as they say.
    func carriedChecks(of service: String) -> [HealthCheck] {
        let due = checks(of: service).compactMap { id in checks[id].flatMap { $0.isInSync ? nil : $0 } }
        let worst = [CheckStatus.critical, .warning, .passing].flatMap { status in due.filter { $0.status == status } }
        return worst.prefix(Self.maxCarriedCount).map(healthCheck)
    }

    // MARK: Comparison with the catalog

    mutating func compare(services remote: [String: NodeService], at now: Instant) {
        for id in services.keys.sorted() {
            guard var service = services[id] else { continue }
            var known = remote[id]
            known?.raftIndex = RaftIndex()
            var wanted = nodeService(service)
            if service.definition.enableTagOverride, let tags = known?.tags {
                if service.definition.tags != tags { generation += 1 }
                wanted.tags = tags
                service.definition.tags = tags
            }
            service.isInSync = known.map { Self.isSame($0, wanted) } ?? false
            services[id] = service
            // They went with it, and come with it.
            if known == nil { for check in checks(of: id) { checks[check]?.isInSync = false } }
        }
        strayServices.formUnion(remote.keys.filter { services[$0] == nil && $0 != "consul" })
        nextPush = now
    }

    private static func isSame(_ left: NodeService, _ right: NodeService) -> Bool {
        left.service == right.service && (left.tags ?? []) == (right.tags ?? []) && left.address == right.address
            && left.port == right.port && (left.meta ?? [:]) == (right.meta ?? [:])
            && (left.taggedAddresses ?? [:]) == (right.taggedAddresses ?? [:]) && left.weights == right.weights
            && left.enableTagOverride == right.enableTagOverride && left.kind == right.kind
            && left.connect.native == right.connect.native
    }

    mutating func compare(checks remote: [HealthCheck], at now: Instant) {
        var known: [String: HealthCheck] = [:]
        for check in remote { known[check.checkID] = check }
        for id in checks.keys.sorted() {
            guard let check = checks[id] else { continue }
            let isInSync = known[id].map { isSame($0, check) } ?? false
            checks[id]?.isInSync = isInSync
        }
        for (id, check) in known where checks[id] == nil && id != "serfHealth" { strayChecks[id] = check.serviceID }
        nextPush = now
    }

    private func isSame(_ known: HealthCheck, _ check: Check) -> Bool {
        let wanted = healthCheck(check)
        // An output that waits for its time is left out.
        return known.status == wanted.status && (check.outputDue != nil || known.output == wanted.output)
            && known.name == wanted.name && known.notes == wanted.notes && known.serviceID == wanted.serviceID
    }

    /// What has to be written now, services with their checks, at most the free places. Thousands are in sync while a
    /// few are not: sorted are those few.
    func due() -> [OwnTask] {
        var tasks: [OwnTask] = []
        if !isNodeInSync { tasks.append(.registerNode) }
        let serviceIDs = services.indices.filter { !services.values[$0].isInSync }.map { services.keys[$0] }.sorted()
        tasks += serviceIDs.map { .registerService(id: $0) }
        tasks += strayServices.sorted().map { .deregisterService(id: $0) }
        let checkIDs = checks.indices.filter { !checks.values[$0].isInSync }.map { checks.keys[$0] }.sorted()
        tasks += checkIDs.filter { id in
            guard let service = checks[id]?.definition.serviceID, !service.isEmpty else { return true }
            return services[service]?.isInSync == true
        }.map { .registerCheck(id: $0) }
        let strayIDs = strayChecks.keys.filter { strayChecks[$0].map(strayServices.contains) == false }.sorted()
        tasks += strayIDs.map { .deregisterCheck(id: $0) }
        return Array(tasks.filter(isFree).prefix(max(0, Self.maxInFlightCount - inFlight.count)))
    }

    /// Neither under way nor to be held back by another write of the same entry: the two could arrive in either order.
    private func isFree(_ task: OwnTask) -> Bool {
        guard !inFlight.isEmpty else { return true }
        let others: [OwnTask] =
            switch task {
            case .registerService(let id):
                [.deregisterService(id: id)]
                    + (checksByService[id] ?? []).flatMap { [.registerCheck(id: $0), .deregisterCheck(id: $0)] }
            case .deregisterService(let id): [.registerService(id: id)]
            case .registerCheck(let id): [.deregisterCheck(id: id)]
            case .deregisterCheck(let id): [.registerCheck(id: id), .registerService(id: strayChecks[id] ?? "")]
            case .registerNode, .fetchServices, .fetchChecks, .updateCoordinate, .fetchAliased: []
            }
        return !inFlight.contains(task) && inFlight.isDisjoint(with: others)
    }

    mutating func written(_ task: OwnTask, sent: OwnPayload?) {
        retryPause = Self.firstRetry
        switch task {
        case .registerNode: isNodeInSync = true
        case .registerService(let id):
            guard case .service(let service, let carried)? = sent else { return }
            // Registered again meanwhile with other contents: it stays out of sync.
            if let current = services[id], nodeService(current) == service { services[id]?.isInSync = true }
            for check in carried { settle(check) }
        case .registerCheck: if case .check(let check)? = sent { settle(check) }
        case .deregisterService(let id):
            strayServices.remove(id)
            strayChecks = strayChecks.filter { $0.value != id }
        case .deregisterCheck(let id): strayChecks[id] = nil
        case .fetchServices, .fetchChecks, .updateCoordinate, .fetchAliased: break
        }
    }

    /// A check was written; one that has changed since stays out of sync.
    private mutating func settle(_ written: HealthCheck) {
        guard let current = checks[written.checkID], isSame(written, current) else { return }
        checks[written.checkID]?.isInSync = true
    }
}

/// What a task wrote, to notice that it has changed since.
enum OwnPayload: Equatable, Sendable {
    case service(NodeService, [HealthCheck])
    case check(HealthCheck)
}
