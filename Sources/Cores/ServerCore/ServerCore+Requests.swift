import CatalogCore
import Determinism
import FederationModel
import RPCCore
import RaftCore
import RoutingCore
import SerfCore
import WireFormat

// The life of a request: begin → route → (forward | propose | serve here | watch) → finish.

extension ServerCore {
    /// - Parameters:
    ///   - timeout: the caller's own limit without blocking time; nil for the configured one.
    ///   - timeLimit: for how long the peer that hands it on waits in all, blocking time included.
    mutating func begin(
        _ request: Request, from origin: Origin, timeout: Duration?, timeLimit: Duration? = nil,
        notes: CallNotes = CallNotes(), at now: Instant
    ) {
        guard requests.count < RequestTable.maxCount else {
            return deliver(.failure(.overloaded(what: "requests")), of: request, to: origin, ErrorDetails(), at: now)
        }
        let asked = request.options?.blockingTime ?? .zero
        let spread = request.options?.blockingSpread ?? .zero
        let limit = timeLimit.map { min($0, Self.longestTimeLimit) }
            ?? (timeout ?? DeadlineClass(request).limit(configuration)) + asked + spread
        let wait = asked + random.duration(in: .zero..<spread)
        let number = requests.add(
            PendingRequest(
                origin: origin, begun: now, request: request, limit: limit, deadline: now + limit,
                parkUntil: now + min(limit, configuration.holdTimeout),
                watchUntil: now + min(wait, limit), notes: notes))
        route(number, at: now)
    }

    /// The longest blocking query with its spread and the longest `?timeout=`: what a peer may ask for.
    private static let longestTimeLimit =
        QueryOptions.maxBlockingTime + QueryOptions.spread(of: QueryOptions.maxBlockingTime) + Request.maxTimeout

    mutating func inbound(
        _ id: InboundID, method: String, body: [UInt8], timeLimit: Duration?, notes: CallNotes, from: Endpoint,
        at now: Instant
    ) {
        metrics.add(.inbound)
        if configuration.isServer && method == Self.pingMethod { return answerPing(id, body, at: now) }
        let question = KeptAnswers.Question(method: method, body: body)
        if let kept = kept[question], mayAnswerAtOnce(kept.request, at: now),
            replica!.view.version(of: kept.row) == kept.version,
            let body = kept.body(with: replica!.view.meta(index: kept.meta.index, at: now))
        {
            return reply(id, error: nil, body: body, at: now)
        }
        do throws(WireError) {
            var reader = MessagePackReader(body)
            guard let request = try Request.decode(method: method, from: &reader) else {
                return reply(id, error: Self.unknown(method), body: [0x80], at: now)
            }
            if mayAnswerAtOnce(request, at: now), let row = VersionedRow(of: request),
                let version = replica!.view.version(of: row),
                case .answer(let response) = replica!.view.answer(request, at: now), let meta = response.meta
            {
                var writer = MessagePackWriter()
                response.encodeBody(into: &writer)
                let answer = KeptAnswers.Served(
                    request: request, row: row, version: version, meta: meta, body: writer.bytes)
                kept.keep(answer, for: question)
                return reply(id, error: nil, body: writer.bytes, at: now)
            }
            if let refusal = refusal(of: request, notes, from: from) {
                return reply(id, error: refusal.message, label: refusal.label, body: [0x80], at: now)
            }
            if let datacenter = request.datacenter {
                asked(for: datacenter, by: "\(from.address) by \(request.method)", at: now)
            }
            begin(request, from: .inbound(id), timeout: nil, timeLimit: timeLimit, notes: notes, at: now)
        } catch {
            reply(id, error: "codec.decoder: \(error.description)", body: [0x80], at: now)
        }
    }

    static let pingMethod = Request.isthmusPing(Ping()).method

    /// The most frequent request of an idle server: nothing of it waits, so it has no place in the table.
    private mutating func answerPing(_ id: InboundID, _ body: [UInt8], at now: Instant) {
        do throws(WireError) {
            let ping = try Ping(decoding: body)
            var writer = MessagePackWriter()
            pong(to: ping, at: now).encode(into: &writer)
            reply(id, error: nil, body: writer.bytes, at: now)
        } catch {
            reply(id, error: "codec.decoder: \(error.description)", body: [0x80], at: now)
        }
    }

    /// Whether the view may answer this at once, and is up to date: any server's to who takes a stale answer, else the
    /// leader's within its lease; to who does not wait.
    private mutating func mayAnswerAtOnce(_ request: Request, at now: Instant) -> Bool {
        guard replica != nil, let options = request.options, options.minQueryIndex == 0, !options.requireConsistent,
            request.datacenter == configuration.datacenter
        else { return false }
        guard options.allowStale || leadsForCertain(at: now) else { return false }
        publishView(toRead: true)
        return true
    }

    /// Whether no other server can have been elected until `now`, and all of earlier leaders is applied.
    func leadsForCertain(at now: Instant) -> Bool {
        replica != nil && replica!.node.isLeader && replica!.node.isReadyForReads && now < replica!.node.leaseEnd
    }

    private static func unknown(_ method: String) -> String {
        let parts = method.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return "rpc: service/method request ill-formed: \(method)" }
        let services = [
            "Status", "Catalog", "Health", "KVS", "Session", "Txn", "PreparedQuery", "Coordinate", "Operator",
            "Internal", "Isthmus",
        ]
        return "rpc: can't find \(services.contains(String(parts[0])) ? "method" : "service") \(method)"
    }

    private mutating func reply(
        _ id: InboundID, error: String?, label: String = "", details: ErrorDetails = ErrorDetails(), body: [UInt8],
        at now: Instant
    ) {
        switchboard.handle(
            .reply(id, error: error, label: label, details: details, body: body), at: now, into: &switchboardEffects)
    }

    // MARK: Routing

    /// `wire/consul-rpc.md` 4.1, with our own read modes.
    private mutating func route(_ number: UInt64, at now: Instant) {
        guard let pending = requests[number] else { return }
        let request = pending.request
        guard configuration.isServer else { return routeFromClient(number, request, at: now) }
        if case .internalKeyringOperation(let body) = request { return operateKeyring(number, body, at: now) }
        if request.kind == .local { return finish(number, answerLocally(request, at: now), at: now) }
        guard let datacenter = request.datacenter, !datacenter.isEmpty else {
            return finish(number, .failure(.unknownDatacenter("")), at: now)
        }
        guard datacenter == configuration.datacenter else { return forward(number, to: datacenter, at: now) }
        switch request.kind {
        case .local: return
        case .anyServer: finish(number, answerAsAnyServer(request, at: now), at: now)
        case .read: read(number, request, at: now)
        case .write: write(number, request, at: now)
        case .leader: askLeader(number, request, at: now)
        }
    }

    private mutating func routeFromClient(_ number: UInt64, _ request: Request, at now: Instant) {
        if case .internalKeyringOperation = request {
            let error = FederationError.remote("keyring operations must run against a server node")
            return finish(number, .failure(error), at: now)
        }
        guard let server = servers.preferred else {
            return park(number, at: now, failure: .connection("No known Consul servers"))
        }
        call(number, server, route: .server(server), at: now)
    }

    mutating func read(_ number: UInt64, _ request: Request, at now: Instant) {
        guard replica != nil, let options = request.options else { return }
        if options.allowStale && request.kind == .read { return serveHere(number, at: now) }
        guard replica!.node.isLeader else { return forwardToLeader(number, at: now) }
        if !options.requireConsistent && leadsForCertain(at: now) { return serveHere(number, at: now) }
        if Mutant.renewedWithoutLease.isOn, case .sessionRenew = request { return serveHere(number, at: now) }
        requests.move(number, to: .confirming)
        replica!.node.requestRead(number, at: now)
    }

    private mutating func write(_ number: UInt64, _ request: Request, at now: Instant) {
        guard replica != nil else { return }
        guard replica!.node.isLeader else { return forwardToLeader(number, at: now) }
        guard !replica!.diskIsFull else { return finish(number, .failure(.diskFull), at: now) }
        if let answer = immediateAnswer(request, at: now) { return finish(number, .success(answer), at: now) }
        if request.locks && !leadsForCertain(at: now) && !Mutant.lockProposedWhileHeld.isOn {
            return park(number, at: now, failure: .noLeader(datacenter: configuration.datacenter))
        }
        let command: Command
        do throws(FederationError) {
            if case .isthmusSnapshotRestore(let body) = request {
                command = try restoring(body)
            } else {
                let request = completed(request, at: now)
                guard let prepared = try Command(preparing: request, try preparation(for: request)) else {
                    return finish(number, .failure(.badRequest("\(request.method) is not a write")), at: now)
                }
                command = prepared
            }
            if let old = voterTooOld(for: command) {
                throw .remote("\(request.method) waits until server \(old) runs this version too: upgrade it")
            }
        } catch {
            return finish(number, .failure(error), at: now)
        }
        if case .coordinateBatch(let batch) = command {
            // Answered before it is in the log: an agent sends the next one soon.
            duties.gather(batch, at: now)
            return finish(number, .success(.empty), at: now)
        }
        do throws(ProposeError) {
            let index = try replica!.node.propose([command.encode()], at: now)
            metrics.add(.proposal)
            let term = replica!.node.term
            // Reading a registration takes 9 us. A key's value is better read: it is in memory of just its size then.
            var known: Command?
            if case .register = command { known = command }
            replica!.proposals[index] = Replica.Proposal(term: term, pending: number, command: known)
            requests.move(number, to: .proposed(index, term))
        } catch {
            switch error {
            case .overloaded: finish(number, .failure(.overloaded(what: "raft proposals")), at: now)
            case .notLeader, .transferring, .changePending, .invalid:
                park(number, at: now, failure: .noLeader(datacenter: configuration.datacenter))
            }
        }
    }

    mutating func forwardToLeader(_ number: UInt64, at now: Instant) {
        guard replica != nil, let leader = replica!.node.leader, leader != configuration.nodeID,
            let endpoint = servers.endpoint(of: leader) ?? replica!.node.membership[leader]?.endpoint
        else {
            return park(number, at: now, failure: .noLeader(datacenter: configuration.datacenter))
        }
        call(number, endpoint, route: .leader(endpoint), at: now)
    }

    private mutating func call(
        _ number: UInt64, _ endpoint: Endpoint, route: PendingRequest.Route, at now: Instant
    ) {
        guard let pending = requests[number] else { return }
        let call = requests.newCall()
        requests.move(number, to: .calling(call, route))
        switch route {
        case .leader: break
        case .server: metrics.add(.client)
        }
        var writer = MessagePackWriter()
        pending.request.encodeBody(into: &writer)
        switchboard.handle(
            .call(
                call, to: endpoint, method: pending.request.method, body: writer.bytes, deadline: pending.deadline,
                fresh: false, notes: pending.notes), at: now, into: &switchboardEffects)
    }

    // MARK: Waiting for a leader

    /// Tried again when a leader appears, or after a sixteenth of the hold time at most.
    private mutating func park(_ number: UInt64, at now: Instant, failure: FederationError) {
        guard let pending = requests[number] else { return }
        guard now < pending.parkUntil else { return finish(number, .failure(failure), at: now) }
        let pause = random.duration(in: .milliseconds(20)..<max(.milliseconds(21), configuration.holdTimeout / 64))
        requests.park(number, retryAt: min(now + pause, pending.parkUntil))
    }

    mutating func retryParked(at now: Instant) {
        for number in requests.takeParked() { route(number, at: now) }
    }

    /// Reads that a former leader was asked for go to the new one: the old one may be frozen.
    mutating func leaderChanged(to leader: NodeID?, at now: Instant) {
        retryParked(at: now)
        guard let leader, let endpoint = servers.endpoint(of: leader) else { return }
        for number in requests.numbers(callingOther: endpoint) {
            guard let pending = requests[number], case .calling(let call, _) = pending.stage,
                RetryPolicy.changesNothing(pending.request)
            else { continue }
            switchboard.handle(.cancelCall(call), at: now, into: &switchboardEffects)
            route(number, at: now)
        }
    }

    mutating func retryRead(_ number: UInt64, at now: Instant) {
        park(number, at: now, failure: .notReadyForConsistentReads)
    }

    // MARK: Answers of other servers

    mutating func completed(_ call: CallID, _ result: Result<[UInt8], CallFailure>, at now: Instant) {
        if pingCompleted(call, result, at: now) || forwardCompleted(call, result, at: now)
            || revivalCompleted(call, result, at: now) || failoverCompleted(call, result, at: now)
        {
            return
        }
        guard let number = requests.request(of: call), let pending = requests[number],
            case .calling(_, let route) = pending.stage
        else { return }
        switch result {
        case .success(let body):
            finish(number, decode(body, answering: pending.request), at: now)
        case .failure(let failure): failed(number, pending, route, failure, at: now)
        }
    }

    mutating func decode(
        _ body: [UInt8], answering request: Request
    ) -> Result<Response, FederationError> {
        if let response = kept.response(to: request.method, body: body) { return .success(response) }
        do throws(WireError) {
            var reader = MessagePackReader(body)
            let response = try request.decodeResponse(from: &reader)
            kept.keep(response, to: request.method, body: body)
            return .success(response)
        } catch {
            return .failure(.remote("answer of \(request.method) cannot be read: \(error.description)"))
        }
    }

    private mutating func failed(
        _ number: UInt64, _ pending: PendingRequest, _ route: PendingRequest.Route, _ failure: CallFailure,
        at now: Instant
    ) {
        let datacenter = pending.request.datacenter ?? configuration.datacenter
        let error = Self.error(
            failure, of: pending.request, datacenter: datacenter, limit: pending.limit)
        let asked = name(of: route)
        requests.note(number) { details in
            details.server = asked
            if case .application(_, _, let inner) = failure { details.take(inner) }
        }
        let retriable = RetryPolicy(maxRetries: .max).allows(pending.request, after: failure, retryCount: 0)
        switch route {
        case .leader:
            retriable ? park(number, at: now, failure: error) : finish(number, .failure(error), at: now)
        case .server(let endpoint):
            metrics.add(.clientFailed)
            if case .application = failure {} else { servers.demote(endpoint) }
            retriable ? park(number, at: now, failure: error) : finish(number, .failure(error), at: now)
        }
        performSwitchboard(at: now)
    }

    /// What a failed call means to the caller.
    static func error(
        _ failure: CallFailure, of request: Request, datacenter: String, limit: Duration
    ) -> FederationError {
        let isWrite = !RetryPolicy.changesNothing(request)
        switch failure {
        case .application(let text, let label, _):
            if isWrite, label.isEmpty, FederationError.isOfUnknownOutcome(text) { return .outcomeUnknown(reason: text) }
            return FederationError(text: text, label: label, datacenter: datacenter, limit: limit)
        case .overloaded: return .overloaded(what: "calls")
        case .refused: return .connection("rpc error getting client: connection refused")
        case .connectTimeout: return .connection("rpc error getting client: i/o timeout")
        case .connectFailed(let reason), .notSent(let reason):
            return .connection("rpc error getting client: \(reason)")
        case .noAnswer(let connected):
            guard connected && isWrite else { return .timedOut(after: limit) }
            return .outcomeUnknown(reason: "no answer before the deadline")
        case .lost(let reason):
            return isWrite ? .outcomeUnknown(reason: reason) : .connection("rpc error making call: \(reason)")
        }
    }

    // MARK: Serving here

    /// Answers a read from the present view: its read mode has been satisfied. Blocks when the data has not moved.
    mutating func serveHere(_ number: UInt64, at now: Instant) { _ = served(number, at: now) }

    /// Serves those who waited, in their order. Many wait for one thing in the same words: they share the answer.
    mutating func serveHere(_ numbers: [UInt64], at now: Instant) {
        var last: (request: Request, response: Response)?
        for number in numbers {
            guard let request = requests[number]?.request else { continue }
            if let last, last.request == request {
                finish(number, .success(last.response), at: now)
            } else {
                last = served(number, at: now).map { (request, $0) }
            }
        }
    }

    /// - Returns: the answer, when it was one that an equal request would get too.
    private mutating func served(_ number: UInt64, at now: Instant) -> Response? {
        guard let pending = requests[number], replica != nil, let options = pending.request.options else { return nil }
        if case .sessionRenew(let body) = pending.request {
            finish(number, renew(body, at: now), at: now)
            return nil
        }
        if serveQuery(number, pending.request, at: now) { return nil }
        publishView(toRead: true)
        switch replica!.view.answerHere(pending.request, options: options, at: now) {
        case .answer(let response):
            finish(number, .success(response), at: now)
            return response
        case .wait(let key): requests.move(number, to: .watching(replica!.waiters.add(key, number)))
        case .refuse(let error): finish(number, .failure(error), at: now)
        case .ask: finish(number, .failure(.badRequest("\(pending.request.method) is not a read")), at: now)
        }
        return nil
    }

    private mutating func answerLocally(_ request: Request, at now: Instant) -> Result<Response, FederationError> {
        switch request {
        case .statusPing: .success(.empty)
        case .statusRaftStats: .success(.serverStats(serverStats(at: now)))
        case .isthmusPing(let ping): .success(.isthmusPong(pong(to: ping, at: now)))
        case .isthmusExplain(let body): explain(body, at: now)
        case .catalogListDatacenters: .success(.strings(datacentersByDistance))
        case .coordinateListDatacenters: .success(.datacenterMaps(datacenterMaps))
        default:
            .failure(.badRequest("\(request.method) is not answered by a single agent"))
        }
    }

    private mutating func answerAsAnyServer(_ request: Request, at now: Instant) -> Result<Response, FederationError> {
        switch request {
        case .statusLeader: return .success(.string(leaderAddress))
        case .statusPeers:
            let peers = replica?.node.membership.servers.map(\.endpoint.description) ?? []
            return .success(.strings(peers.sorted()))
        case .internalEventFire(let body):
            fire(named: body.name, body.payload?.bytes ?? [], at: now)
            return .success(.eventFired(EventFireResponse(meta: QueryMeta(knownLeader: leaderAddress != ""))))
        default: return .failure(.badRequest("\(request.method) is not answered by any server"))
        }
    }

    private var leaderEndpoint: Endpoint? {
        guard let leader = replica?.node.leader else { return nil }
        if leader == configuration.nodeID { return configuration.rpcEndpoint }
        return servers.endpoint(of: leader) ?? replica?.node.membership[leader]?.endpoint
    }

    var leaderAddress: String { leaderEndpoint?.description ?? "" }

    private mutating func pong(to ping: Ping, at now: Instant) -> Pong {
        router.handle(.heard(datacenter: ping.datacenter), at: now, into: &routerEffects)
        if ping.forgottenStamp != 0 { outlive(stamp: ping.forgottenStamp) }
        let isLeader = replica?.node.isLeader == true
        let lastContact = isLeader ? nil : replica?.node.lastContact
        var pong = Pong(
            datacenter: configuration.datacenter, node: configuration.node,
            clusterID: texts.text(of: replica?.node.clusterID ?? .none), leader: texts.text(of: leaderEndpoint),
            term: replica?.node.term.value ?? 0, lastContact: lastContact.map { now - $0 } ?? .zero)
        pong.incarnation = incarnation
        if !forgetting.isEmpty {
            for name in ping.wantedRows {
                asked(for: name, by: "\(ping.node).\(ping.datacenter) by its pings", at: now)
            }
            let standing = forgetting.standing
            if !standing.isEmpty { pong.forgotten = TombstoneFile.encode(standing.map(\.forOthers)) }
        }
        let answer = router.rows(wanted: ping.wantedRows, heldStamp: ping.rowStamp, at: now)
        pong.isRowHeldGood = answer.isHeldGood
        if !answer.rows.isEmpty { pong.rows = ReachabilityRows.encode(answer.rows) }
        return pong
    }

    // MARK: Ends

    /// Every answer leaves through here, once.
    mutating func finish(_ number: UInt64, _ result: Result<Response, FederationError>, at now: Instant) {
        guard let (pending, forward) = forget(number, at: now) else { return }
        var details = ErrorDetails()
        if case .failure(let error) = result { details = self.details(of: error, pending, at: now) }
        if pending.notes.explains { details.route = route(of: pending, forward, at: now) }
        details.relay = forward?.relay ?? pending.details.relay
        deliver(result, of: pending.request, to: pending.origin, details, at: now)
    }

    private mutating func forget(_ number: UInt64, at now: Instant) -> (PendingRequest, Forward?)? {
        guard let pending = requests.remove(number) else { return nil }
        var forward: Forward?
        if case .watching(let id) = pending.stage { replica?.waiters.remove(id) }
        if case .gathering = pending.stage { keyrings.works[number] = nil }
        if case .failingOver = pending.stage { abandonFailover(number, at: now) }
        if case .forwarding = pending.stage { forward = endForward(number, at: now) }
        return (pending, forward)
    }

    mutating func cancel(_ origin: Origin, at now: Instant) {
        guard let number = requests.number(of: origin), let (pending, _) = forget(number, at: now) else { return }
        if case .calling(let call, _) = pending.stage {
            switchboard.handle(.cancelCall(call), at: now, into: &switchboardEffects)
        }
    }

    private mutating func deliver(
        _ result: Result<Response, FederationError>, of request: Request, to origin: Origin, _ details: ErrorDetails,
        at now: Instant
    ) {
        switch origin {
        case .frontEnd(let id): out.append(.answer(id, result, details))
        case .own(let task): completed(task, result, at: now)
        case .keyring(let work, let datacenter): keyringAnswered(work, datacenter: datacenter, result, at: now)
        case .inbound(let id):
            switch result {
            case .success(let response):
                var writer = MessagePackWriter()
                response.encodeBody(into: &writer)
                reply(id, error: nil, details: details, body: writer.bytes, at: now)
            case .failure(let error):
                let hops = request.datacenter == configuration.datacenter ? "" : "rpc error making call: "
                reply(
                    id, error: hops + error.message, label: error.label, details: details, body: [0x80], at: now)
            }
        }
    }

    /// Ends what has waited long enough; a blocking query ends with the present data.
    mutating func expire(at now: Instant) {
        if requests.nextRetry <= now { retryParked(at: now) }
        for number in requests.takeExpired(at: now) {
            guard let pending = requests[number] else { continue }
            switch pending.stage {
            case .watching:
                publishView(toRead: true)
                guard let answer = replica?.view.present(pending.request, at: now) else { continue }
                finish(number, .success(answer), at: now)
            case .parked:
                finish(number, .failure(.noLeader(datacenter: configuration.datacenter)), at: now)
            case .gathering: finish(number, .failure(.timedOut(after: KeyringBook.timeout)), at: now)
            case .confirming: finish(number, .failure(.notReadyForConsistentReads), at: now)
            case .failingOver: finishFailover(number, at: now)
            case .forwarding: expireForward(number, at: now)
            case .proposed:
                finish(number, .failure(.outcomeUnknown(reason: "not committed before the deadline")), at: now)
            case .calling(let call, let route):
                switchboard.handle(.cancelCall(call), at: now, into: &switchboardEffects)
                failed(number, pending, route, .noAnswer(connected: true), at: now)
            }
        }
    }
}
