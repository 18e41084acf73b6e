import Determinism
import FederationModel
import WireFormat

/// Consul's JSON of catalog, health and KV records: field order, what is left out when empty, and where an empty list
/// stands for nil, as its 1.8 answers show.
extension JSONWriter {
    /// nil is written as an empty list.
    mutating func list<Element>(_ elements: [Element]?, _ write: (inout JSONWriter, Element) -> Void) {
        beginArray()
        for element in elements ?? [] { write(&self, element) }
        endArray()
    }

    mutating func field(_ name: StaticString, _ value: String) {
        key(name)
        write(value)
    }

    mutating func field(_ name: StaticString, _ value: Int) {
        key(name)
        write(value)
    }

    mutating func field(_ name: StaticString, _ value: UInt64) {
        key(name)
        write(value)
    }

    mutating func field(_ name: StaticString, _ value: Bool) {
        key(name)
        write(value)
    }

    mutating func field(_ name: StaticString, _ value: Double) {
        key(name)
        write(value)
    }

    mutating func field(_ name: StaticString, texts: [String]?) {
        key(name)
        list(texts) { $0.write($1) }
    }

    mutating func field(_ name: StaticString, ifNotEmpty value: String) {
        if !value.isEmpty { field(name, value) }
    }

    /// Sorted by key; nil is null.
    mutating func field(_ name: StaticString, map: [String: String]?) {
        key(name)
        guard let map else { return null() }
        beginObject()
        for (key, value) in map.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            self.key(text: key)
            write(value)
        }
        endObject()
    }

    mutating func field(_ name: StaticString, ifNotEmpty addresses: [String: ServiceAddress]?) {
        guard let addresses, !addresses.isEmpty else { return }
        key(name)
        beginObject()
        for (key, value) in addresses.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            self.key(text: key)
            beginObject()
            field("Address", value.address)
            field("Port", value.port)
            endObject()
        }
        endObject()
    }

    private mutating func fields(_ index: RaftIndex) {
        field("CreateIndex", index.createIndex)
        field("ModifyIndex", index.modifyIndex)
    }

    private mutating func field(_ name: StaticString, _ weights: Weights?) {
        let weights = weights ?? Weights(passing: 1, warning: 1)
        key(name)
        beginObject()
        field("Passing", weights.passing)
        field("Warning", weights.warning)
        endObject()
    }

    /// - Parameter datacenter: where it is from, in an answer from several.
    mutating func write(_ entry: DirEntry, datacenter: String? = nil) {
        beginObject()
        if let datacenter { field("Datacenter", datacenter) }
        field("LockIndex", entry.lockIndex)
        key("Key")
        write(entry.key)
        field("Flags", entry.flags)
        key("Value")
        if let value = entry.value, !value.isEmpty { base64(value.bytes) } else { null() }
        field("Session", ifNotEmpty: entry.session)
        fields(entry.raftIndex)
        endObject()
    }

    mutating func write(_ node: Node) {
        beginObject()
        field("ID", node.id)
        field("Node", node.node)
        field("Address", node.address)
        field("Datacenter", node.datacenter)
        field("TaggedAddresses", map: node.taggedAddresses)
        field("Meta", map: node.meta)
        fields(node.raftIndex)
        endObject()
    }

    mutating func write(services: [String: [String]]?) {
        beginObject()
        for (name, tags) in (services ?? [:]).sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            key(text: name)
            list(tags) { $0.write($1) }
        }
        endObject()
    }

    mutating func write(_ row: ServiceNode) {
        beginObject()
        field("ID", row.id)
        field("Node", row.node)
        field("Address", row.address)
        field("Datacenter", row.datacenter)
        field("TaggedAddresses", map: row.taggedAddresses)
        field("NodeMeta", map: row.nodeMeta)
        field("ServiceKind", row.serviceKind)
        field("ServiceID", row.serviceID)
        field("ServiceName", row.serviceName)
        field("ServiceTags", texts: row.serviceTags)
        field("ServiceAddress", row.serviceAddress)
        field("ServiceTaggedAddresses", ifNotEmpty: row.serviceTaggedAddresses)
        field("ServiceWeights", row.serviceWeights)
        field("ServiceMeta", map: row.serviceMeta ?? [:])
        field("ServicePort", row.servicePort)
        field("ServiceEnableTagOverride", row.serviceEnableTagOverride)
        key("ServiceProxy")
        write(row.serviceProxy)
        key("ServiceConnect")
        write(row.serviceConnect)
        fields(row.raftIndex)
        endObject()
    }

    /// - Parameter absentTags: show null where there are no tags, as transactions and prepared queries do.
    mutating func write(_ service: NodeService, absentTags: Bool = false) {
        beginObject()
        field("Kind", ifNotEmpty: service.kind)
        field("ID", service.id)
        field("Service", service.service)
        field("Tags", textsOrNull: service.tags ?? (absentTags ? nil : []))
        field("Address", service.address)
        field("TaggedAddresses", ifNotEmpty: service.taggedAddresses)
        field("Meta", map: service.meta)
        field("Port", service.port)
        field("Weights", service.weights)
        field("EnableTagOverride", service.enableTagOverride)
        key("Proxy")
        write(service.proxy)
        key("Connect")
        write(service.connect)
        fields(service.raftIndex)
        endObject()
    }

    /// The agent's own form of a service: another order, no indexes.
    mutating func write(agentService service: NodeService, hash: String?) {
        beginObject()
        field("Kind", ifNotEmpty: service.kind)
        field("ID", service.id)
        field("Service", service.service)
        field("Tags", texts: service.tags)
        field("Meta", map: service.meta ?? [:])
        field("Port", service.port)
        field("Address", service.address)
        field("TaggedAddresses", ifNotEmpty: service.taggedAddresses)
        field("Weights", service.weights)
        field("EnableTagOverride", service.enableTagOverride)
        if let hash { field("ContentHash", hash) }
        if service.connect.native {
            key("Connect")
            write(service.connect)
        }
        endObject()
    }

    mutating func write(nodeServices: NodeServices?) {
        guard let nodeServices, let node = nodeServices.node else { return null() }
        beginObject()
        key("Node")
        write(node)
        key("Services")
        beginObject()
        let services = (nodeServices.services ?? [:]).sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        for (id, service) in services {
            key(text: id)
            write(service)
        }
        endObject()
        endObject()
    }

    /// Here an empty list is null, as Consul has it.
    mutating func write(_ list: NodeServiceList) {
        beginObject()
        key("Node")
        if let node = list.node { write(node) } else { null() }
        key("Services")
        if let services = list.services, !services.isEmpty {
            self.list(services) { $0.write($1) }
        } else {
            null()
        }
        endObject()
    }

    mutating func write(_ row: CheckServiceNode, absentTags: Bool = false) {
        beginObject()
        key("Node")
        if let node = row.node { write(node) } else { null() }
        key("Service")
        if let service = row.service { write(service, absentTags: absentTags) } else { null() }
        key("Checks")
        if row.checks == nil, absentTags {
            null()
        } else {
            list(row.checks) { $0.write($1, absentTags: absentTags) }
        }
        endObject()
    }

    /// What the catalog's and the client library's forms of a check begin with.
    mutating func leadingFields(of check: HealthCheck) {
        field("Node", check.node)
        field("CheckID", check.checkID)
        field("Name", check.name)
        field("Status", check.status)
        field("Notes", check.notes)
        field("Output", check.output)
        field("ServiceID", check.serviceID)
        field("ServiceName", check.serviceName)
    }

    /// - Parameter absentTags: show null where there are no tags.
    mutating func write(_ check: HealthCheck, absentTags: Bool = false, datacenter: String? = nil) {
        beginObject()
        if let datacenter { field("Datacenter", datacenter) }
        leadingFields(of: check)
        field("ServiceTags", textsOrNull: check.serviceTags ?? (absentTags ? nil : []))
        field("Type", check.type)
        key("Definition")
        write(check.definition)
        fields(check.raftIndex)
        endObject()
    }

    private mutating func write(_ definition: HealthCheckDefinition) {
        beginObject()
        field("Interval", ifNotZero: definition.interval)
        if definition.outputMaxSize > 0 { field("OutputMaxSize", definition.outputMaxSize) }
        field("Timeout", ifNotZero: definition.timeout)
        field("DeregisterCriticalServiceAfter", ifNotZero: definition.deregisterCriticalServiceAfter)
        field("HTTP", ifNotEmpty: definition.http)
        if definition.tlsSkipVerify { field("TLSSkipVerify", true) }
        if let header = definition.header, !header.isEmpty {
            key("Header")
            beginObject()
            for (name, values) in header.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
                key(text: name)
                list(values) { $0.write($1) }
            }
            endObject()
        }
        field("Method", ifNotEmpty: definition.method)
        field("Body", ifNotEmpty: definition.body)
        field("TCP", ifNotEmpty: definition.tcp)
        if let arguments = definition.scriptArgs, !arguments.isEmpty { field("ScriptArgs", texts: arguments) }
        field("DockerContainerID", ifNotEmpty: definition.dockerContainerID)
        field("Shell", ifNotEmpty: definition.shell)
        field("GRPC", ifNotEmpty: definition.grpc)
        if definition.grpcUseTLS { field("GRPCUseTLS", true) }
        field("AliasNode", ifNotEmpty: definition.aliasNode)
        field("AliasService", ifNotEmpty: definition.aliasService)
        if definition.ttl != .zero { field("TTL", Int(definition.ttl.wholeNanoseconds)) }
        endObject()
    }

    private mutating func field(_ name: StaticString, ifNotZero duration: Duration) {
        if duration != .zero { field(name, duration.goText) }
    }

    private mutating func write(_ connect: ServiceConnect) {
        beginObject()
        if connect.native { field("Native", true) }
        if let sidecar = connect.sidecarService, sidecar != .null {
            key("SidecarService")
            write(sidecar)
        }
        endObject()
    }

    private mutating func write(_ proxy: ConnectProxyConfig) {
        beginObject()
        field("DestinationServiceName", ifNotEmpty: proxy.destinationServiceName)
        field("DestinationServiceID", ifNotEmpty: proxy.destinationServiceID)
        field("LocalServiceAddress", ifNotEmpty: proxy.localServiceAddress)
        if proxy.localServicePort != 0 { field("LocalServicePort", proxy.localServicePort) }
        field("Config", ifNotEmpty: proxy.config)
        if let upstreams = proxy.upstreams, !upstreams.isEmpty {
            key("Upstreams")
            list(upstreams) { $0.write($1) }
        }
        key("MeshGateway")
        write(proxy.meshGateway)
        key("Expose")
        beginObject()
        if proxy.expose.checks { field("Checks", true) }
        if let paths = proxy.expose.paths, !paths.isEmpty {
            key("Paths")
            list(paths) { $0.write($1) }
        }
        endObject()
        endObject()
    }

    private mutating func write(_ gateway: MeshGatewayConfig) {
        beginObject()
        field("Mode", ifNotEmpty: gateway.mode)
        endObject()
    }

    private mutating func write(_ upstream: Upstream) {
        beginObject()
        field("DestinationType", ifNotEmpty: upstream.destinationType)
        field("DestinationNamespace", ifNotEmpty: upstream.destinationNamespace)
        field("DestinationName", ifNotEmpty: upstream.destinationName)
        field("Datacenter", ifNotEmpty: upstream.datacenter)
        field("LocalBindAddress", ifNotEmpty: upstream.localBindAddress)
        if upstream.localBindPort != 0 { field("LocalBindPort", upstream.localBindPort) }
        field("Config", ifNotEmpty: upstream.config)
        key("MeshGateway")
        write(upstream.meshGateway)
        endObject()
    }

    private mutating func write(_ path: ExposePath) {
        beginObject()
        if path.listenerPort != 0 { field("ListenerPort", path.listenerPort) }
        field("Path", ifNotEmpty: path.path)
        if path.localPathPort != 0 { field("LocalPathPort", path.localPathPort) }
        field("Protocol", ifNotEmpty: path.protocolName)
        if path.parsedFromCheck { field("ParsedFromCheck", true) }
        endObject()
    }

    private mutating func field(_ name: StaticString, ifNotEmpty map: [String: DynamicValue]?) {
        guard let map, !map.isEmpty else { return }
        key(name)
        beginObject()
        for (key, value) in map.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            self.key(text: key)
            write(value)
        }
        endObject()
    }

    private mutating func write(_ value: DynamicValue) {
        switch value {
        case .null: null()
        case .bool(let value): write(value)
        case .signed(let value): write(Int(value))
        case .unsigned(let value): write(value)
        case .float(let value): write(Double(value))
        case .double(let value): write(value)
        case .raw(let bytes): write(ByteString(bytes))
        case .array(let items): list(items) { $0.write($1) }
        case .map(let entries):
            beginObject()
            for entry in entries {
                if case .raw(let name) = entry.key { key(text: String(decoding: name, as: UTF8.self)) } else { key("") }
                write(entry.value)
            }
            endObject()
        }
    }

    mutating func write(_ coordinate: Coordinate) {
        beginObject()
        field("Node", coordinate.node)
        field("Segment", coordinate.segment)
        key("Coord")
        if let coord = coordinate.coord { write(coord) } else { null() }
        endObject()
    }

    mutating func write(_ coordinate: SerfCoordinate) {
        beginObject()
        key("Vec")
        list(coordinate.vec) { $0.write($1) }
        field("Error", coordinate.error)
        field("Adjustment", coordinate.adjustment)
        field("Height", coordinate.height)
        endObject()
    }

    mutating func write(_ map: DatacenterMap) {
        beginObject()
        field("Datacenter", map.datacenter)
        field("AreaID", map.areaID)
        key("Coordinates")
        list(map.coordinates) { $0.write($1) }
        endObject()
    }
}
