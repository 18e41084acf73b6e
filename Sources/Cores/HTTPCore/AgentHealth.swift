import FederationModel
import WireFormat

/// The health of an agent's own instances as load balancers ask for it: one status, one number.
struct AgentHealth {
    enum Status: String, Comparable {
        case passing, warning, critical, maintenance

        private var rank: Int {
            switch self {
            case .passing: 0
            case .warning: 1
            case .critical: 2
            case .maintenance: 3
            }
        }

        static func < (left: Status, right: Status) -> Bool { left.rank < right.rank }

        var httpStatus: Int {
            switch self {
            case .passing: 200
            case .warning: 429
            case .critical, .maintenance: 503
            }
        }
    }

    struct Instance {
        let status: Status
        let checks: [HealthCheck]
        let service: NodeService
    }

    let target: AgentHealthTarget
    let instances: [Instance]

    init(of target: AgentHealthTarget, _ services: [NodeService], _ checks: [HealthCheck]) {
        self.target = target
        let wanted = services.filter { service in
            switch target {
            case .name(let name): service.service == name
            case .id(let id): service.id == id
            }
        }
        instances = wanted.map { service in
            let own = checks.filter { $0.serviceID.isEmpty || $0.serviceID == service.id }
            return Instance(status: Self.status(own), checks: own, service: service)
        }
    }

    /// The worst of them.
    private static func status(_ checks: [HealthCheck]) -> Status {
        checks.map { check in
            MaintenanceCheck.isMaintenance(check.checkID) ? .maintenance : Status(rawValue: check.status) ?? .critical
        }.max() ?? .passing
    }

    /// Nil when there is no such instance.
    var status: Status? { instances.map(\.status).max() }

    /// `X-Consul-Reason`.
    var reason: String {
        if let status { return status.rawValue }
        return switch target {
        case .name(let name): "ServiceName \(name) Not Found"
        case .id(let id): "ServiceId \(id) not found"
        }
    }
}

extension HTTPRouter {
    func render(_ health: AgentHealth, isText: Bool, _ writer: JSONWriter) -> HTTPResponse {
        var headers = commonHeaders
        headers.append((name: "X-Consul-Reason", value: health.reason))
        let status = health.status?.httpStatus ?? 404
        guard !isText else {
            headers.append((name: "Content-Type", value: "text/plain"))
            return HTTPResponse(status: status, headers: headers, body: Array(health.reason.utf8))
        }
        var json = writer
        if case .name = health.target {
            json.list(health.instances) { $0.write($1) }
        } else if let instance = health.instances.first {
            json.write(instance)
        } else {
            json.beginObject()
            json.field("AggregatedStatus", AgentHealth.Status.critical.rawValue)
            json.key("Checks")
            json.null()
            json.key("Service")
            json.null()
            json.endObject()
        }
        var response = Self.json(json, headers)
        response.status = status
        return response
    }
}

extension JSONWriter {
    fileprivate mutating func write(_ instance: AgentHealth.Instance) {
        beginObject()
        field("AggregatedStatus", instance.status.rawValue)
        key("Service")
        write(agentService: instance.service, hash: nil)
        key("Checks")
        list(instance.checks) { $0.write(clientCheck: $1) }
        endObject()
    }

    /// As Consul's client library spells a check: no type, every duration, null for an empty list of tags.
    private mutating func write(clientCheck check: HealthCheck) {
        beginObject()
        leadingFields(of: check)
        key("ServiceTags")
        if let tags = check.serviceTags, !tags.isEmpty { list(tags) { $0.write($1) } } else { null() }
        field("Type", "")
        key("Definition")
        beginObject()
        field("Interval", "0s")
        field("Timeout", "0s")
        field("DeregisterCriticalServiceAfter", "0s")
        field("HTTP", "")
        key("Header")
        null()
        field("Method", "")
        field("Body", "")
        field("TLSSkipVerify", false)
        field("TCP", "")
        endObject()
        field("CreateIndex", 0)
        field("ModifyIndex", 0)
        endObject()
    }
}
