import CatalogCore
import Determinism
import FederationModel
import RaftCore
import SerfCore

extension ServerCore {
    // MARK: Time to live

    /// Begun with leadership: every session has its whole time again.
    mutating func startSessionTimers(at now: Instant) {
        sessionTimers.stopAll()
        for (id, ttl) in replica?.catalog.mortalSessions ?? [] { sessionTimers.renew(id, ttl: ttl, at: now) }
    }

    /// What an applied command means to the timers.
    mutating func sessionApplied(_ request: SessionRequest, _ result: ApplyResult, at now: Instant) {
        guard duties.isLeading, result.error == nil else { return }
        if request.op == "create" {
            if let ttl = request.session.timeToLive { sessionTimers.renew(request.session.id, ttl: ttl, at: now) }
        } else {
            sessionTimers.stop(request.session.id)
        }
    }

    mutating func endDueSessions(at now: Instant) {
        for id in sessionTimers.takeDue(at: now) where replica?.catalog.session(id) != nil {
            let request = SessionRequest(
                datacenter: configuration.datacenter, op: "destroy", session: Session(id: id))
            if propose(.session(request), at: now) {
                sessionTimers.willEnd(id)
                log(.debug, "session's time to live is over", ["session": id])
            } else {
                sessionTimers.retry(id, at: now)
            }
        }
    }

    /// The session, its time begun anew; nobody's when there is none or its end is already on the way. Only by who
    /// leads for certain, as for a read: one that another leader has followed would promise somebody else's lock.
    mutating func renew(_ request: SessionSpecificRequest, at now: Instant) -> Result<Response, FederationError> {
        let read = Request.sessionGet(request)
        if let refusal = Catalog.refusal(of: read) { return .failure(refusal) }
        guard case .sessions(var answer)? = readOwn(read) else { return .failure(.notReadyForConsistentReads) }
        answer.sessions = answer.sessions?.filter { !sessionTimers.isEnding($0.id) }
        for session in answer.sessions ?? [] {
            if let ttl = session.timeToLive { sessionTimers.renew(session.id, ttl: ttl, at: now) }
        }
        // As Consul's: neither index nor leader is said.
        answer.meta = QueryMeta()
        return .success(.sessions(answer))
    }

    // MARK: Proposals

    /// A write that is answered without the log; nil when it must be proposed.
    func immediateAnswer(_ request: Request, at now: Instant) -> Response? {
        switch request {
        case .kvsApply(let body) where body.op == "lock":
            // A delay refuses like a lock that is held. One that is held is not proposed: its session's end may be in
            // the log before, and the key would be locked without the delay. Losers of a contended lock cost no entry.
            guard let replica else { return nil }
            let isHeld = leadsForCertain(at: now) && replica.catalog.isLocked(body.dirEnt.key, for: body.dirEnt.session)
                && !Mutant.lockProposedWhileHeld.isOn
            return isHeld || replica.lockDelays.contains(body.dirEnt.key, at: now) ? .bool(false) : nil
        case .txnApply(let body):
            let check = checked(body.ops, at: now)
            return check.errors.isEmpty ? nil : .txn(TxnResponse(errors: check.errors))
        default: return nil
        }
    }

    /// Transactions with their defaults filled in.
    func completed(_ request: Request, at now: Instant) -> Request {
        guard case .txnApply(var body) = request else { return request }
        body.ops = checked(body.ops, at: now).operations
        return .txnApply(body)
    }

    func checked(_ operations: [TxnOp]?, at now: Instant) -> TransactionCheck {
        TransactionCheck(operations ?? [], datacenter: configuration.datacenter) { key in
            replica?.lockDelays.contains(key, at: now) ?? false
        }
    }

    mutating func preparation(for request: Request) throws(FederationError) -> Preparation {
        var preparation = Preparation(patterns: configuration.patterns, minSessionTTL: configuration.minSessionTTL)
        if case .preparedQueryApply = request, let replica { preparation.catalog = replica.catalog }
        if request.needsIdentity {
            guard let identity = identities.take() else { throw .overloaded(what: "ids") }
            preparation.identity = identity
        }
        return preparation
    }

    /// A server of the peer set that would not understand the command; nil when all do. One that the pool has
    /// forgotten is not asked: it stops at the entry, as it says, and is replaced.
    func voterTooOld(for command: Command) -> String? {
        let number = command.protocolNumber
        guard number > 1, let membership = replica?.node.membership else { return nil }
        for member in lan.members {
            guard let tags = ServerTags(member: member), let id = NodeID(tags.id), membership.isVoter(id),
                let known = tags.isthmusProtocol, known < number
            else { continue }
            return member.name
        }
        return nil
    }
}

extension Request {
    /// Whether it takes a key for a session.
    var locks: Bool { if case .kvsApply(let body) = self { body.op == "lock" } else { false } }
}
