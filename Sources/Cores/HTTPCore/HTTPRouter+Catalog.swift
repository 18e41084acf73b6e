import Determinism
import FederationModel

extension HTTPRouter {
    func healthService(_ call: Call, _ kind: Call.InstanceKind = .plain) throws(HTTPProblem) -> HTTPAction {
        let request = try call.serviceRequest(kind)
        var passingOnly = false
        if call.query.has("passing") {
            let text = call.query.first("passing")
            guard let value = text.isEmpty ? true : Bool(goText: text) else {
                throw .badRequest("Invalid value for ?passing")
            }
            passingOnly = value
        }
        return .request(.healthServiceNodes(request), call.rendering(.healthService(passingOnly: passingOnly)))
    }

    func healthState(_ call: Call) throws(HTTPProblem) -> HTTPAction {
        let request = ChecksInStateRequest(
            datacenter: call.datacenter, nodeMetaFilters: call.nodeMeta,
            state: try call.restText(orMissing: "check state"), source: call.source, options: call.options)
        return .request(.healthChecksInState(request), call.rendering(.list))
    }

    /// Registrations name their datacenter in the body; `?dc=` does not count.
    func register(_ call: Call) throws(HTTPProblem) -> HTTPAction {
        var reader = try BodyReader.read(call.request.body)
        var request = reader.registerRequest()
        try reader.throwFirstProblem()
        if request.datacenter.isEmpty { request.datacenter = context.datacenter }
        request.write = call.write
        return .request(.catalogRegister(request), call.rendering(.value))
    }

    func deregister(_ call: Call) throws(HTTPProblem) -> HTTPAction {
        var reader = try BodyReader.read(call.request.body)
        var request = reader.deregisterRequest()
        try reader.throwFirstProblem()
        if request.datacenter.isEmpty { request.datacenter = context.datacenter }
        request.write = call.write
        return .request(.catalogDeregister(request), call.rendering(.value))
    }

    func updateCoordinate(_ call: Call) throws(HTTPProblem) -> HTTPAction {
        var reader = try BodyReader.read(call.request.body)
        var request = reader.coordinateUpdate()
        try reader.throwFirstProblem()
        if request.datacenter.isEmpty { request.datacenter = call.datacenter }
        request.write = call.write
        return .request(.coordinateUpdate(request), call.rendering(.done))
    }
}

extension Call {
    func nodeRequest() throws(HTTPProblem) -> NodeSpecificRequest {
        nodeRequest(try restText(orMissing: "node name"))
    }

    func coordinateRendering(isOne: Bool) -> Rendering {
        rendering(.coordinates(segment: query.has("segment") ? query.first("segment") : nil, isOne: isOne))
    }

    /// Instances of the service itself, its mesh proxies, or its ingress gateways.
    enum InstanceKind { case plain, connect, ingress }

    func serviceRequest(_ kind: InstanceKind = .plain) throws(HTTPProblem) -> ServiceSpecificRequest {
        let tags = query.all("tag")
        return ServiceSpecificRequest(
            datacenter: datacenter, nodeMetaFilters: nodeMeta, serviceName: try restText(orMissing: "service name"),
            serviceTags: tags.isEmpty ? nil : tags, tagFilter: !tags.isEmpty, source: source, connect: kind == .connect,
            ingress: kind == .ingress, options: options)
    }
}
