import CatalogCore
import Determinism
import FederationModel
import RPCCore
import RoutingCore
import WireFormat

// Prepared queries: run here, then in other datacenters while nobody has an instance.

extension ServerCore {
    /// Answers the requests that run a query; the read mode has been satisfied.
    /// - Returns: false when the request is none of them.
    mutating func serveQuery(_ number: UInt64, _ request: Request, at now: Instant) -> Bool {
        do throws(FederationError) {
            switch request {
            case .preparedQueryExecute(let body): try execute(number, body, at: now)
            case .preparedQueryExecuteRemote(let body):
                guard let replica else { return true }
                var answer = replica.catalog.run(
                    body.query, connect: body.connect, datacenter: configuration.datacenter)
                var rows = (answer.nodes ?? []).shuffled(using: &random)
                Self.limit(&rows, to: body.limit)
                answer.nodes = rows
                finish(number, .success(dressed(answer, at: now)), at: now)
            case .preparedQueryExplain(let body):
                let query = try resolve(body)
                let answer = Response.queryExplanation(PreparedQueryExplainResponse(query: query))
                finish(number, .success(replica?.view.dressed(answer, at: now) ?? answer), at: now)
            default: return false
            }
        } catch {
            finish(number, .failure(error), at: now)
        }
        return true
    }

    private func dressed(_ answer: PreparedQueryExecuteResponse, at now: Instant) -> Response {
        let response = Response.queryResult(answer)
        return replica?.view.dressed(response, at: now) ?? response
    }

    private func resolve(_ request: PreparedQueryExecuteRequest) throws(FederationError) -> PreparedQuery {
        guard let replica else { throw .queryNotFound }
        return try replica.catalog.resolve(
            request.queryIDOrName, agentSegment: request.agent.segment, patterns: configuration.patterns)
    }

    private static func limit(_ rows: inout [CheckServiceNode], to limit: Int) {
        if limit > 0 { rows.removeLast(max(0, rows.count - limit)) }
    }

    private mutating func execute(
        _ number: UInt64, _ request: PreparedQueryExecuteRequest, at now: Instant
    ) throws(FederationError) {
        let query = try resolve(request)
        guard let replica else { return }
        var answer = replica.catalog.run(query, connect: request.connect, datacenter: configuration.datacenter)
        var rows = (answer.nodes ?? []).shuffled(using: &random)
        replica.catalog.sort(&rows, of: query, for: request, datacenter: configuration.datacenter)
        Self.limit(&rows, to: request.limit)
        answer.nodes = rows
        let candidates = rows.isEmpty ? candidates(of: query.service.failover) : []
        let others = query.service.failover
        if rows.isEmpty { answer.isPartial = mayMiss(others, at: now) }
        guard !candidates.isEmpty else { return finish(number, .success(dressed(answer, at: now)), at: now) }
        let failover = QueryFailover(
            query: query, limit: request.limit, connect: request.connect, options: request.options, fallback: answer,
            candidates: candidates)
        requests.move(number, to: .failingOver)
        failovers[number] = failover
        askOthers(number, at: now)
    }

    // MARK: Failover

    /// The nearest ones first, then those of the list; each once, only those that anything is known of.
    private func candidates(of failover: QueryDatacenterOptions) -> [String] {
        let known = datacentersByDistance.filter { $0 != configuration.datacenter }
        var found = Array(known.prefix(max(0, failover.nearestN)))
        for datacenter in failover.datacenters ?? [] where known.contains(datacenter) && !found.contains(datacenter) {
            found.append(datacenter)
        }
        return found
    }

    /// Asks the next two; those known to be bad are passed over without being asked.
    private mutating func askOthers(_ number: UInt64, at now: Instant) {
        guard var failover = failovers[number], let pending = requests[number] else { return }
        failover.attempts = []
        failover.decideAt = .distantFuture
        // Half of the time is for those that come after them; the last ones have all that is left.
        let left = pending.deadline - now
        let time = failover.candidates.count > QueryFailover.width ? left / 2 : left
        let limit = now + min(QueryFailover.attemptLimit, time)
        while failover.attempts.count < QueryFailover.width, !failover.candidates.isEmpty {
            let datacenter = failover.candidates.removeFirst()
            guard
                case .success(let servers) = router.route(
                    datacenter, needsLeader: !failover.options.allowStale, at: now),
                let server = servers.first
            else {
                failover.isPartial = true
                continue
            }
            failover.triedCount += 1
            let call = requests.newCall()
            failover.attempts.append(
                QueryFailover.Attempt(call: call, position: failover.triedCount, server: server))
            let request = Request.preparedQueryExecuteRemote(
                PreparedQueryExecuteRemoteRequest(
                    datacenter: datacenter, query: failover.query, limit: failover.limit, connect: failover.connect,
                    options: failover.options))
            var body = MessagePackWriter()
            request.encodeBody(into: &body)
            metrics.add(.forward)
            switchboard.handle(
                .call(
                    call, to: server.endpoint, method: request.method, body: body.bytes, deadline: limit,
                    fresh: false), at: now, into: &switchboardEffects)
        }
        let isOver = failover.attempts.isEmpty
        failovers[number] = failover
        if isOver { finishFailover(number, at: now) }
    }

    /// - Returns: false when the call belongs to no failover.
    mutating func failoverCompleted(
        _ call: CallID, _ result: Result<[UInt8], CallFailure>, at now: Instant
    ) -> Bool {
        guard let number = failovers.number(of: call), var failover = failovers[number],
            let slot = failover.attempts.firstIndex(where: { $0.call == call })
        else { return false }
        let server = failover.attempts[slot].server
        failover.attempts[slot].hasEnded = true
        switch result {
        case .success(let body):
            router.handle(.callAnswered(name: server.name, roundTrip: nil), at: now, into: &routerEffects)
            var reader = MessagePackReader(body)
            if let answer = try? reader.read() as PreparedQueryExecuteResponse {
                failover.attempts[slot].answer = answer
                if failover.attempts[slot].position > failover.fallbackPosition {
                    failover.fallbackPosition = failover.attempts[slot].position
                    failover.fallback.datacenter = answer.datacenter
                }
            }
        case .failure(let failure):
            failover.isPartial = true
            metrics.add(.forwardFailed)
            router.handle(.callFailed(name: server.name, failure), at: now, into: &routerEffects)
        }
        if failover.hasRows, failover.decideAt == .distantFuture {
            failover.decideAt = now + QueryFailover.patience
        }
        failovers[number] = failover
        performRouter(at: now)
        decide(number, isLate: false, at: now)
        return true
    }

    private mutating func decide(_ number: UInt64, isLate: Bool, at now: Instant) {
        guard let failover = failovers[number] else { return }
        if failover.winner(isLate: isLate) != nil { return finishFailover(number, at: now) }
        if !failover.isWaiting { askOthers(number, at: now) }
    }

    mutating func advanceFailovers(at now: Instant) {
        for number in failovers.due(at: now) { decide(number, isLate: true, at: now) }
    }

    /// Answers with the best at hand; with no instances when nobody has any.
    mutating func finishFailover(_ number: UInt64, at now: Instant) {
        guard let failover = failovers[number] else { return }
        var answer: PreparedQueryExecuteResponse
        if let winner = failover.winner(isLate: true), let found = winner.answer {
            answer = found
            answer.failovers = winner.position
        } else {
            answer = failover.fallback
            answer.failovers = failover.triedCount
            answer.isPartial = failover.isPartial || failover.isWaiting || !failover.candidates.isEmpty
        }
        finish(number, .success(dressed(answer, at: now)), at: now)
    }

    /// The request has its answer, or its caller is gone.
    mutating func abandonFailover(_ number: UInt64, at now: Instant) {
        guard let failover = failovers[number] else { return }
        failovers[number] = nil
        for attempt in failover.attempts where !attempt.hasEnded {
            switchboard.handle(.cancelCall(attempt.call), at: now, into: &switchboardEffects)
        }
    }
}
