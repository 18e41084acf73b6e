import Determinism
import FederationModel
import WireFormat

/// `/v1/query` and what is below it.
extension HTTPRouter {
    func preparedQueries(_ call: Call) throws(HTTPProblem) -> HTTPAction {
        if call.request.method == "GET" {
            return .request(.preparedQueryList(call.datacenterRequest()), call.rendering(.queries))
        }
        var reader = try BodyReader.read(call.request.body)
        let query = reader.preparedQuery()
        try reader.throwFirstProblem()
        return apply("create", query, call, .created)
    }

    func preparedQuery(_ call: Call) throws(HTTPProblem) -> HTTPAction {
        let path = call.restText
        for (suffix, isExecute) in [("/execute", true), ("/explain", false)] where path.hasSuffix(suffix) {
            if call.request.method == "OPTIONS" { return .respond(options(.get)) }
            guard call.request.method == "GET" else {
                throw HTTPProblem(status: 405, "method \(call.request.method) not allowed", allow: "GET")
            }
            return try run(String(path.dropLast(suffix.utf8.count)), isExecute: isExecute, call)
        }
        let methods = Route.Methods.getPutDelete
        if call.request.method == "OPTIONS" { return .respond(options(methods)) }
        guard methods.allows(call.request.method) else {
            throw HTTPProblem(
                status: 405, call.request.method == "HEAD" ? "" : "method \(call.request.method) not allowed",
                allow: methods.names.joined(separator: ","))
        }
        switch call.request.method {
        case "GET":
            let request = PreparedQuerySpecificRequest(
                datacenter: call.datacenter, queryID: path, options: call.options)
            return .request(.preparedQueryGet(request), call.rendering(.queries))
        case "PUT":
            var query = PreparedQuery()
            if !call.request.body.isEmpty {
                var reader = try BodyReader.read(call.request.body)
                query = reader.preparedQuery()
                try reader.throwFirstProblem()
            }
            query.id = path
            return apply("update", query, call, .done)
        default: return apply("delete", PreparedQuery(id: path), call, .done)
        }
    }

    /// Here Consul answers with an empty object.
    private func options(_ methods: Route.Methods) -> HTTPResponse {
        var json = JSONWriter(isPretty: false)
        json.beginObject()
        json.endObject()
        return Self.json(json, commonHeaders + [(name: "Allow", value: methods.text)])
    }

    private func apply(
        _ operation: String, _ query: PreparedQuery, _ call: Call, _ endpoint: Rendering.Endpoint
    ) -> HTTPAction {
        let request = PreparedQueryRequest(
            datacenter: call.datacenter, op: operation, query: query, write: call.write)
        return .request(.preparedQueryApply(request), call.rendering(endpoint))
    }

    private func run(_ name: String, isExecute: Bool, _ call: Call) throws(HTTPProblem) -> HTTPAction {
        var source = call.source
        // The datacenter of the source is the agent's, unless the caller asks from a node of another.
        if source.node.isEmpty { source.datacenter = "" }
        var request = PreparedQueryExecuteRequest(
            datacenter: call.datacenter, queryIDOrName: name, source: source,
            agent: QuerySource(datacenter: context.datacenter, node: context.node), options: call.options)
        // Run once: a query does not wait for a change.
        request.options.minQueryIndex = 0
        guard isExecute else { return .request(.preparedQueryExplain(request), call.rendering(.queryExplanation)) }
        let limit = call.query.first("limit")
        if !limit.isEmpty {
            guard let number = Int(limit) else {
                throw HTTPProblem(status: 500, "Bad limit: strconv.Atoi: parsing \"\(limit)\": invalid syntax")
            }
            request.limit = number
        }
        let connect = call.query.first("connect")
        if !connect.isEmpty {
            guard let value = Bool(goText: connect) else {
                throw HTTPProblem(
                    status: 500, "Bad connect: strconv.ParseBool: parsing \"\(connect)\": invalid syntax")
            }
            request.connect = value
        }
        return .request(.preparedQueryExecute(request), call.rendering(.queryResult))
    }
}

extension BodyReader {
    fileprivate mutating func preparedQuery() -> PreparedQuery {
        var query = PreparedQuery()
        members(of: root, "") { reader, name, value, key in
            switch name {
            case "id": query.id = reader.text(value, key)
            case "name": query.name = reader.text(value, key)
            case "session": query.session = reader.text(value, key)
            case "token": query.token = reader.text(value, key)
            case "template": query.template = reader.queryTemplate(value, key)
            case "service": query.service = reader.serviceQuery(value, key)
            case "dns":
                reader.members(of: value, key) { reader, name, value, key in
                    guard name == "ttl" else { return false }
                    query.dns.ttl = reader.text(value, key)
                    return true
                }
            case "createindex", "modifyindex": _ = reader.unsigned(value, key)
            default: return false
            }
            return true
        }
        return query
    }

    private mutating func queryTemplate(_ value: JSONValue, _ key: String) -> QueryTemplate {
        var template = QueryTemplate()
        members(of: value, key) { reader, name, value, key in
            switch name {
            case "type": template.type = reader.text(value, key)
            case "regexp": template.regexp = reader.text(value, key)
            case "removeemptytags": template.removeEmptyTags = reader.boolean(value, key)
            default: return false
            }
            return true
        }
        return template
    }

    private mutating func serviceQuery(_ value: JSONValue, _ key: String) -> ServiceQuery {
        var service = ServiceQuery()
        members(of: value, key) { reader, name, value, key in
            switch name {
            case "service": service.service = reader.text(value, key)
            case "failover": service.failover = reader.queryFailover(value, key)
            case "onlypassing": service.onlyPassing = reader.boolean(value, key)
            case "ignorecheckids": service.ignoreCheckIDs = value.isNull ? nil : reader.texts(value, key)
            case "near": service.near = reader.text(value, key)
            case "tags": service.tags = value.isNull ? nil : reader.texts(value, key)
            case "nodemeta": service.nodeMeta = reader.textMap(value, key)
            case "servicemeta": service.serviceMeta = reader.textMap(value, key)
            case "connect": service.connect = reader.boolean(value, key)
            case "namespace": _ = reader.text(value, key)
            default: return false
            }
            return true
        }
        return service
    }

    private mutating func queryFailover(_ value: JSONValue, _ key: String) -> QueryDatacenterOptions {
        var failover = QueryDatacenterOptions()
        members(of: value, key) { reader, name, value, key in
            switch name {
            case "nearestn": failover.nearestN = reader.integer(value, key)
            case "datacenters": failover.datacenters = value.isNull ? nil : reader.texts(value, key)
            default: return false
            }
            return true
        }
        return failover
    }
}

extension JSONWriter {
    mutating func write(_ query: PreparedQuery) {
        beginObject()
        field("ID", query.id)
        field("Name", query.name)
        field("Session", query.session)
        field("Token", query.token)
        key("Template")
        beginObject()
        field("Type", query.template.type)
        field("Regexp", query.template.regexp)
        field("RemoveEmptyTags", query.template.removeEmptyTags)
        endObject()
        key("Service")
        write(query.service)
        key("DNS")
        write(query.dns)
        field("CreateIndex", query.raftIndex.createIndex)
        field("ModifyIndex", query.raftIndex.modifyIndex)
        endObject()
    }

    private mutating func write(_ dns: QueryDNSOptions) {
        beginObject()
        field("TTL", dns.ttl)
        endObject()
    }

    private mutating func write(_ service: ServiceQuery) {
        beginObject()
        field("Service", service.service)
        key("Failover")
        beginObject()
        field("NearestN", service.failover.nearestN)
        field("Datacenters", textsOrNull: service.failover.datacenters)
        endObject()
        field("OnlyPassing", service.onlyPassing)
        field("IgnoreCheckIDs", textsOrNull: service.ignoreCheckIDs)
        field("Near", service.near)
        field("Tags", textsOrNull: service.tags)
        field("NodeMeta", map: service.nodeMeta)
        field("ServiceMeta", map: service.serviceMeta)
        field("Connect", service.connect)
        endObject()
    }

    /// - Parameter rows: the instances as they are to be shown.
    mutating func write(
        _ answer: PreparedQueryExecuteResponse, rows: [CheckServiceNode], consistency: Rendering.Consistency
    ) {
        beginObject()
        field("Service", answer.service)
        key("Nodes")
        list(rows) { $0.write($1, absentTags: true) }
        key("DNS")
        write(answer.dns)
        field("Datacenter", answer.datacenter)
        field("Failovers", answer.failovers)
        write(members: answer.meta, consistency: consistency.rawValue)
        endObject()
    }

    mutating func write(_ answer: PreparedQueryExplainResponse, consistency: Rendering.Consistency) {
        beginObject()
        key("Query")
        write(answer.query)
        write(members: answer.meta, consistency: consistency.rawValue)
        endObject()
    }
}
