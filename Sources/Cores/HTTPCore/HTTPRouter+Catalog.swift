import FederationModel

extension HTTPRouter {
    func catalogRead(_ handler: Route.Handler, _ call: Call) throws(HTTPProblem) -> HTTPAction {
        switch handler {
        case .catalogDatacenters:
            .request(.catalogListDatacenters(DatacentersRequest(options: call.options)), call.rendering(.value))
        case .catalogNodes: .request(.catalogListNodes(call.datacenterRequest()), call.rendering(.list))
        case .catalogServices: .request(.catalogListServices(call.datacenterRequest()), call.rendering(.list))
        case .catalogService:
            .request(.catalogServiceNodes(try call.serviceRequest()), call.rendering(.list))
        case .catalogNode:
            .request(
                .catalogNodeServices(call.nodeRequest(try call.restText(orMissing: "node name"))),
                call.rendering(.nodeServices))
        default:
            .request(
                .catalogNodeServiceList(call.nodeRequest(try call.restText(orMissing: "node name"))),
                call.rendering(.nodeServiceList))
        }
    }

    func healthRead(_ handler: Route.Handler, _ call: Call) throws(HTTPProblem) -> HTTPAction {
        switch handler {
        case .healthNode:
            return .request(
                .healthNodeChecks(call.nodeRequest(try call.restText(orMissing: "node name"))), call.rendering(.list))
        case .healthChecks:
            return .request(.healthServiceChecks(try call.serviceRequest()), call.rendering(.list))
        case .healthService:
            let request = try call.serviceRequest()
            var passingOnly = false
            if call.query.has("passing") {
                let text = call.query.first("passing")
                guard let value = text.isEmpty ? true : Bool(goText: text) else {
                    throw .badRequest("Invalid value for ?passing")
                }
                passingOnly = value
            }
            return .request(.healthServiceNodes(request), call.rendering(.healthService(passingOnly: passingOnly)))
        default:
            let request = ChecksInStateRequest(
                datacenter: call.datacenter, nodeMetaFilters: call.nodeMeta,
                state: try call.restText(orMissing: "check state"), source: call.source, options: call.options)
            return .request(.healthChecksInState(request), call.rendering(.list))
        }
    }

    /// Registrations name their datacenter in the body; `?dc=` does not count.
    func catalogWrite(_ handler: Route.Handler, _ call: Call) throws(HTTPProblem) -> HTTPAction {
        var fields = try BodyReader.read(call.request.body)
        if case .catalogRegister = handler {
            var request = fields.registerRequest()
            try fields.throwFirstProblem()
            if request.datacenter.isEmpty { request.datacenter = context.datacenter }
            request.write = call.write
            return .request(.catalogRegister(request), call.rendering(.value))
        }
        var request = fields.deregisterRequest()
        try fields.throwFirstProblem()
        if request.datacenter.isEmpty { request.datacenter = context.datacenter }
        request.write = call.write
        return .request(.catalogDeregister(request), call.rendering(.value))
    }

    func coordinateRead(_ handler: Route.Handler, _ call: Call) -> HTTPAction {
        switch handler {
        case .coordinateDatacenters: return .request(.coordinateListDatacenters, call.rendering(.value))
        case .coordinateNodes:
            let segment = call.query.has("segment") ? call.query.first("segment") : nil
            return .request(
                .coordinateListNodes(call.datacenterRequest()), call.rendering(.coordinates(segment: segment, isOne: false)))
        default:
            let segment = call.query.has("segment") ? call.query.first("segment") : nil
            return .request(
                .coordinateNode(call.nodeRequest(call.restText)), call.rendering(.coordinates(segment: segment, isOne: true)))
        }
    }
}

extension Call {
    func serviceRequest() throws(HTTPProblem) -> ServiceSpecificRequest {
        let tags = query.all("tag")
        return ServiceSpecificRequest(
            datacenter: datacenter, nodeMetaFilters: nodeMeta, serviceName: try restText(orMissing: "service name"),
            serviceTags: tags.isEmpty ? nil : tags, tagFilter: !tags.isEmpty, source: source, options: options)
    }
}

extension Bool {
    /// What Go's `ParseBool` takes.
    init?(goText text: String) {
        switch text {
        case "1", "t", "T", "true", "TRUE", "True": self = true
        case "0", "f", "F", "false", "FALSE", "False": self = false
        default: return nil
        }
    }
}
