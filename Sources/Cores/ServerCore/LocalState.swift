import Determinism
import FederationModel

/// What this agent itself has registered: its services and checks, and how far the catalog knows of them.
struct LocalState: Sendable {
    struct Service: Sendable {
        var definition: ServiceDefinition
        /// Given in a configuration file: not saved, and gone when the file no longer has it.
        var isConfigured: Bool
    }

    struct Check: Sendable {
        private let shared: Shared<CheckDefinition>
        var isConfigured: Bool
        var status: CheckStatus
        var output = ""

        var definition: CheckDefinition { shared.record }
        /// The instance it is of, or itself.
        var subject: String { definition.serviceID.isEmpty ? definition.id : definition.serviceID }

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
    /// A write of unknown outcome, or of an agent killed meanwhile, may be carried out for as long as a request
    /// lasts: after this the catalog is looked at again, and not a minute later.
    static let recheckPause: Duration = .seconds(15)
    /// Registrations under way at once.
    static let maxInFlightCount = 16
    /// Checks that one write carries with their service: with outputs of 4 KiB each about a megabyte.
    static let maxCarriedCount = 256

    let node: String
    private(set) var services: [String: Service] = [:]
    private(set) var checks: [String: Check] = [:]
    /// The checks of each service: none is looked for among thousands.
    private var checksByService: [String: Set<String>] = [:]
    /// Not in the catalog as they are here: kept apart, as they are few among thousands.
    private var outOfSyncServices = SortedIDs()
    private var outOfSyncChecks = SortedIDs()
    /// When an output that alone has changed is written, by check.
    private var outputsDue: [String: Instant] = [:]
    /// In the catalog and not here: to be removed there. Checks with their service, with which they go.
    private var strayServices = SortedIDs()
    private var strayChecks: [String: String] = [:]
    var isNodeInSync = false
    /// What is under way, with whom it is about.
    private var inFlight: [OwnTask: String?] = [:]
    /// Written while the catalog was asked for what it has: the answer may be older.
    private var writtenMeanwhile: Set<String> = []
    private var isServicesAnswerInDoubt = false
    /// Until the catalog has been looked at, what it lacks is not known, and nothing is written.
    private var isCompared = false
    var nextFullSync: Instant
    /// When out-of-sync entries are written next.
    var nextPush: Instant
    var retryPause = LocalState.firstRetry
    /// When the network coordinate is looked at next, and what was last sent of it.
    var nextCoordinate: Instant
    /// When targets of alias checks on other nodes are looked at next.
    var nextAliasLook = Instant.distantFuture
    var sentCoordinate: SerfCoordinate?
    /// The first of `outputsDue`.
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
        outOfSyncServices.insert(key)
        generation += 1
        strayServices.remove(key)
        nextPush = now
    }

    mutating func removeService(_ id: String, at now: Instant) -> Service? {
        guard let service = services.removeValue(forKey: id) else { return nil }
        outOfSyncServices.remove(id)
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
        outOfSyncChecks.insert(check.id)
        outputsDue[check.id] = nil
        strayChecks[check.id] = nil
        nextPush = now
    }

    mutating func removeCheck(_ id: String, at now: Instant) -> Check? {
        guard let check = checks.removeValue(forKey: id) else { return nil }
        unlink(check)
        outOfSyncChecks.remove(id)
        outputsDue[id] = nil
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
            outOfSyncChecks.insert(id)
            outputsDue[id] = nil
            nextPush = now
        } else if check.output != output, outputsDue[id] == nil {
            outputsDue[id] = now + pause
            nextOutput = min(nextOutput, now + pause)
        }
        check.status = status
        check.output = output
        checks[id] = check
    }

    /// Outputs that have waited long enough are written with the next push.
    mutating func releaseOutputs(at now: Instant) {
        guard nextOutput <= now else { return }
        let due = outputsDue.filter { $0.value <= now }.keys
        for id in due {
            outputsDue[id] = nil
            outOfSyncChecks.insert(id)
        }
        nextOutput = outputsDue.values.min() ?? .distantFuture
        if !due.isEmpty { nextPush = now }
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
        if Mutant.serviceWithoutChecks.isOn { return [] }
        let due = checks(of: service).filter(outOfSyncChecks.contains).compactMap { checks[$0] }
        let worst = [CheckStatus.critical, .warning, .passing].flatMap { status in due.filter { $0.status == status } }
        return worst.prefix(Self.maxCarriedCount).map(healthCheck)
    }

    // MARK: Comparison with the catalog

    /// Entries that are written at this time are left as they are, for the next comparison.
    mutating func compare(services remote: [String: NodeService], at now: Instant) {
        for (id, service) in services where !writtenMeanwhile.contains(id) {
            var known = remote[id]
            known?.raftIndex = RaftIndex()
            var wanted = nodeService(service)
            if service.definition.enableTagOverride, let tags = known?.tags {
                if service.definition.tags != tags { generation += 1 }
                wanted.tags = tags
                services[id]?.definition.tags = tags
            }
            if let known, Self.isSame(known, wanted) {
                outOfSyncServices.remove(id)
            } else {
                outOfSyncServices.insert(id)
                // They went with it, and come with it.
                if known == nil { for check in checks(of: id) { outOfSyncChecks.insert(check) } }
            }
        }
        for id in remote.keys where services[id] == nil && id != "consul" && !writtenMeanwhile.contains(id) {
            strayServices.insert(id)
        }
        isServicesAnswerInDoubt = !writtenMeanwhile.isEmpty
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
        for (id, check) in checks where !writtenMeanwhile.contains(check.subject) {
            if let found = known[id], isSame(found, check) {
                outOfSyncChecks.remove(id)
            } else {
                outOfSyncChecks.insert(id)
            }
        }
        for (id, check) in known where checks[id] == nil && id != "serfHealth" {
            let service = check.serviceID
            guard !writtenMeanwhile.contains(service.isEmpty ? id : service) else { continue }
            strayChecks[id] = service
            // It came since the services were asked for, and goes whole.
            if !service.isEmpty && services[service] == nil { strayServices.insert(service) }
        }
        if !isCompared || isServicesAnswerInDoubt || !writtenMeanwhile.isEmpty {
            nextFullSync = min(nextFullSync, now + Self.recheckPause)
        }
        isCompared = true
        nextPush = now
    }

    private func isSame(_ known: HealthCheck, _ check: Check) -> Bool {
        let wanted = healthCheck(check)
        // An output that waits for its time is left out.
        return known.status == wanted.status && (outputsDue[wanted.checkID] != nil || known.output == wanted.output)
            && known.name == wanted.name && known.notes == wanted.notes && known.serviceID == wanted.serviceID
    }

    /// What has to be written now, services with their checks, at most the free places.
    func due() -> [OwnTask] {
        guard isCompared else { return [] }
        var tasks: [OwnTask] = []
        let room = Self.maxInFlightCount - inFlight.count
        // Thousands may wait: no more of them are looked at than have room.
        func take(_ waiting: some Sequence<OwnTask>) {
            for task in waiting {
                guard tasks.count < room else { return }
                if isFree(task) { tasks.append(task) }
            }
        }
        if !isNodeInSync { take([.registerNode]) }
        take(outOfSyncServices.ids.lazy.map { .registerService(id: $0) })
        take(strayServices.ids.lazy.map { .deregisterService(id: $0) })
        take(
            outOfSyncChecks.ids.lazy.filter { id in
                let service = checks[id]?.definition.serviceID ?? ""
                return service.isEmpty || (services[service] != nil && !outOfSyncServices.contains(service))
            }.map { .registerCheck(id: $0) })
        guard tasks.count < room else { return tasks }
        let strayIDs = strayChecks.keys.filter { strayChecks[$0].map(strayServices.contains) == false }.sorted()
        take(strayIDs.lazy.map { .deregisterCheck(id: $0) })
        return tasks
    }

    /// Not to be held back by a write of the same entry that is under way: the two could arrive in either order.
    private func isFree(_ task: OwnTask) -> Bool {
        guard inFlight[task] == nil else { return false }
        if Mutant.registrationOvertaken.isOn { return true }
        guard let subject = subject(of: task) else { return true }
        return inFlight.allSatisfy { other, itsSubject in
            guard itsSubject == subject else { return true }
            // Checks of one instance are written side by side.
            guard let check = task.check, let itsCheck = other.check else { return false }
            return check != itsCheck
        }
    }

    /// The service whose instance is written, or the check of a node.
    private func subject(of task: OwnTask) -> String? {
        switch task {
        case .registerService(let id), .deregisterService(let id): id
        case .registerCheck(let id): checks[id]?.subject
        case .deregisterCheck(let id): strayChecks[id].map { $0.isEmpty ? id : $0 }
        case .registerNode, .fetchServices, .fetchChecks, .updateCoordinate, .fetchAliased: nil
        }
    }

    /// - Returns: false when it is under way.
    mutating func begin(_ task: OwnTask) -> Bool {
        guard inFlight[task] == nil else { return false }
        switch task {
        case .fetchServices, .fetchChecks: writtenMeanwhile = Set(inFlight.values.compactMap(\.self))
        default: if isAsking, let subject = subject(of: task) { writtenMeanwhile.insert(subject) }
        }
        inFlight[task] = .some(subject(of: task))
        return true
    }

    private var isAsking: Bool { inFlight[.fetchServices] != nil || inFlight[.fetchChecks] != nil }

    mutating func end(_ task: OwnTask) { inFlight.removeValue(forKey: task) }

    mutating func written(_ task: OwnTask, sent: OwnPayload?) {
        retryPause = Self.firstRetry
        switch task {
        case .registerNode: isNodeInSync = true
        case .registerService(let id):
            guard case .service(let service, let carried)? = sent else { return }
            // Registered again meanwhile with other contents: it stays out of sync.
            if let current = services[id], nodeService(current) == service { outOfSyncServices.remove(id) }
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
        outOfSyncChecks.remove(written.checkID)
    }
}

extension OwnTask {
    fileprivate var check: String? {
        switch self {
        case .registerCheck(let id), .deregisterCheck(let id): id
        default: nil
        }
    }
}

/// What a task wrote, to notice that it has changed since.
enum OwnPayload: Equatable, Sendable {
    case service(NodeService, [HealthCheck])
    case check(HealthCheck)
}
