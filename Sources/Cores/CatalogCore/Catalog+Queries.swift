package import FederationModel
import RadixTree

extension Catalog {
    mutating func applyQuery(_ request: PreparedQueryRequest, at index: UInt64) -> ApplyResult {
        guard let query = request.query else { return .refused("Must provide a query") }
        switch QueryOperation(rawValue: request.op) {
        case .create, .update: return store(query, at: index)
        case .delete:
            if let problem = Self.queryProblem(query.id) { return .refused(problem) }
            removeQuery(SessionKey.of(query.id), at: index)
            return ApplyResult(text: query.id)
        case nil: return .refused(QueryOperation.unknown(request.op))
        }
    }

    private mutating func store(_ query: PreparedQuery, at index: UInt64) -> ApplyResult {
        if let problem = Self.queryProblem(query.id) { return .refused(problem) }
        let id = SessionKey.of(query.id)
        let existing = queries.get(id)
        let name = Fold.folded(query.name)
        guard name.count <= Fold.maxNameBytes else {
            return .refused("name is longer than \(Fold.maxNameBytes) bytes")
        }
        if !query.name.isEmpty {
            if let other = queryNames.get(name), other != id {
                return .refused("name '\(query.name)' aliases an existing query name")
            }
        } else if query.isTemplate, let other = templates.get(name), other != id {
            return .refused("a query template with an empty name already exists")
        }
        if SessionKey.uuidProblem(query.name) == nil, queries.get(SessionKey.of(query.name)) != nil {
            return .refused("name '\(query.name)' aliases an existing query ID")
        }
        if !query.session.isEmpty {
            if let problem = SessionKey.uuidProblem(query.session) {
                return .refused("invalid session: index error: \(problem)")
            }
            if sessions.get(SessionKey.of(query.session)) == nil {
                return .refused("invalid session \"\(query.session)\"")
            }
        }
        var stored = query
        stored.raftIndex = RaftIndex(createIndex: existing?.raftIndex.createIndex ?? index, modifyIndex: index)
        if let existing { unlist(existing, at: index) }
        list(stored, at: index)
        indexes.queries = index
        touch(.queries)
        return ApplyResult(text: query.id)
    }

    /// Into every table that finds it.
    mutating func list(_ query: PreparedQuery, at index: UInt64) {
        let id = SessionKey.of(query.id)
        let name = Fold.folded(query.name)
        queries.set(id, query, index: index)
        if !query.name.isEmpty { queryNames.set(name, id, index: index) }
        if query.isTemplate { templates.set(name, id, index: index) }
        if !query.session.isEmpty {
            queriesBySession.set(Fold.joined(SessionKey.of(query.session), id), id, index: index)
        }
    }

    private mutating func unlist(_ query: PreparedQuery, at index: UInt64) {
        let id = SessionKey.of(query.id)
        let name = Fold.folded(query.name)
        if !query.name.isEmpty { queryNames.remove(name, index: index) }
        if query.isTemplate { templates.remove(name, index: index) }
        if !query.session.isEmpty {
            queriesBySession.remove(Fold.joined(SessionKey.of(query.session), id), index: index)
        }
    }

    private mutating func removeQuery(_ id: ByteString, at index: UInt64) {
        guard let query = queries.remove(id, index: index) else { return }
        unlist(query, at: index)
        indexes.queries = index
        touch(.queries)
    }

    mutating func removeQueries(ofSession session: ByteString, at index: UInt64) {
        if queriesBySession.isEmpty { return }
        for id in queriesBySession.values(under: Fold.joined(session)) { removeQuery(id, at: index) }
    }

    /// Why a text is no id of a query, in Consul's words; nil when it is one.
    static func queryProblem(_ id: String) -> String? {
        SessionKey.uuidProblem(id).map { "failed prepared query lookup: index error: \($0)" }
    }

    package func query(_ id: String) -> PreparedQuery? { queries.get(SessionKey.of(id)) }

    // MARK: Answers

    func getQuery(_ request: PreparedQuerySpecificRequest) -> (Response, UInt64, WatchKey) {
        let found = query(request.queryID).map { [$0] }
        return (.queries(IndexedPreparedQueries(queries: found)), indexes.queries, .queries)
    }

    func listQueries() -> (Response, UInt64, WatchKey) {
        let found = queries.values()
        return (.queries(IndexedPreparedQueries(queries: found.isEmpty ? nil : found)), indexes.queries, .queries)
    }

    // MARK: Resolution

    /// The query that an id or a name stands for, rendered when it is a template: by id, else by name, else by the
    /// template of the longest prefix. O(length of the name).
    /// - Throws: `.remote("Query not found")` when there is none.
    package func resolve(
        _ idOrName: String, agentSegment: String, patterns: PatternCompiler
    ) throws(FederationError) -> PreparedQuery {
        if !idOrName.isEmpty {
            if SessionKey.uuidProblem(idOrName) == nil, let found = query(idOrName) {
                guard !found.isTemplate else {
                    throw .remote("prepared query templates can only be resolved up by name, not by ID")
                }
                return found
            }
            let name = Fold.folded(idOrName)
            var id = queryNames.get(name)
            if id == nil {
                // The tree knows no empty key apart from its root's: the walk gives it as well, the longest last.
                templates.forEachPrefix(of: name) { _, found in id = found }
            }
            if let id, let found = queries.get(id) {
                guard found.isTemplate else { return found }
                do throws(TemplateProblem) {
                    return try found.rendered(as: idOrName, segment: agentSegment, patterns: patterns)
                } catch {
                    throw .remote("failed rendering template: \(error.text)")
                }
            }
        }
        throw .queryNotFound
    }

    /// The instances that a query selects, in the order of their nodes.
    package func run(
        _ query: PreparedQuery, connect: Bool, datacenter: String
    ) -> PreparedQueryExecuteResponse {
        let service = query.service
        let isForMesh = connect || service.connect
        let request = ServiceSpecificRequest(
            datacenter: datacenter, nodeMetaFilters: service.nodeMeta, serviceName: service.service,
            connect: isForMesh)
        var rows: [CheckServiceNode] = []
        let health = answer(.healthServiceNodes(request), datacenter: datacenter)?.response
        if case .checkServiceNodes(let found)? = health {
            rows = (found.nodes ?? []).filter { service.admits($0) }
        }
        return PreparedQueryExecuteResponse(
            service: service.service, nodes: rows, dns: query.dns, datacenter: datacenter)
    }

    /// Sorts the instances by distance from where the caller stands. The node asked from comes first among the first
    /// ten, as with Consul.
    package func sort(
        _ rows: inout [CheckServiceNode], of query: PreparedQuery, for request: PreparedQueryExecuteRequest,
        datacenter: String
    ) {
        var source = request.source
        if source.datacenter.isEmpty { source.datacenter = request.agent.datacenter }
        if source.node.isEmpty { source.node = query.service.near }
        if source.node == "_agent" {
            source.node = request.agent.node
        } else if source.node == "_ip" {
            source.node = request.source.ip.isEmpty ? "" : node(at: request.source.ip) ?? ""
        }
        guard !source.node.isEmpty else { return }
        sort(&rows, near: source, datacenter) { $0.node?.node ?? "" }
        guard source.datacenter == datacenter else { return }
        let first = rows.prefix(10).firstIndex { Fold.equal($0.node?.node ?? "", source.node) }
        if let first { rows.swapAt(0, first) }
    }

    private func node(at address: String) -> String? {
        var found: String?
        nodes.forEachValue { row in
            if found == nil, row.node.record.address == address { found = row.node.record.node }
        }
        return found
    }
}

extension FederationError {
    /// The edge shows it with status 404.
    package static let queryNotFound = FederationError.remote("Query not found")
}

extension PreparedQuery {
    package var isTemplate: Bool { !template.type.isEmpty }
}

extension ServiceQuery {
    /// Health, metadata and tags of an instance; the node's metadata has been asked for already.
    fileprivate func admits(_ row: CheckServiceNode) -> Bool {
        for check in row.checks ?? [] where !(ignoreCheckIDs ?? []).contains(check.checkID) {
            if check.status == "critical" || onlyPassing && check.status != "passing" { return false }
        }
        let meta = row.service?.meta ?? [:]
        for (key, value) in serviceMeta ?? [:] where meta[key] != value { return false }
        let own = row.service?.tags ?? []
        for tag in tags ?? [] {
            let isForbidden = tag.hasPrefix("!")
            let name = isForbidden ? String(tag.dropFirst()) : tag
            if own.contains(where: { Fold.equal($0, name) }) == isForbidden { return false }
        }
        return true
    }
}

/// The verbs of `PreparedQuery.Apply`.
enum QueryOperation: String {
    case create, update, delete

    static func unknown(_ verb: String) -> String { "Unknown prepared query operation: \(verb)" }
}
