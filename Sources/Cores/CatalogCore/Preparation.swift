import Determinism
package import FederationModel

/// What the leader knows besides a write request when it makes a command of it.
package struct Preparation: Sendable {
    /// The id of what the request makes, drawn by the caller from the operating system's generator.
    package var identity: String
    package var patterns: PatternCompiler
    /// Consul's `session_ttl_min`.
    package var minSessionTTL: Duration
    /// Nil: nothing is known yet.
    package var catalog: Catalog?

    package init(
        identity: String = "", patterns: PatternCompiler = .none, minSessionTTL: Duration = .seconds(10),
        catalog: Catalog? = nil
    ) {
        self.identity = identity
        self.patterns = patterns
        self.minSessionTTL = minSessionTTL
        self.catalog = catalog
    }
}

extension Request {
    /// The request makes something that needs an id of its own.
    package var needsIdentity: Bool {
        switch self {
        case .sessionApply(let body): body.op == SessionOperation.create.rawValue
        case .preparedQueryApply(let body): body.op == QueryOperation.create.rawValue
        default: false
        }
    }
}

extension Preparation {
    func prepared(_ request: SessionRequest) throws(FederationError) -> Command {
        var request = request
        let operation = SessionOperation(rawValue: request.op)
        if request.session.id.isEmpty, operation == .destroy { throw .remote("Must provide ID") }
        if request.session.node.isEmpty, operation == .create { throw .remote("Must provide Node") }
        guard ["", "release", "delete"].contains(request.session.behavior) else {
            throw .remote("Invalid Behavior setting '\(request.session.behavior)'")
        }
        if !request.session.ttl.isEmpty {
            guard let ttl = Duration(goText: request.session.ttl) else {
                let ttl = request.session.ttl
                throw .remote("Session TTL '\(ttl)' invalid: \(Duration.goProblem(ttl))")
            }
            if ttl != .zero, ttl < minSessionTTL || ttl > Self.maxSessionTTL {
                throw .remote(
                    "Invalid Session TTL '\(ttl.wholeNanoseconds)', must be between "
                        + "[\(minSessionTTL.goText)=\(Self.maxSessionTTL.goText)]")
            }
        }
        switch operation {
        case .create:
            for name in [request.session.name, request.session.node] + request.session.checkIDs {
                guard name.utf8.count <= Fold.maxNameBytes else {
                    throw .remote("a name is longer than \(Fold.maxNameBytes) bytes")
                }
            }
            request.session.id = identity
        case .destroy:
            if let problem = SessionKey.problem(request.session.id) { throw .remote(problem) }
            request.session = Session(id: request.session.id)
        case nil: throw .remote(SessionOperation.unknown(request.op))
        }
        request.write = WriteRequest()
        return .session(request)
    }

    /// Consul's upper bound.
    private static let maxSessionTTL = Duration.seconds(86_400)

    func prepared(_ request: PreparedQueryRequest) throws(FederationError) -> Command {
        var request = request
        var query = request.query ?? PreparedQuery()
        let operation = QueryOperation(rawValue: request.op)
        if operation == .create {
            if !query.id.isEmpty { throw .remote("ID must be empty when creating a new prepared query") }
            query.id = identity
        } else {
            if let problem = Catalog.queryProblem(query.id) {
                throw .remote("Prepared Query lookup failed: \(problem)")
            }
            if catalog?.query(query.id) == nil {
                throw .remote("Cannot modify non-existent prepared query: '\(query.id)'")
            }
        }
        switch operation {
        case .create, .update:
            if let problem = problem(with: query) { throw .remote("Invalid prepared query: \(problem)") }
            if query.isTemplate {
                do throws(TemplateProblem) {
                    _ = try query.rendered(as: "", segment: "", patterns: patterns)
                } catch {
                    throw .remote("failed compiling template: \(error.text)")
                }
            }
        case .delete: query = PreparedQuery(id: query.id)
        case nil: throw .remote(QueryOperation.unknown(request.op))
        }
        request.query = query
        request.write = WriteRequest()
        return .preparedQuery(request)
    }

    private func problem(with query: PreparedQuery) -> String? {
        if query.name.isEmpty, query.template.type.isEmpty, query.session.isEmpty {
            return "Must be bound to a session"
        }
        if query.token == "<hidden>" {
            return "Bad Token '<hidden>', it looks like a query definition with a redacted token was submitted"
        }
        if query.service.service.isEmpty { return "Must provide a Service name to query" }
        let nearest = query.service.failover.nearestN
        if nearest < 0 { return "Bad NearestN '\(nearest)', must be >= 0" }
        if let problem = Self.problem(withMetadata: query.service.nodeMeta) { return problem }
        if !query.dns.ttl.isEmpty {
            guard let ttl = Duration(goText: query.dns.ttl) else {
                return "Bad DNS TTL '\(query.dns.ttl)': \(Duration.goProblem(query.dns.ttl))"
            }
            if ttl < .zero { return "DNS TTL '\(ttl.wholeNanoseconds)', must be >=0" }
        }
        return nil
    }

    /// Consul's rules of metadata filters.
    private static func problem(withMetadata meta: [String: String]?) -> String? {
        guard let meta else { return nil }
        if meta.count > 64 { return "Node metadata cannot contain more than 64 key/value pairs" }
        for (key, value) in meta.sorted(by: { $0.key.precedesInBytes($1.key) }) {
            var reason: String?
            if key.isEmpty {
                reason = "Key cannot be blank"
            } else if !key.utf8.allSatisfy({ $0.isMetadataByte }) {
                reason = "Key contains invalid characters"
            } else if key.utf8.count > 128 {
                reason = "Key is too long (limit: 128 characters)"
            } else if value.utf8.count > 512 {
                reason = "Value is too long (limit: 512 characters)"
            }
            if let reason { return "Couldn't load metadata pair ('\(key)', '\(value)'): \(reason)" }
        }
        return nil
    }
}

extension UInt8 {
    fileprivate var isMetadataByte: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
