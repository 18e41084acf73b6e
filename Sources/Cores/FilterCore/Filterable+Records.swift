package import FederationModel

// What can be selected in Consul's records, by the names of their JSON form.

extension Node: Filterable {
    package static let filterFields: FilterFields<Node> = [
        "ID": .text { $0.id },
        "Node": .text { $0.node },
        "Address": .text { $0.address },
        "Datacenter": .text { $0.datacenter },
        "TaggedAddresses": .textMap { $0.taggedAddresses },
        "Meta": .textMap { $0.meta },
    ]
}

extension NodeService: Filterable {
    package static let filterFields: FilterFields<NodeService> = [
        "Kind": .text { $0.kind },
        "ID": .text { $0.id },
        "Service": .text { $0.service },
        "Tags": .texts { $0.tags },
        "Address": .text { $0.address },
        "TaggedAddresses": .addresses { $0.taggedAddresses },
        "Meta": .textMap { $0.meta },
        "Port": .integer { $0.port },
        "Weights": .part({ $0.weights ?? Weights(passing: 1, warning: 1) }, Weights.filterFields),
        "EnableTagOverride": .boolean { $0.enableTagOverride },
        "Proxy": .part({ $0.proxy }, ConnectProxyConfig.filterFields),
        "Connect": .part({ $0.connect }, ServiceConnect.filterFields),
    ]
}

extension ServiceNode: Filterable {
    package static let filterFields: FilterFields<ServiceNode> = [
        "ID": .text { $0.id },
        "Node": .text { $0.node },
        "Address": .text { $0.address },
        "Datacenter": .text { $0.datacenter },
        "TaggedAddresses": .textMap { $0.taggedAddresses },
        "NodeMeta": .textMap { $0.nodeMeta },
        "ServiceKind": .text { $0.serviceKind },
        "ServiceID": .text { $0.serviceID },
        "ServiceName": .text { $0.serviceName },
        "ServiceTags": .texts { $0.serviceTags },
        "ServiceAddress": .text { $0.serviceAddress },
        "ServiceTaggedAddresses": .addresses { $0.serviceTaggedAddresses },
        "ServiceWeights": .part({ $0.serviceWeights }, Weights.filterFields),
        "ServiceMeta": .textMap { $0.serviceMeta },
        "ServicePort": .integer { $0.servicePort },
        "ServiceEnableTagOverride": .boolean { $0.serviceEnableTagOverride },
        "ServiceProxy": .part({ $0.serviceProxy }, ConnectProxyConfig.filterFields),
        "ServiceConnect": .part({ $0.serviceConnect }, ServiceConnect.filterFields),
    ]
}

extension HealthCheck: Filterable {
    package static let filterFields: FilterFields<HealthCheck> = [
        "Node": .text { $0.node },
        "CheckID": .text { $0.checkID },
        "Name": .text { $0.name },
        "Status": .text { $0.status },
        "Notes": .text { $0.notes },
        "Output": .text { $0.output },
        "ServiceID": .text { $0.serviceID },
        "ServiceName": .text { $0.serviceName },
        "ServiceTags": .texts { $0.serviceTags },
        "Type": .text { $0.type },
    ]
}

extension CheckServiceNode: Filterable {
    package static let filterFields: FilterFields<CheckServiceNode> = [
        "Node": .part({ $0.node ?? Node() }, Node.filterFields),
        "Service": .part({ $0.service ?? NodeService() }, NodeService.filterFields),
        "Checks": .list({ $0.checks }, HealthCheck.filterFields),
    ]
}

extension NodeInfo: Filterable {
    package static let filterFields: FilterFields<NodeInfo> = [
        "ID": .text { $0.id },
        "Node": .text { $0.node },
        "Address": .text { $0.address },
        "TaggedAddresses": .textMap { $0.taggedAddresses },
        "Meta": .textMap { $0.meta },
        "Services": .list({ $0.services }, NodeService.filterFields),
        "Checks": .list({ $0.checks }, HealthCheck.filterFields),
    ]
}

/// An intention, of which there are none: what it could be filtered by.
package struct NoIntention: Filterable {
    package static let filterFields: FilterFields<NoIntention> = {
        var fields: FilterFields<NoIntention> = ["Precedence": .integer { _ in 0 }, "Meta": .textMap { _ in nil }]
        for name in [
            "ID", "Description", "SourceNS", "SourceName", "DestinationNS", "DestinationName", "SourceType", "Action",
        ] { fields[name] = .text { _ in "" } }
        return fields
    }()
}

extension ServiceAddress {
    static let filterFields: FilterFields<ServiceAddress> = [
        "Address": .text { $0.address },
        "Port": .integer { $0.port },
    ]
}

extension Weights {
    fileprivate static let filterFields: FilterFields<Weights> = [
        "Passing": .integer { $0.passing },
        "Warning": .integer { $0.warning },
    ]
}

extension ServiceConnect {
    fileprivate static let filterFields: FilterFields<ServiceConnect> = ["Native": .boolean { $0.native }]
}

extension ConnectProxyConfig {
    fileprivate static let filterFields: FilterFields<ConnectProxyConfig> = [
        "DestinationServiceName": .text { $0.destinationServiceName },
        "DestinationServiceID": .text { $0.destinationServiceID },
        "LocalServiceAddress": .text { $0.localServiceAddress },
        "LocalServicePort": .integer { $0.localServicePort },
        "Upstreams": .list({ $0.upstreams }, Upstream.filterFields),
        "MeshGateway": .part({ $0.meshGateway }, MeshGatewayConfig.filterFields),
        "Expose": .part({ $0.expose }, ExposeConfig.filterFields),
    ]
}

extension MeshGatewayConfig {
    fileprivate static let filterFields: FilterFields<MeshGatewayConfig> = ["Mode": .text { $0.mode }]
}

extension Upstream {
    fileprivate static let filterFields: FilterFields<Upstream> = [
        "DestinationType": .text { $0.destinationType },
        "DestinationNamespace": .text { $0.destinationNamespace },
        "DestinationName": .text { $0.destinationName },
        "Datacenter": .text { $0.datacenter },
        "LocalBindAddress": .text { $0.localBindAddress },
        "LocalBindPort": .integer { $0.localBindPort },
        "MeshGateway": .part({ $0.meshGateway }, MeshGatewayConfig.filterFields),
    ]
}

extension ExposeConfig {
    fileprivate static let filterFields: FilterFields<ExposeConfig> = [
        "Checks": .boolean { $0.checks },
        "Paths": .list({ $0.paths }, ExposePath.filterFields),
    ]
}

extension ExposePath {
    fileprivate static let filterFields: FilterFields<ExposePath> = [
        "ListenerPort": .integer { $0.listenerPort },
        "Path": .text { $0.path },
        "LocalPathPort": .integer { $0.localPathPort },
        "Protocol": .text { $0.protocolName },
        "ParsedFromCheck": .boolean { $0.parsedFromCheck },
    ]
}
