import CatalogCore
package import Determinism
package import FederationModel
package import HTTPCore
package import ServerCore

/// What decides whether the last answer to a read still holds, when the same read comes again. Pure: the owner keeps
/// the answer itself.
package struct RepeatedRead: Sendable {
    package enum Verdict: Sendable {
        /// It has to be answered anew.
        case changed
        /// The same answer, byte by byte.
        case same
        /// The same body under other headers.
        case headers([(name: String, value: String)])
    }

    private enum Source: Sendable {
        /// The published view: this row at this version.
        case view(VersionedRow, version: ReadView.RowVersion)
        /// The control loop, or another server behind it; it is asked each time.
        case server(Response)
        /// The request's datacenter answers nobody, for this reason.
        case refusal(Request, FederationError)
    }

    private let source: Source
    private let options: QueryOptions
    private var meta: QueryMeta
    private var headers: [(name: String, value: String)]

    /// - Parameters:
    ///   - view: the one that was answered from.
    ///   - answer: rendered from `response`.
    /// - Returns: nil when nothing short of answering it says whether an answer holds.
    package init?(_ request: Request, _ response: Response, from view: ReadView, answer: HTTPResponse) {
        guard let row = VersionedRow(of: request), let version = view.version(of: row),
            request.datacenter == view.datacenter, request.options?.minQueryIndex == 0
        else { return nil }
        self.init(.view(row, version: version), request, response, answer)
    }

    /// - Parameter response: of another server, or of this one to many that waited for the same.
    package init?(_ request: Request, _ response: Response, answer: HTTPResponse) {
        guard response.hasSharedRows else { return nil }
        // A key comes in new memory each time, unless many asked the control loop at once.
        if case .dirEntries = response, let options = request.options, !options.requireConsistent,
            options.minQueryIndex == 0
        {
            return nil
        }
        self.init(.server(response), request, response, answer)
    }

    /// Ten thousand callers of a frozen datacenter are told the same.
    /// - Parameters:
    ///   - error: the view's refusal of the request.
    ///   - answer: rendered from it.
    package init(_ request: Request, refused error: FederationError, answer: HTTPResponse) {
        source = .refusal(request, error)
        options = request.options ?? QueryOptions()
        meta = QueryMeta()
        headers = answer.headers
    }

    private init?(_ source: Source, _ request: Request, _ response: Response, _ answer: HTTPResponse) {
        guard let options = request.options, !options.useCache, answer.status == 200, let meta = response.meta
        else { return nil }
        self.source = source
        self.options = options
        self.meta = meta
        headers = answer.headers
    }

    /// When the read comes again. Every condition of `ReadView.answer` is looked at anew.
    /// - Parameters:
    ///   - view: the newest one, taken after the request has arrived.
    ///   - now: read after the view was taken.
    package mutating func verdict(_ view: ReadView, at now: @autoclosure () -> Instant) -> Verdict {
        switch source {
        case .refusal(let request, let error): return view.refusal(of: request) == error ? .same : .changed
        case .server: return .changed
        case .view(let row, let version): guard view.version(of: row) == version else { return .changed }
        }
        let now = now()
        let contact = view.contact(at: now)
        if options.allowStale {
            guard options.maxStaleDuration <= .zero || contact <= options.maxStaleDuration else { return .changed }
        } else {
            guard !options.requireConsistent, now < view.leaseEnd else { return .changed }
        }
        return dressed(view.leaderKnown, contact)
    }

    /// When another server has answered it again.
    package mutating func verdict(_ response: Response) -> Verdict {
        guard case .server(let last) = source, let new = response.meta, new.index == meta.index,
            new.consistencyLevel == meta.consistencyLevel, response.sharesRows(with: last)
        else { return .changed }
        // Too old an answer is asked for again, at the leader.
        if options.allowStale, options.maxStaleDuration > .zero, new.lastContact > options.maxStaleDuration {
            return .changed
        }
        return dressed(new.knownLeader, new.lastContact)
    }

    private mutating func dressed(_ knownLeader: Bool, _ lastContact: Duration) -> Verdict {
        guard knownLeader != meta.knownLeader || lastContact != meta.lastContact else { return .same }
        let wasShownAlike = knownLeader == meta.knownLeader
            && lastContact.wholeMilliseconds == meta.lastContact.wholeMilliseconds
        meta.knownLeader = knownLeader
        meta.lastContact = lastContact
        guard !wasShownAlike else { return .same }
        HTTPRouter.show(meta, in: &headers)
        return .headers(headers)
    }
}
