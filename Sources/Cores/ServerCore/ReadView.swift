package import CatalogCore
package import Determinism
package import FederationModel
import FilterCore
package import RoutingCore
import Synchronization

/// What a server knows at one moment, published after each applied batch. Connection loops answer reads from it without
/// asking the control loop; `answer` is pure.
package struct ReadView: Sendable {
    /// Nil while nobody reads: what is asked then, the control loop answers (`Replica.maxUnreadCount`).
    package var catalog: Catalog? { held?.catalog }
    var showsCatalog: Bool { held != nil }
    private var held: Held?
    package var datacenter: String
    package var isServer: Bool
    package var appliedIndex = LogIndex.zero
    package var term = Term.zero
    package var isLeader = false
    package var leaderKnown = false
    /// A default read is right before this instant (decision 11): leader, own term's no-op applied, lease running.
    package var leaseEnd = Instant.zero
    /// When this server last heard from its leader; nil when it never did.
    package var lastContact: Instant?
    /// Other datacenters for which requests are refused, whoever asks: as the control loop would.
    package var refusals: [String: StandingRefusal] = [:]
    /// For filter expressions.
    package let patterns: PatternCompiler

    /// A catalog has some forty parts. A view is published with every heartbeat, which moves no catalog: it is copied
    /// as one reference.
    private final class Held: Sendable {
        let catalog: Catalog
        /// Somebody looked for a row. Whoever publishes learns by it whether the next view is worth its copies.
        let wasRead = Atomic<Bool>(false)

        init(_ catalog: Catalog) { self.catalog = catalog }

        func noteReading() {
            // Read first: a line of memory that all loops write would wander between their processors.
            if !wasRead.load(ordering: .relaxed) { wasRead.store(true, ordering: .relaxed) }
        }
    }

    /// A version of a row, in one history of the catalog: a restored one counts versions anew.
    package struct RowVersion: Equatable, Sendable {
        let index: UInt64
        let restoreIndex: UInt64
    }

    package init(datacenter: String, isServer: Bool, patterns: PatternCompiler = .none) {
        self.datacenter = datacenter
        self.isServer = isServer
        self.patterns = patterns
    }

    /// - Parameter catalog: nil hides it.
    package mutating func show(_ catalog: Catalog?) { held = catalog.map(Held.init) }

    /// Since the catalog was shown; false when none is.
    var wasRead: Bool { held?.wasRead.load(ordering: .relaxed) ?? false }

    /// What tells whether an answer still holds, without making it.
    /// - Returns: nil when there is no such row, or no catalog is shown.
    package func version(of row: VersionedRow) -> RowVersion? {
        guard let held else { return nil }
        held.noteReading()
        return held.catalog.version(of: row).map {
            RowVersion(index: $0, restoreIndex: held.catalog.restoreIndex)
        }
    }

    package enum Outcome: Sendable {
        case answer(Response)
        /// The data has not moved beyond the asked index: wait for the key, at most for the request's time.
        case wait(WatchKey)
        /// Nobody answers it: it lacks something, or asks for what is not served.
        case refuse(FederationError)
        /// Only the control loop can answer: forward or confirm leadership.
        case ask
    }

    /// - Parameter now: read after this view was taken, so that an expired lease is noticed.
    package func answer(_ request: Request, at now: Instant) -> Outcome {
        guard isServer, request.kind == .read, request.datacenter == datacenter, let options = request.options,
            options.allowStale || (!options.requireConsistent && now < leaseEnd)
        else { return .ask }
        return answerHere(request, options: options, at: now)
    }

    /// A request for a datacenter that answers nobody. Ten thousand callers of a frozen one are told so on their own
    /// loops: the control loop hears nothing of them.
    package func refusal(of request: Request) -> FederationError? {
        guard !refusals.isEmpty, isServer, request.kind != .local, let other = request.datacenter,
            let refusal = refusals[other]
        else { return nil }
        if case .internalKeyringOperation = request { return nil }
        return refusal.error(needsLeader: ForwardAsk.needsLeader(request))
    }

    /// Answers from this catalog, whatever the read mode: the caller has made sure that it may.
    package func answerHere(_ request: Request, options: QueryOptions, at now: Instant) -> Outcome {
        if let refusal = Catalog.refusal(of: request) { return .refuse(refusal) }
        let filter: RowFilter?
        do throws(FilterProblem) {
            filter = try RowFilter(of: request, patterns: patterns)
        } catch {
            return .refuse(.remote(error.message))
        }
        guard let held else { return .ask }
        held.noteReading()
        guard let result = held.catalog.answer(request, datacenter: datacenter) else { return .ask }
        if case .queries(let found) = result.response, found.queries == nil, case .preparedQueryGet = request {
            return .refuse(.queryNotFound)
        }
        let mayWait = result.watch != .never && options.minQueryIndex > 0
        if mayWait && result.index <= options.minQueryIndex { return .wait(result.watch) }
        return .answer(dressed(result.response, filter, at: now))
    }

    /// The present answer, also when nothing moved: what a blocking query gets when its time has passed.
    package func present(_ request: Request, at now: Instant) -> Response? {
        // A filter that cannot be made was refused before the request began to wait.
        let filter = try? RowFilter(of: request, patterns: patterns)
        return held?.catalog.answer(request, datacenter: datacenter).map { dressed($0.response, filter, at: now) }
    }

    /// How long ago this server heard from its leader; zero on the leader, and where none was ever heard.
    package func contact(at now: Instant) -> Duration {
        isLeader ? .zero : lastContact.map { max(.zero, now - $0) } ?? .zero
    }

    func dressed(_ response: Response, _ filter: RowFilter? = nil, at now: Instant) -> Response {
        var response = response
        filter?.apply(to: &response)
        if let meta = response.meta { response.meta = self.meta(index: meta.index, at: now) }
        return response
    }

    /// What this server says of itself with an answer of this index.
    func meta(index: UInt64, at now: Instant) -> QueryMeta {
        QueryMeta(index: index, lastContact: contact(at: now), knownLeader: leaderKnown)
    }
}
