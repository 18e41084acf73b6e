import Determinism
import FederationModel

/// One request with its parameters understood.
struct Call {
    let request: HTTPRequest
    let query: Query
    /// What stands behind the endpoint's path, decoded.
    let rest: ArraySlice<UInt8>
    let context: HTTPContext
    let datacenter: String
    let options: QueryOptions
    let timeout: Duration?
    let isPretty: Bool
    let errors: ErrorForm
    /// When `?dc=` names several; `datacenter` is this one then.
    let selection: DatacenterSelection?

    init(request: HTTPRequest, query: Query, rest: ArraySlice<UInt8>, context: HTTPContext) throws(HTTPProblem) {
        self.request = request
        self.query = query
        self.rest = rest
        self.context = context
        var options = QueryOptions()
        options.token = Self.token(request, query)
        var timeout: Duration?
        if !query.isEmpty {
            let datacenter = query.first("dc")
            selection = try DatacenterSelection(datacenter)
            self.datacenter = datacenter.isEmpty || selection != nil ? context.datacenter : datacenter
            isPretty = query.has("pretty")
            try Self.readWait(query, into: &options)
            try Self.readConsistency(query, into: &options)
            try Self.readCacheControl(request, into: &options)
            options.filter = query.first("filter")
            let text = query.first("timeout")
            if !text.isEmpty {
                guard let value = Duration(goText: text), value > .zero else { throw .badRequest("Invalid timeout") }
                timeout = min(value, Request.maxTimeout)
            }
        } else {
            datacenter = context.datacenter
            selection = nil
            isPretty = false
        }
        errors = ErrorForm(request, query)
        self.options = options
        self.timeout = timeout
    }

    /// `?token=`, `X-Consul-Token` or a bearer token, in this order.
    private static func token(_ request: HTTPRequest, _ query: Query) -> String {
        let parameter = query.first("token")
        if !parameter.isEmpty { return parameter }
        if request.headers.isEmpty { return "" }
        if let header = request.header("x-consul-token"), !header.isEmpty { return header }
        guard let header = request.header("authorization") else { return "" }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return "" }
        return String(parts[1].drop { $0 == " " })
    }

    private static func readWait(_ query: Query, into options: inout QueryOptions) throws(HTTPProblem) {
        let wait = query.first("wait")
        if !wait.isEmpty {
            guard let duration = Duration(goText: wait) else { throw .badRequest("Invalid wait time") }
            options.maxQueryTime = duration
        }
        let index = query.first("index")
        if !index.isEmpty {
            guard let value = Int.unsigned(index) else { throw .badRequest("Invalid index") }
            options.minQueryIndex = value
        }
    }

    private static func readConsistency(_ query: Query, into options: inout QueryOptions) throws(HTTPProblem) {
        options.allowStale = query.has("stale")
        options.requireConsistent = query.has("consistent")
        options.useCache = query.has("cached")
        let maxStale = query.first("max_stale")
        if !maxStale.isEmpty {
            guard let duration = Duration(goText: maxStale) else {
                throw .badRequest("Invalid max_stale value \"\(maxStale)\"")
            }
            options.maxStaleDuration = duration
            if duration > .zero { options.allowStale = true }
        }
        guard options.requireConsistent else { return }
        if options.allowStale {
            throw .badRequest("Cannot specify ?stale with ?consistent, conflicting semantics.")
        }
        if options.useCache {
            throw .badRequest("Cannot specify ?cached with ?consistent, conflicting semantics.")
        }
    }

    /// `Cache-Control` of a `?cached` read (RFC 9111 §5.2.1): `max-age`, `stale-if-error`, `must-revalidate`.
    private static func readCacheControl(
        _ request: HTTPRequest, into options: inout QueryOptions
    ) throws(HTTPProblem) {
        guard let header = request.header("cache-control"), !header.isEmpty else { return }
        for part in header.lowercased().split(separator: ",") {
            let words = part.filter { $0 != " " && $0 != "\t" }.split(separator: "=", maxSplits: 1)
            switch words.first {
            case "must-revalidate": options.mustRevalidate = true
            case "max-age" where words.count == 2:
                options.maxAge = try Self.seconds(words[1])
                if options.maxAge == .zero { options.mustRevalidate = true }
            case "stale-if-error" where words.count == 2: options.staleIfError = try Self.seconds(words[1])
            default: break
            }
        }
    }

    private static func seconds(_ text: Substring) throws(HTTPProblem) -> Duration {
        guard let count = Int.unsigned(String(text)), count < 1 << 32 else {
            throw .badRequest("Invalid Cache-Control header.")
        }
        return .seconds(Int64(count))
    }

    /// What stands behind the endpoint's path, as text.
    var restText: String { String(decoding: rest, as: UTF8.self) }

    func restText(orMissing what: String) throws(HTTPProblem) -> String {
        guard !rest.isEmpty else { throw .badRequest("Missing \(what)") }
        return restText
    }

    /// For the endpoints where Consul fails instead.
    func restText(orFailing text: String) throws(HTTPProblem) -> String {
        guard !rest.isEmpty else { throw HTTPProblem(status: 500, text) }
        return restText
    }

    /// Namespaces are none of ours: whoever names one must not get the answer of another.
    func refuseNamespace() throws(HTTPProblem) {
        if let header = request.header("x-consul-namespace"), !header.isEmpty {
            throw .invalid("Invalid header: \"X-Consul-Namespace\" - Namespaces are a Consul Enterprise feature")
        }
        if !query.first("ns").isEmpty {
            throw .invalid("Invalid query parameter: \"ns\" - Namespaces are a Consul Enterprise feature")
        }
    }

    func rendering(_ endpoint: Rendering.Endpoint) -> Rendering {
        let consistency: Rendering.Consistency =
            options.requireConsistent ? .consistent : options.allowStale ? .stale : .leader
        var rendering = Rendering(endpoint, isPretty: isPretty, consistency: consistency, timeout: timeout)
        rendering.errors = errors
        rendering.explains = !query.isEmpty && query.has("explain")
        rendering.selection = selection
        rendering.isEnvelope = selection != nil && query.has("envelope")
        return rendering
    }

    /// `?near=`: the node to sort from; `_agent` is this one.
    var source: QuerySource {
        let near = query.first("near")
        let forwarded = request.header("x-forwarded-for")?.split(separator: ",").first.map { $0.filter { $0 != " " } }
        return QuerySource(
            datacenter: datacenter, node: near == "_agent" ? context.node : near,
            ip: forwarded.map { String($0) } ?? request.remote.description)
    }

    /// `?node-meta=name:value`, repeated.
    var nodeMeta: [String: String]? {
        let pairs = query.all("node-meta")
        guard !pairs.isEmpty else { return nil }
        var meta: [String: String] = [:]
        for pair in pairs {
            let parts = pair.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            meta[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
        }
        return meta
    }

    func datacenterRequest() -> DCSpecificRequest {
        DCSpecificRequest(datacenter: datacenter, nodeMetaFilters: nodeMeta, source: source, options: options)
    }

    func nodeRequest(_ node: String) -> NodeSpecificRequest {
        NodeSpecificRequest(datacenter: datacenter, node: node, options: options)
    }

    var write: WriteRequest { WriteRequest(token: options.token) }
}

extension Int {
    /// Decimal digits only, within 64 bits.
    static func unsigned(_ text: String) -> UInt64? {
        text.utf8.allSatisfy { $0 >= 48 && $0 <= 57 } ? UInt64(text) : nil
    }
}
