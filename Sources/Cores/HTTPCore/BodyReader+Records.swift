import FederationModel
import WireFormat

extension BodyReader {
    /// The body of `/v1/catalog/register`.
    mutating func registerRequest() -> RegisterRequest {
        var request = RegisterRequest()
        members(of: root, "") { reader, name, value, key in
            switch name {
            case "datacenter": request.datacenter = reader.text(value, key)
            case "id": request.id = reader.text(value, key)
            case "node": request.node = reader.text(value, key)
            case "address": request.address = reader.text(value, key)
            case "taggedaddresses": request.taggedAddresses = reader.textMap(value, key)
            case "nodemeta": request.nodeMeta = reader.textMap(value, key)
            case "service": request.service = value.isNull ? nil : reader.nodeService(value, key)
            case "check": request.check = value.isNull ? nil : reader.healthCheck(value, key)
            case "checks":
                request.checks = reader.list(value, key) { reader, value, key in reader.healthCheck(value, key) }
            case "skipnodeupdate": request.skipNodeUpdate = reader.boolean(value, key)
            case "token": request.write.token = reader.text(value, key)
            case "createindex", "modifyindex": _ = reader.unsigned(value, key)
            default: return false
            }
            return true
        }
        return request
    }

    /// The body of `/v1/catalog/deregister`.
    mutating func deregisterRequest() -> DeregisterRequest {
        var request = DeregisterRequest()
        members(of: root, "") { reader, name, value, key in
            switch name {
            case "datacenter": request.datacenter = reader.text(value, key)
            case "node": request.node = reader.text(value, key)
            case "serviceid": request.serviceID = reader.text(value, key)
            case "checkid": request.checkID = reader.text(value, key)
            case "token": request.write.token = reader.text(value, key)
            default: return false
            }
            return true
        }
        return request
    }

    /// The body of `/v1/coordinate/update`.
    mutating func coordinateUpdate() -> CoordinateUpdateRequest {
        var request = CoordinateUpdateRequest()
        members(of: root, "") { reader, name, value, key in
            switch name {
            case "datacenter": request.datacenter = reader.text(value, key)
            case "node": request.node = reader.text(value, key)
            case "segment": request.segment = reader.text(value, key)
            case "coord": request.coord = value.isNull ? nil : reader.coordinate(value, key)
            case "token": request.write.token = reader.text(value, key)
            default: return false
            }
            return true
        }
        return request
    }

    private mutating func coordinate(_ value: JSONValue, _ key: String) -> SerfCoordinate {
        var coordinate = SerfCoordinate()
        members(of: value, key) { reader, name, value, key in
            switch name {
            case "vec":
                coordinate.vec = reader.list(value, key) { reader, value, key in reader.double(value, key) }
            case "error": coordinate.error = reader.double(value, key)
            case "adjustment": coordinate.adjustment = reader.double(value, key)
            case "height": coordinate.height = reader.double(value, key)
            default: return false
            }
            return true
        }
        return coordinate
    }

    mutating func nodeService(_ value: JSONValue, _ key: String) -> NodeService {
        var service = NodeService()
        members(of: value, key) { reader, name, value, key in
            switch name {
            case "kind": service.kind = reader.text(value, key)
            case "id": service.id = reader.text(value, key)
            case "service": service.service = reader.text(value, key)
            case "tags": service.tags = value.isNull ? nil : reader.texts(value, key)
            case "address": service.address = reader.text(value, key)
            case "taggedaddresses": service.taggedAddresses = reader.addresses(value, key)
            case "meta": service.meta = reader.textMap(value, key)
            case "port": service.port = reader.integer(value, key)
            case "weights": service.weights = reader.weights(value, key)
            case "enabletagoverride": service.enableTagOverride = reader.boolean(value, key)
            case "proxy": service.proxy = reader.proxy(value, key)
            case "connect": service.connect = reader.connect(value, key)
            case "createindex": _ = reader.unsigned(value, key)
            case "modifyindex": service.raftIndex.modifyIndex = reader.unsigned(value, key)
            default: return false
            }
            return true
        }
        return service
    }

    private mutating func connect(_ value: JSONValue, _ key: String) -> ServiceConnect {
        var connect = ServiceConnect()
        members(of: value, key) { reader, name, value, key in
            switch name {
            case "native": connect.native = reader.boolean(value, key)
            case "sidecarservice": connect.sidecarService = value.isNull ? nil : DynamicValue(value)
            default: return false
            }
            return true
        }
        return connect
    }

    private mutating func proxy(_ value: JSONValue, _ key: String) -> ConnectProxyConfig {
        var proxy = ConnectProxyConfig()
        members(of: value, key) { reader, name, value, key in
            switch name {
            case "destinationservicename": proxy.destinationServiceName = reader.text(value, key)
            case "destinationserviceid": proxy.destinationServiceID = reader.text(value, key)
            case "localserviceaddress": proxy.localServiceAddress = reader.text(value, key)
            case "localserviceport": proxy.localServicePort = reader.integer(value, key)
            case "config": proxy.config = reader.dynamicMap(value)
            case "upstreams":
                proxy.upstreams = reader.list(value, key) { reader, value, key in reader.upstream(value, key) }
            case "meshgateway": proxy.meshGateway = reader.meshGateway(value, key)
            case "expose": proxy.expose = reader.expose(value, key)
            default: return false
            }
            return true
        }
        return proxy
    }

    private mutating func upstream(_ value: JSONValue, _ key: String) -> Upstream {
        var upstream = Upstream()
        members(of: value, key) { reader, name, value, key in
            switch name {
            case "destinationtype": upstream.destinationType = reader.text(value, key)
            case "destinationnamespace": upstream.destinationNamespace = reader.text(value, key)
            case "destinationname": upstream.destinationName = reader.text(value, key)
            case "datacenter": upstream.datacenter = reader.text(value, key)
            case "localbindaddress": upstream.localBindAddress = reader.text(value, key)
            case "localbindport": upstream.localBindPort = reader.integer(value, key)
            case "config": upstream.config = reader.dynamicMap(value)
            case "meshgateway": upstream.meshGateway = reader.meshGateway(value, key)
            default: return false
            }
            return true
        }
        return upstream
    }

    private mutating func meshGateway(_ value: JSONValue, _ key: String) -> MeshGatewayConfig {
        var gateway = MeshGatewayConfig()
        members(of: value, key) { reader, name, value, key in
            guard name == "mode" else { return false }
            gateway.mode = reader.text(value, key)
            return true
        }
        return gateway
    }

    private mutating func expose(_ value: JSONValue, _ key: String) -> ExposeConfig {
        var expose = ExposeConfig()
        members(of: value, key) { reader, name, value, key in
            switch name {
            case "checks": expose.checks = reader.boolean(value, key)
            case "paths": expose.paths = reader.list(value, key) { reader, value, key in reader.exposePath(value, key) }
            default: return false
            }
            return true
        }
        return expose
    }

    private mutating func exposePath(_ value: JSONValue, _ key: String) -> ExposePath {
        var path = ExposePath()
        members(of: value, key) { reader, name, value, key in
            switch name {
            case "listenerport": path.listenerPort = reader.integer(value, key)
            case "path": path.path = reader.text(value, key)
            case "localpathport": path.localPathPort = reader.integer(value, key)
            case "protocol": path.protocolName = reader.text(value, key)
            case "parsedfromcheck": path.parsedFromCheck = reader.boolean(value, key)
            default: return false
            }
            return true
        }
        return path
    }

    private func dynamicMap(_ value: JSONValue) -> [String: DynamicValue]? {
        guard let members = value.members else { return nil }
        var map: [String: DynamicValue] = [:]
        for member in members { map[member.name] = DynamicValue(member.value) }
        return map
    }

    mutating func healthCheck(_ value: JSONValue, _ key: String) -> HealthCheck {
        var check = HealthCheck()
        members(of: value, key) { reader, name, value, key in
            switch name {
            case "node": check.node = reader.text(value, key)
            case "checkid": check.checkID = reader.text(value, key)
            case "name": check.name = reader.text(value, key)
            case "status": check.status = reader.text(value, key)
            case "notes": check.notes = reader.text(value, key)
            case "output": check.output = reader.text(value, key)
            case "serviceid": check.serviceID = reader.text(value, key)
            case "servicename": check.serviceName = reader.text(value, key)
            case "servicetags": check.serviceTags = value.isNull ? nil : reader.texts(value, key)
            case "type": check.type = reader.text(value, key)
            case "definition": check.definition = reader.checkDefinition(value, key)
            case "createindex": _ = reader.unsigned(value, key)
            case "modifyindex": check.raftIndex.modifyIndex = reader.unsigned(value, key)
            default: return false
            }
            return true
        }
        return check
    }

    private mutating func checkDefinition(_ value: JSONValue, _ key: String) -> HealthCheckDefinition {
        var definition = HealthCheckDefinition()
        members(of: value, key) { reader, name, value, key in
            switch name {
            case "http": definition.http = reader.text(value, key)
            case "tlsskipverify": definition.tlsSkipVerify = reader.boolean(value, key)
            case "header": definition.header = reader.header(value, key)
            case "method": definition.method = reader.text(value, key)
            case "body": definition.body = reader.text(value, key)
            case "tcp": definition.tcp = reader.text(value, key)
            case "interval": definition.interval = reader.duration(value, key) ?? .zero
            // The second name of the older form; the first one counts.
            case "intervalduration":
                let interval = reader.duration(value, key) ?? .zero
                if definition.interval == .zero { definition.interval = interval }
            case "outputmaxsize": definition.outputMaxSize = reader.unsigned(value, key)
            case "timeout", "timeoutduration": definition.timeout = reader.duration(value, key) ?? .zero
            case "deregistercriticalserviceafter", "deregistercriticalserviceafterduration":
                definition.deregisterCriticalServiceAfter = reader.duration(value, key) ?? .zero
            case "scriptargs": definition.scriptArgs = reader.texts(value, key)
            case "dockercontainerid": definition.dockerContainerID = reader.text(value, key)
            case "shell": definition.shell = reader.text(value, key)
            case "grpc": definition.grpc = reader.text(value, key)
            case "grpcusetls": definition.grpcUseTLS = reader.boolean(value, key)
            case "aliasnode": definition.aliasNode = reader.text(value, key)
            case "aliasservice": definition.aliasService = reader.text(value, key)
            case "ttl": definition.ttl = reader.duration(value, key) ?? .zero
            default: return false
            }
            return true
        }
        return definition
    }
}

extension DynamicValue {
    init(_ value: JSONValue) {
        switch value.kind {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .number: self = .double(value.double ?? 0)
        case .string(let text): self = .text(text)
        case .array(let items): self = .array(items.map { DynamicValue($0) })
        case .object(let members):
            self = .map(members.map { Entry(key: .text($0.name), value: DynamicValue($0.value)) })
        }
    }
}
