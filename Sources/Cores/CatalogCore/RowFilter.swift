package import FederationModel
package import FilterCore

/// The filter expression of a request, made for the rows that its answer lists.
package enum RowFilter: Sendable {
    case nodes(Filter<Node>)
    case serviceNodes(Filter<ServiceNode>)
    case services(Filter<NodeService>)
    case checks(Filter<HealthCheck>)
    case instances(Filter<CheckServiceNode>)
    case dump(Filter<NodeInfo>)

    /// - Returns: nil without an expression, and for a request whose answer Consul does not filter.
    package init?(of request: Request, patterns: PatternCompiler) throws(FilterProblem) {
        guard let text = request.options?.filter, !text.isEmpty else { return nil }
        switch request {
        case .catalogListNodes: self = .nodes(try Filter(text, patterns: patterns))
        case .catalogServiceNodes: self = .serviceNodes(try Filter(text, patterns: patterns))
        case .catalogNodeServices, .catalogNodeServiceList: self = .services(try Filter(text, patterns: patterns))
        case .healthChecksInState, .healthNodeChecks, .healthServiceChecks:
            self = .checks(try Filter(text, patterns: patterns))
        case .healthServiceNodes, .internalServiceDump: self = .instances(try Filter(text, patterns: patterns))
        case .internalNodeInfo, .internalNodeDump: self = .dump(try Filter(text, patterns: patterns))
        default: return nil
        }
    }

    /// Leaves the rows that match. A list that had rows stays one when it has none left.
    package func apply(to response: inout Response) {
        switch (self, response) {
        case (.nodes(let filter), .nodes(var body)):
            body.nodes = body.nodes?.filter { filter.matches($0) }
            response = .nodes(body)
        case (.serviceNodes(let filter), .serviceNodes(var body)):
            body.serviceNodes = body.serviceNodes?.filter { filter.matches($0) }
            response = .serviceNodes(body)
        case (.services(let filter), .nodeServices(var body)):
            let services = body.nodeServices?.services?.filter { filter.matches($0.value) }
            body.nodeServices?.services = services
            response = .nodeServices(body)
        case (.services(let filter), .nodeServiceList(var body)):
            body.nodeServices.services = body.nodeServices.services?.filter { filter.matches($0) }
            response = .nodeServiceList(body)
        case (.checks(let filter), .healthChecks(var body)):
            body.healthChecks = body.healthChecks?.filter { filter.matches($0) }
            response = .healthChecks(body)
        case (.instances(let filter), .checkServiceNodes(var body)):
            body.nodes = body.nodes?.filter { filter.matches($0) }
            response = .checkServiceNodes(body)
        case (.dump(let filter), .nodeDump(var body)):
            body.dump = body.dump?.filter { filter.matches($0) }
            response = .nodeDump(body)
        default: break
        }
    }
}
