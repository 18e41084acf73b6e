import Determinism
import FederationModel

// Requests about this agent's own registrations that are more than a list.

extension ServerCore {
    /// `/v1/agent/service/<id>`: answered at once unless the caller knows the present hash.
    mutating func answerService(_ service: String, hash: String, wait: Duration, id: RequestID, at now: Instant) {
        let answer = answer(forService: service)
        guard case .service(_, hash: let current) = answer, !hash.isEmpty, hash == current else {
            return out.append(.agentAnswer(id, answer))
        }
        let wait = QueryOptions.agentBlockingTime(wait)
        let deadline = now + wait + random.duration(in: .zero..<max(QueryOptions.spread(of: wait), .nanoseconds(1)))
        serviceWaits.add(id, ServiceWaits.Wait(service: service, hash: hash), until: deadline)
    }

    mutating func answerServiceWaits(at now: Instant) {
        guard !serviceWaits.isEmpty else { return }
        let changed = serviceWaits.take(at: local.generation) { wait in
            guard let service = local.services[wait.service] else { return true }
            return local.nodeService(service).contentHash != wait.hash
        }
        for (id, wait) in changed + serviceWaits.takeExpired(at: now) {
            out.append(.agentAnswer(id, answer(forService: wait.service)))
        }
    }

    private func answer(forService id: String) -> AgentResponse {
        guard let service = local.services[id] else { return .failed(.notFound("unknown service ID: " + id)) }
        let record = local.nodeService(service)
        return .service(record, hash: record.contentHash)
    }

    /// Switches maintenance of the node or an instance; a reason already given stays.
    mutating func maintain(
        service: String?, isEnabled: Bool, reason: String, at now: Instant
    ) -> AgentResponse {
        if let service, local.services[service] == nil {
            return .failed(.notFound("No service registered with ID \"\(service)\""))
        }
        let check = MaintenanceCheck.definition(service: service, reason: reason)
        guard isEnabled != (local.checks[check.id] != nil) else { return .done }
        if isEnabled {
            addCheck(check, isConfigured: false, at: now)
        } else {
            _ = removeCheck(check.id, at: now)
        }
        log(.info, isEnabled ? "maintenance begins" : "maintenance ends", ["check": check.id, "reason": check.notes])
        return registrationsChanged(at: now)
    }

    /// Definitions of the configuration files as they now are: what is gone from them goes, what stays keeps the
    /// status of its checks. Registrations over HTTP stay.
    mutating func reload(
        services: [ServiceDefinition], checks: [CheckDefinition], at now: Instant
    ) -> AgentResponse {
        let keptServices = Set(services.map(\.instanceID))
        for (id, service) in local.services.sorted(by: { $0.key < $1.key })
        where service.isConfigured && !keptServices.contains(id) {
            _ = removeService(id, at: now)
        }
        let keptChecks = Set(
            checks.map { $0.id.isEmpty ? $0.name : $0.id } + services.flatMap { $0.completedChecks.map(\.id) })
        for (id, check) in local.checks.sorted(by: { $0.key < $1.key })
        where check.isConfigured && !keptChecks.contains(id) {
            _ = removeCheck(id, at: now)
        }
        for service in services { addService(service, isConfigured: true, at: now) }
        for check in checks { addCheck(check, isConfigured: true, at: now) }
        performScheduler(at: now)
        log(.info, "configuration reloaded", ["services": String(services.count), "checks": String(checks.count)])
        return .done
    }
}
