package import FederationModel
package import WireFormat

extension ServiceDefinition {
    /// One entry of `services`, or the value of `service`, in a configuration file.
    /// - Returns: the definition with ids, names and service ids of its checks filled in; nil when there are problems.
    package static func decode(config value: JSONValue) -> (ServiceDefinition?, [DefinitionProblem]) {
        var reader = BodyReader(value, form: .config)
        let definition = reader.serviceDefinition()
        reader.noteRefusal(definition.problem, value)
        return (reader.problems.isEmpty ? definition : nil, reader.problems)
    }
}

extension CheckDefinition {
    /// One entry of `checks`, or the value of `check`, in a configuration file.
    /// - Returns: the definition with its id filled in; nil when there are problems.
    package static func decode(config value: JSONValue) -> (CheckDefinition?, [DefinitionProblem]) {
        var reader = BodyReader(value, form: .config)
        let definition = reader.checkDefinition()
        reader.noteRefusal(definition.problem, value)
        return (reader.problems.isEmpty ? definition : nil, reader.problems)
    }
}

extension BodyReader {
    /// What is well formed and cannot be: kinds of checks we do not run, else a broken rule.
    fileprivate mutating func noteRefusal(_ problem: String?, _ value: JSONValue) {
        guard problems.isEmpty else { return }
        if let message = hasScript ? "script checks are not supported" : unsupported ?? problem {
            note(message, "", value)
        }
    }

    /// The body of `/v1/agent/service/register`, or a service of a configuration file.
    mutating func serviceDefinition() -> ServiceDefinition {
        var service = ServiceDefinition()
        var first: CheckDefinition?
        var more: [CheckDefinition] = []
        members(of: root, "") { reader, name, value, key in
            switch name {
            case "id": service.id = reader.text(value, key)
            case "name": service.name = reader.text(value, key)
            case "tags": service.tags = reader.texts(value, key)
            case "address": service.address = reader.text(value, key)
            case "taggedaddresses": service.taggedAddresses = reader.addresses(value, key) ?? [:]
            case "meta": service.meta = reader.textMap(value, key) ?? [:]
            case "port": service.port = reader.integer(value, key)
            case "weights": service.weights = reader.weights(value, key)
            case "enabletagoverride": service.enableTagOverride = reader.boolean(value, key)
            case "check": first = value.isNull ? nil : reader.check(value, key, isOfService: true)
            case "checks":
                more = reader.list(value, key) { reader, value, key in reader.check(value, key, isOfService: true) }
            case "token", "namespace": _ = reader.text(value, key)
            case "kind":
                let kind = reader.text(value, key)
                service.kind = kind
                if Self.meshKinds.contains(kind) { reader.unsupported = "services of kind \(kind) are not supported" }
            case "proxy": if !value.isNull { reader.unsupported = "mesh proxies are not supported" }
            case "connect": service.isConnectNative = reader.isConnectNative(value, key)
            default: return false
            }
            return true
        }
        if let check = first, check != CheckDefinition() { more.insert(check, at: 0) }
        service.checks = more
        service.fillDefaults()
        return service
    }

    private static let meshKinds: Set<String> = [
        "connect-proxy", "mesh-gateway", "terminating-gateway", "ingress-gateway",
    ]

    /// `Native` is kept and shown; a sidecar would silently not be there, so it is refused.
    private mutating func isConnectNative(_ value: JSONValue, _ key: String) -> Bool {
        var isNative = false
        members(of: value, key) { reader, name, value, key in
            switch name {
            case "native": isNative = reader.boolean(value, key)
            case "sidecarservice": if !value.isNull { reader.unsupported = "sidecar services are not supported" }
            default: return false
            }
            return true
        }
        return isNative
    }

    /// The body of `/v1/agent/check/register`, or a check of a configuration file.
    mutating func checkDefinition() -> CheckDefinition {
        var check = check(root, "", isOfService: false)
        if check.id.isEmpty { check.id = check.name }
        return check
    }

    private mutating func check(_ value: JSONValue, _ key: String, isOfService: Bool) -> CheckDefinition {
        var check = CheckDefinition()
        members(of: value, key) { reader, name, value, key in
            switch name {
            case "id":
                guard !isOfService || reader.form == .config else { return false }
                check.id = reader.text(value, key)
            case "checkid":
                guard isOfService || reader.form == .config else { return false }
                check.id = reader.text(value, key)
            case "name": check.name = reader.text(value, key)
            case "notes": check.notes = reader.text(value, key)
            case "serviceid": check.serviceID = reader.text(value, key)
            case "status": check.initialStatus = reader.text(value, key)
            case "http": check.http = reader.text(value, key)
            case "method": check.method = reader.text(value, key)
            case "header": check.header = reader.header(value, key) ?? [:]
            case "body": check.body = reader.text(value, key)
            case "tlsskipverify": check.tlsSkipVerify = reader.boolean(value, key)
            case "tlsservername": check.tlsServerName = reader.text(value, key)
            case "tcp": check.tcp = reader.text(value, key)
            case "interval": check.interval = reader.duration(value, key)
            case "timeout": check.timeout = reader.duration(value, key)
            case "ttl": check.ttl = reader.duration(value, key)
            case "aliasnode": check.aliasNode = reader.text(value, key)
            case "aliasservice": check.aliasService = reader.text(value, key)
            case "successbeforepassing": check.successBeforePassing = reader.integer(value, key)
            case "failuresbeforecritical": check.failuresBeforeCritical = reader.integer(value, key)
            case "deregistercriticalserviceafter":
                check.deregisterCriticalServiceAfter = reader.duration(value, key)
            case "outputmaxsize": check.outputMaxSize = value.isNull ? 4096 : reader.integer(value, key)
            case "token", "namespace", "proxyhttp", "proxygrpc": _ = reader.text(value, key)
            case "args", "scriptargs": if !reader.texts(value, key).isEmpty { reader.hasScript = true }
            case "shell": _ = reader.text(value, key)
            case "dockercontainerid":
                if !reader.text(value, key).isEmpty { reader.unsupported = "Docker checks are not supported" }
            case "grpc": if !reader.text(value, key).isEmpty { reader.unsupported = "gRPC checks are not supported" }
            case "grpcusetls": _ = reader.boolean(value, key)
            default: return false
            }
            return true
        }
        if check.outputMaxSize == 0 { check.outputMaxSize = 4096 }
        return check
    }
}

extension ServiceDefinition {
    /// Ids and names as Consul gives them: a check of the service is `service:<id>`, numbered from 1 when there are
    /// several.
    fileprivate mutating func fillDefaults() {
        if id.isEmpty { id = name }
        for index in checks.indices {
            checks[index].serviceID = id
            if checks[index].id.isEmpty {
                checks[index].id = checks.count > 1 ? "service:\(id):\(index + 1)" : "service:\(id)"
            }
            if checks[index].name.isEmpty { checks[index].name = "Service '\(name)' check" }
        }
    }
}
