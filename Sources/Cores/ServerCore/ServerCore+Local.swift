import Determinism
import FederationModel
import HealthCore
import RaftCore
import SerfCore
import WireFormat

// Anti-entropy: this agent's registrations are the truth, the catalog follows.

extension ServerCore {
    /// File of registrations that came over HTTP: they survive a restart of the agent.
    package static let localStateName = "local/registrations"

    mutating func startLocalState(saved: [UInt8], at now: Instant) {
        if !saved.isEmpty {
            do throws(WireError) {
                let registrations = try SavedRegistrations(decoding: saved)
                for service in registrations.services { addService(service, isConfigured: false, at: now) }
                for check in registrations.checks { addCheck(check, isConfigured: false, at: now) }
            } catch {
                log(.error, "saved registrations cannot be read; register again", ["error": error.description])
            }
        }
        for service in configuration.services { addService(service, isConfigured: true, at: now) }
        for check in configuration.checks { addCheck(check, isConfigured: true, at: now) }
        performScheduler(at: now)
    }

    // MARK: Registration

    mutating func addService(_ service: ServiceDefinition, isConfigured: Bool, at now: Instant) {
        let checks = service.completedChecks
        var service = service
        service.id = service.instanceID
        service.checks = []
        service.addAddressTags()
        local.add(service, isConfigured: isConfigured, at: now)
        for check in checks { addCheck(check, isConfigured: isConfigured, at: now) }
    }

    mutating func addCheck(_ check: CheckDefinition, isConfigured: Bool, at now: Instant) {
        var check = check
        if check.id.isEmpty { check.id = check.name }
        if check.name.isEmpty { check.name = check.id }
        let status = local.checks[check.id]?.status ?? CheckStatus(rawValue: check.initialStatus) ?? .critical
        local.add(check, status: status, isConfigured: isConfigured, at: now)
        scheduler.add(check, at: now, into: &schedulerEffects)
        if !check.aliasNode.isEmpty { local.nextAliasLook = now }
    }

    mutating func removeCheck(_ id: String, at now: Instant) -> Bool {
        guard local.removeCheck(id, at: now) != nil else { return false }
        scheduler.remove(id: id, at: now, into: &schedulerEffects)
        return true
    }

    mutating func removeService(_ id: String, at now: Instant) -> Bool {
        guard local.removeService(id, at: now) != nil else { return false }
        for check in local.checks(of: id) { _ = removeCheck(check, at: now) }
        return true
    }

    /// Keeps what came over HTTP for the next start.
    mutating func saveRegistrations(at now: Instant) {
        var saved = SavedRegistrations()
        for id in local.services.keys.sorted() {
            guard let service = local.services[id], !service.isConfigured else { continue }
            saved.services.append(service.definition)
        }
        for id in local.checks.keys.sorted() {
            guard let check = local.checks[id], !check.isConfigured else { continue }
            var definition = check.definition
            definition.initialStatus = check.status.rawValue
            saved.checks.append(definition)
        }
        out.append(.saveFile(name: Self.localStateName, saved.encoded))
        savePace.saved(saved.services.count + saved.checks.count, at: now)
    }

    // MARK: Checks

    mutating func performScheduler(at now: Instant) {
        while !schedulerEffects.isEmpty {
            var batch: [CheckScheduler.Effect] = []
            swap(&batch, &schedulerEffects)
            for effect in batch {
                switch effect {
                case .probe(let id, let request): out.append(.probe(id, request))
                case .cancel(let id): out.append(.cancelProbe(id))
                case .status(let id, let status, let output):
                    let output = configuration.discardsCheckOutput ? "" : output
                    local.update(id, status: status, output: output, outputPause: drawOutputPause(), at: now)
                case .deregister(let service):
                    guard removeService(service, at: now) else { continue }
                    savePace.changed(at: now)
                case .log(let line): out.append(.log(line))
                }
            }
        }
    }

    /// Consul's: half the interval and up to one more, so that checks that began together spread.
    private mutating func drawOutputPause() -> Duration {
        let interval = configuration.checkUpdateInterval
        return interval > .zero ? interval / 2 + random.duration(in: .zero..<interval) : .zero
    }

    // MARK: Anti-entropy

    mutating func synchronise(at now: Instant) {
        if local.nextFullSync <= now {
            local.nextFullSync = now + local.fullSyncInterval + random.duration(in: .zero..<local.fullSyncInterval / 16)
            ask(.fetchServices, at: now)
        }
        sendCoordinate(at: now)
        lookAtAliasTargets(at: now)
        local.releaseOutputs(at: now)
        guard local.nextPush <= now else { return }
        local.nextPush = .distantFuture
        for task in local.due() { ask(task, at: now) }
    }

    /// Where this agent is in the network, for `?near=` and the distances that others see.
    private mutating func sendCoordinate(at now: Instant) {
        guard local.nextCoordinate <= now else { return }
        let isServerKnown = configuration.isServer ? replica?.node.leader != nil : servers.preferred != nil
        guard isServerKnown else {
            local.nextCoordinate = now + .seconds(1)
            return
        }
        let interval = local.coordinateInterval
        local.nextCoordinate = now + interval + random.duration(in: .zero..<interval / 16)
        let coordinate = lan.coordinate
        guard coordinate != local.sentCoordinate else { return }
        local.sentCoordinate = coordinate
        ask(.updateCoordinate, at: now)
    }

    /// Asked for every few seconds: an alias may lag behind its target by so much.
    private static let aliasInterval: Duration = .seconds(5)

    private mutating func lookAtAliasTargets(at now: Instant) {
        guard local.nextAliasLook <= now else { return }
        let targets = scheduler.remoteAliasTargets
        local.nextAliasLook = targets.isEmpty ? .distantFuture : now + Self.aliasInterval
        for target in targets { ask(.fetchAliased(target), at: now) }
    }

    private mutating func ask(_ task: OwnTask, at now: Instant) {
        guard leaving == nil, let (request, payload) = request(for: task), local.begin(task) else {
            return
        }
        ownPayloads[task] = payload
        begin(request, from: .own(task), timeout: nil, at: now)
    }

    private func request(for task: OwnTask) -> (Request, OwnPayload?)? {
        let here = NodeSpecificRequest(datacenter: configuration.datacenter, node: configuration.node)
        switch task {
        case .fetchServices: return (.catalogNodeServices(here), nil)
        case .fetchChecks: return (.healthNodeChecks(here), nil)
        case .registerNode: return (.catalogRegister(registration()), nil)
        case .registerService(let id):
            guard let service = local.services[id] else { return nil }
            var request = registration()
            let record = local.nodeService(service)
            request.service = record
            let checks = local.carriedChecks(of: id)
            request.checks = checks.isEmpty ? nil : checks
            return (.catalogRegister(request), .service(record, checks))
        case .registerCheck(let id):
            guard let check = local.checks[id] else { return nil }
            var request = registration()
            request.skipNodeUpdate = local.isNodeInSync
            let record = local.healthCheck(check)
            request.check = record
            return (.catalogRegister(request), .check(record))
        case .deregisterService(let id):
            let request = DeregisterRequest(
                datacenter: configuration.datacenter, node: configuration.node, serviceID: id)
            return (.catalogDeregister(request), nil)
        case .deregisterCheck(let id):
            let request = DeregisterRequest(datacenter: configuration.datacenter, node: configuration.node, checkID: id)
            return (.catalogDeregister(request), nil)
        case .fetchAliased(let target):
            let there = NodeSpecificRequest(datacenter: configuration.datacenter, node: target.node)
            return (.healthNodeChecks(there), nil)
        case .updateCoordinate:
            let request = CoordinateUpdateRequest(
                datacenter: configuration.datacenter, node: configuration.node, coord: lan.coordinate)
            return (.coordinateUpdate(request), nil)
        }
    }

    private func registration() -> RegisterRequest {
        let lan = configuration.lanEndpoint.address
        let wan = configuration.wanAddress
        var addresses = ["lan": lan.description, "wan": wan.description]
        addresses[lan.isIPv6 ? "lan_ipv6" : "lan_ipv4"] = lan.description
        addresses[wan.isIPv6 ? "wan_ipv6" : "wan_ipv4"] = wan.description
        return RegisterRequest(
            datacenter: configuration.datacenter, id: configuration.nodeID.description, node: configuration.node,
            address: lan.description, taggedAddresses: addresses, nodeMeta: nodeMeta)
    }

    /// The operator's, and that the node is in the default segment.
    var nodeMeta: [String: String] {
        var meta = configuration.nodeMeta
        meta["consul-network-segment"] = ""
        return meta
    }

    mutating func completed(_ task: OwnTask, _ result: Result<Response, FederationError>, at now: Instant) {
        local.end(task)
        let payload = ownPayloads.removeValue(forKey: task)
        switch result {
        case .failure(let error):
            let pause = local.retryPause
            local.retryPause = min(pause * 2, LocalState.maxRetry)
            switch task {
            case .fetchServices, .fetchChecks: local.nextFullSync = min(local.nextFullSync, now + pause)
            // The next one is due soon and newer.
            case .updateCoordinate: local.sentCoordinate = nil
            // Asked again within seconds; until then the alias keeps what it last saw.
            case .fetchAliased: break
            default:
                local.nextPush = min(local.nextPush, now + pause)
                guard !error.isRetrySafe else { break }
                local.nextFullSync = min(local.nextFullSync, now + LocalState.recheckPause)
            }
            log(.debug, "catalog not reached, trying again", ["task": "\(task)", "error": error.message])
        case .success(let response):
            switch (task, response) {
            case (.fetchServices, .nodeServices(let answer)):
                compareNode(answer.nodeServices?.node)
                local.compare(services: answer.nodeServices?.services ?? [:], at: now)
                ask(.fetchChecks, at: now)
            case (.fetchAliased(let target), .healthChecks(let answer)):
                let found = (answer.healthChecks ?? []).filter {
                    $0.serviceID.isEmpty || $0.serviceID == target.service
                }.sorted { $0.checkID < $1.checkID }
                scheduler.aliasTargetChanged(
                    target,
                    checks: found.map {
                        AliasedCheck(
                            name: $0.name, status: CheckStatus(rawValue: $0.status) ?? .critical, output: $0.output)
                    }, at: now, into: &schedulerEffects)
                performScheduler(at: now)
            case (.fetchChecks, .healthChecks(let answer)):
                local.compare(checks: answer.healthChecks ?? [], at: now)
            default:
                local.written(task, sent: payload)
                local.nextPush = min(local.nextPush, now)
            }
        }
    }

    private mutating func compareNode(_ node: Node?) {
        let wanted = registration()
        local.isNodeInSync =
            node?.id == wanted.id && (node?.taggedAddresses ?? [:]) == (wanted.taggedAddresses ?? [:])
            && (node?.meta ?? [:]) == (wanted.nodeMeta ?? [:])
    }
}
