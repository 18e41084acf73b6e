package import Determinism
package import FederationModel

/// The health checks of one agent: when each runs, what its result means, when a TTL is over, which instance has been
/// critical for too long. Pure: probes are effects, their results inputs.
///
/// A status is told when it or its output changes. Re-adding an equal definition keeps the schedule; any re-adding
/// keeps status and output, so a client may register again as often as it likes.
package struct CheckScheduler: Sendable {
    package enum Effect: Equatable, Sendable {
        case probe(ProbeID, ProbeRequest)
        case cancel(ProbeID)
        case status(id: String, CheckStatus, output: String)
        /// The instance was critical for longer than its definition allows. Told again at each reaping until its
        /// checks are removed.
        case deregister(serviceID: String)
        case log(LogLine)
    }

    /// Between two looks for instances that have been critical for too long.
    package static let reapInterval = Duration.seconds(30)
    /// A shell answers each probe within its timeout; beyond this much more it is taken for lost.
    package static let answerGrace = Duration.seconds(15)

    /// Name of the node: an alias that names it is local.
    private let node: String
    private var random: SeededRandom
    private var checks: [String: ScheduledCheck] = [:]
    /// Check ids by instance, sorted; under "" those of the node.
    private var idsByService: [String: [String]] = [:]
    /// Ids of aliases that follow checks of this node, sorted.
    private var localAliases: [String] = []
    private var remoteChecks: [AliasTarget: [AliasedCheck]] = [:]
    private var running: [ProbeID: String] = [:]
    private var deadlines = DeadlineQueue<Deadline>()
    private var nextReap: Instant = .distantFuture
    private var nextProbe: UInt64 = 1

    private struct Deadline: Sendable {
        let id: String
        let due: Instant
    }

    package init(node: String, random: SeededRandom) {
        self.node = node
        self.random = random
    }

    package var nextDeadline: Instant { min(deadlines.nextDeadline, nextReap) }
    /// Sorted.
    package var ids: [String] { checks.keys.sorted() }
    package var runningCount: Int { running.count }

    package func outcome(of id: String) -> CheckOutcome? { checks[id]?.outcome }
    package func timings(of id: String) -> CheckTimings? { checks[id]?.timings }

    /// Targets on other nodes whose checks the owner has to watch and tell by `aliasTargetChanged`; sorted.
    package var remoteAliasTargets: [AliasTarget] {
        Set(checks.values.compactMap { Self.remoteTarget($0.plan) }).sorted()
    }

    // MARK: Definitions

    package mutating func add(_ definition: CheckDefinition, at now: Instant, into effects: inout [Effect]) {
        let id = definition.id
        let plan = CheckPlan(definition, node: node)
        if let old = checks[id], old.definition == definition {
            if case .ttl(let ttl) = plan { arm(id, due: now + ttl) }
            return
        }
        var check = ScheduledCheck(definition, plan: plan, at: now)
        if let old = checks[id] {
            check.outcome = old.outcome
            check.criticalSince = old.criticalSince
            forget(id, into: &effects)
        }
        checks[id] = check
        Self.insert(id, into: &idsByService[definition.serviceID, default: []])
        effects.append(.status(id: id, check.outcome.status, output: check.outcome.output))
        logRaisedLimits(definition, into: &effects)
        if CheckPlan.deregisterAfter(definition) != nil && nextReap == .distantFuture {
            nextReap = now + Self.reapInterval
        }
        switch plan {
        case .probe(_, let interval): arm(id, due: Self.gathered(now + random.duration(in: .zero..<interval)))
        case .ttl(let ttl): arm(id, due: now + ttl)
        case .alias(let target):
            if target.node.isEmpty { Self.insert(id, into: &localAliases) }
            if let known = remoteChecks[target] { settle(id, CheckOutcome(following: known), at: now, into: &effects) }
        case .fixed: break
        }
        followLocally(at: now, into: &effects)
    }

    package mutating func remove(id: String, at now: Instant, into effects: inout [Effect]) {
        guard checks[id] != nil else { return }
        forget(id, into: &effects)
        followLocally(at: now, into: &effects)
    }

    private mutating func forget(_ id: String, into effects: inout [Effect]) {
        guard let check = checks.removeValue(forKey: id) else { return }
        if let run = check.run {
            running[run.probe] = nil
            effects.append(.cancel(run.probe))
        }
        Self.erase(id, from: &idsByService[check.definition.serviceID, default: []])
        if idsByService[check.definition.serviceID]?.isEmpty == true {
            idsByService[check.definition.serviceID] = nil
        }
        Self.erase(id, from: &localAliases)
        if checks.isEmpty { deadlines = DeadlineQueue() }
        if let target = Self.remoteTarget(check.plan),
            !checks.values.contains(where: { Self.remoteTarget($0.plan) == target })
        {
            remoteChecks[target] = nil
        }
    }

    // MARK: Inputs

    /// The owner of a TTL check reports. Its time starts again.
    /// - Throws: when there is no such check or it has no TTL, in Consul's words.
    package mutating func report(
        id: String, status: CheckStatus, output: String, at now: Instant, into effects: inout [Effect]
    ) throws(AgentError) {
        guard let check = checks[id], case .ttl(let ttl) = check.plan else {
            throw .failed("CheckID \"\(id)\" does not have associated TTL")
        }
        arm(id, due: now + ttl)
        let limit = CheckPlan.outputBytes(check.definition)
        let count = output.utf8.count
        let text = count > limit ? "\(output.cut(toBytes: limit)) ... (captured \(limit) of \(count) bytes)" : output
        settle(id, CheckOutcome(status, text), at: now, into: &effects)
        followLocally(at: now, into: &effects)
    }

    /// Probes begin together every 10 ms. One that begins alone wakes three threads, which costs as much as itself: of
    /// 5,000 at 5 s, 260 us of CPU each, in groups of ten 130. A check's turn moves by 5 ms at most, the least interval
    /// by half a hundredth.
    static let gatheringStep = Duration.milliseconds(10)

    /// The nearest step: what begins a little late goes back to its own.
    static func gathered(_ due: Instant) -> Instant {
        let step = gatheringStep.wholeNanoseconds
        return Instant(nanoseconds: (due.nanoseconds + step / 2) / step * step)
    }

    /// A probe ended. Results of cancelled and unknown probes are ignored.
    package mutating func probed(
        _ probe: ProbeID, _ result: ProbeResult, at now: Instant, into effects: inout [Effect]
    ) {
        guard let id = running.removeValue(forKey: probe), var check = checks[id], let run = check.run,
            case .probe(let request, let interval) = check.plan
        else { return }
        check.run = nil
        if case .answered(_, _, _, let timings) = result { check.timings.lastAnswer = timings }
        checks[id] = check
        arm(id, after: run, interval, at: now)
        weigh(id, CheckOutcome(result, of: request), at: now, into: &effects)
    }

    /// The checks of an alias's target on another node, as the catalog has them now: those of the node and of the
    /// instance, sorted by id. Targets nobody follows are ignored.
    package mutating func aliasTargetChanged(
        _ target: AliasTarget, checks found: [AliasedCheck], at now: Instant, into effects: inout [Effect]
    ) {
        let followers = checks.keys.filter { checks[$0]?.plan == .alias(target) }.sorted()
        guard !target.node.isEmpty, !followers.isEmpty else { return }
        remoteChecks[target] = found
        for id in followers { settle(id, CheckOutcome(following: found), at: now, into: &effects) }
        followLocally(at: now, into: &effects)
    }

    package mutating func advance(to now: Instant, into effects: inout [Effect]) {
        while let deadline = deadlines.popDue(at: now) {
            guard let place = checks.index(forKey: deadline.id), checks.values[place].queued == deadline.due else {
                continue
            }
            checks.values[place].queued = .distantFuture
            let due = checks.values[place].due
            if due <= now {
                fall(due: deadline.id, at: now, into: &effects)
            } else {
                arm(deadline.id, due: due)
            }
        }
        if nextReap <= now { reap(at: now, into: &effects) }
    }

    // MARK: Runs

    /// The next turn, an interval after the last one began.
    private mutating func arm(_ id: String, after run: ScheduledCheck.Run, _ interval: Duration, at now: Instant) {
        arm(id, due: max(now, Self.gathered(run.start + interval)))
    }

    private mutating func fall(due id: String, at now: Instant, into effects: inout [Effect]) {
        guard var check = checks[id] else { return }
        switch check.plan {
        case .probe(let request, let interval):
            if let run = check.run {
                running[run.probe] = nil
                check.run = nil
                checks[id] = check
                effects.append(.cancel(run.probe))
                arm(id, after: run, interval, at: now)
                weigh(id, CheckOutcome(.failed("no result from the prober"), of: request), at: now, into: &effects)
            } else {
                let probe = ProbeID(nextProbe)
                nextProbe += 1
                check.timings.started(at: now, due: check.due)
                check.run = ScheduledCheck.Run(probe: probe, start: now)
                checks[id] = check
                running[probe] = id
                arm(id, due: now + request.timeout + Self.answerGrace)
                effects.append(.probe(probe, request))
            }
        case .ttl:
            arm(id, due: .distantFuture)
            settle(id, CheckOutcome(expiredAfter: check.outcome.output), at: now, into: &effects)
            followLocally(at: now, into: &effects)
        case .alias, .fixed:
            arm(id, due: .distantFuture)
        }
    }

    /// A probe's result counts once its threshold is reached; a TTL's owner and an alias are believed at once.
    private mutating func weigh(
        _ id: String, _ outcome: CheckOutcome, at now: Instant, into effects: inout [Effect]
    ) {
        guard checks[id]?.counts(outcome.status) == true else { return }
        settle(id, outcome, at: now, into: &effects)
        followLocally(at: now, into: &effects)
    }

    private mutating func settle(
        _ id: String, _ outcome: CheckOutcome, at now: Instant, into effects: inout [Effect]
    ) {
        guard var check = checks[id], check.outcome != outcome else { return }
        if check.outcome.status != outcome.status {
            check.criticalSince = outcome.status == .critical ? now : nil
            effects.append(.log(Self.statusLine(check.definition, outcome)))
        }
        check.outcome = outcome
        checks[id] = check
        effects.append(.status(id: id, outcome.status, output: outcome.output))
    }

    /// Each check has one entry that counts: an earlier one is added at once, a later one when the present one is due.
    private mutating func arm(_ id: String, due: Instant) {
        guard var check = checks[id] else { return }
        check.due = due
        if due < check.queued {
            check.queued = due
            deadlines.add(Deadline(id: id, due: due), due: due)
        }
        checks[id] = check
        // Entries that no longer count wait for their time: a client that registers in a loop could pile them up.
        if deadlines.count > 64 + 64 * checks.count { rebuildDeadlines() }
    }

    private mutating func rebuildDeadlines() {
        deadlines = DeadlineQueue()
        for id in checks.keys.sorted() {
            guard var check = checks[id] else { continue }
            check.queued = check.due
            checks[id] = check
            if check.due != .distantFuture { deadlines.add(Deadline(id: id, due: check.due), due: check.due) }
        }
    }

    // MARK: Aliases and reaping

    /// Brings the aliases of this node's checks up to date. An alias that follows an alias follows the checks behind
    /// it, each once, so a circle of aliases comes to rest.
    private mutating func followLocally(at now: Instant, into effects: inout [Effect]) {
        for id in localAliases {
            guard let check = checks[id], case .alias(let target) = check.plan else { continue }
            var visited: Set<String> = [id]
            var found: [(id: String, check: AliasedCheck)] = []
            collect(target, &visited, &found)
            found.sort { $0.id < $1.id }
            settle(id, CheckOutcome(following: found.map(\.check)), at: now, into: &effects)
        }
    }

    private func collect(
        _ target: AliasTarget, _ visited: inout Set<String>, _ found: inout [(id: String, check: AliasedCheck)]
    ) {
        var pending = [target.service]
        var seen: Set<String> = []
        while let service = pending.popLast() {
            guard seen.insert(service).inserted else { continue }
            if !service.isEmpty { pending.append("") }
            for id in idsByService[service] ?? [] where visited.insert(id).inserted {
                guard let check = checks[id] else { continue }
                if case .alias(let next) = check.plan, next.node.isEmpty {
                    pending.append(next.service)
                } else {
                    let view = AliasedCheck(
                        name: check.definition.name, status: check.outcome.status, output: check.outcome.output)
                    found.append((id, view))
                }
            }
        }
    }

    private mutating func reap(at now: Instant, into effects: inout [Effect]) {
        var services: Set<String> = []
        var isAnyLeft = false
        for check in checks.values {
            guard let after = CheckPlan.deregisterAfter(check.definition) else { continue }
            isAnyLeft = true
            if let since = check.criticalSince, now - since >= after { services.insert(check.definition.serviceID) }
        }
        for service in services.sorted() {
            let line = LogLine(.info, "Deregistering a service that stayed critical", ["service.id": service])
            effects.append(.log(line))
            effects.append(.deregister(serviceID: service))
        }
        nextReap = isAnyLeft ? now + Self.reapInterval : .distantFuture
    }

    // MARK: Helpers

    private static func remoteTarget(_ plan: CheckPlan) -> AliasTarget? {
        guard case .alias(let target) = plan, !target.node.isEmpty else { return nil }
        return target
    }

    private static func insert(_ id: String, into ids: inout [String]) {
        ids.insert(id, at: ids.firstIndex { $0 >= id } ?? ids.endIndex)
    }

    private static func erase(_ id: String, from ids: inout [String]) {
        if let position = ids.firstIndex(of: id) { ids.remove(at: position) }
    }

    private static func statusLine(_ definition: CheckDefinition, _ outcome: CheckOutcome) -> LogLine {
        LogLine(
            outcome.status == .passing ? .info : .warning, "Check changed its status",
            [
                "check.id": definition.id, "service.id": definition.serviceID, "check.status": outcome.status.rawValue,
                "check.output": outcome.output.cut(toBytes: 256),
            ])
    }

    private func logRaisedLimits(_ definition: CheckDefinition, into effects: inout [Effect]) {
        let isProbe = !definition.http.isEmpty || !definition.tcp.isEmpty
        if isProbe, let interval = definition.interval, interval < CheckPlan.minInterval {
            effects.append(
                .log(LogLine(.warning, "Check interval is below 1 s, 1 s is used", ["check.id": definition.id])))
        }
        if let after = definition.deregisterCriticalServiceAfter, after > .zero, after < CheckPlan.minDeregisterAfter {
            effects.append(
                .log(LogLine(.warning, "Deregister time is below 1 min, 1 min is used", ["check.id": definition.id])))
        }
    }
}
