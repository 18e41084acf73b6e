import Determinism
import FederationModel

/// One remote datacenter: its servers, the verdict and the order in which they are tried.
struct DatacenterState: Sendable {
    let name: String
    /// Sorted by name.
    var servers: [ServerEvidence] = []
    /// Servers of another cluster under the same name: known, and never used.
    var refused: [RouteServer] = []
    /// Tags of newcomers an operator has been told of.
    var reportedTags: [String] = []
    /// The cluster that owns the name: the first one seen.
    var clusterTag: String?
    var verdict = Verdict.up
    var reason = "not asked yet"
    var since: Instant
    /// Of the majority of the datacenters that can be heard.
    var federation = Verdict.up
    /// Of the last change of either verdict in the history.
    var changeIndex: UInt64 = 1
    /// Since when the evidence has supported a worse or a better verdict than the one that stands.
    private var worseSince: Instant?
    private var betterSince: Instant?
    var statistics = PingStatistics()
    /// Since when a quorum has been without a leader.
    private(set) var leaderlessSince: Instant?
    /// After the time that an election may take they were asked once more.
    private var isAskedAgain = false
    /// When a request was answered that needs the leader: who said before that there is none is refuted. Kept while a
    /// leader is missed.
    var leaderAnswered = Instant.zero
    /// `ip:port` as the last answer that named one said.
    var leader: String?
    var nextRound: Instant
    /// Where the rotation goes on.
    var cursor = 0
    /// Servers still owed a ping of the present round, because the budget was used up.
    var owed = 0
    /// Indices of `servers` in the order they are tried, and where among them the leader stands.
    private var order: [Int] = []
    private var leaderPosition: Int?
    private var standings: [Candidate.Standing] = []
    /// The same as servers, ready for requests: a request costs no sorting. Round trips are those of the last change.
    var candidates: [Candidate] = []
    var leaderFirst: [Candidate] = []
    var lane: Lane

    init(_ name: String, lane: UInt64, at now: Instant) {
        self.name = name
        self.lane = Lane(number: lane)
        since = now
        nextRound = now
    }

    // Servers are looked at where they stand: each is a quarter of a kilobyte and some retains.

    /// A call to a server was answered.
    /// - Returns: whether the server was healthy before; true for one that is not there.
    mutating func callAnswered(
        _ name: String, _ roundTrip: Duration?, at now: Instant, answersToClear: Int
    ) -> Bool {
        guard let index = index(of: name) else { return true }
        let wasHealthy = servers[index].isHealthy
        servers[index].answered(at: now, roundTrip: roundTrip, answersToClear: answersToClear)
        servers[index].trip.callAnswered()
        servers[index].lastCall = (now, true)
        return wasHealthy
    }

    func index(of name: String) -> Int? {
        servers.withUnsafeBufferPointer { servers in
            for index in servers.indices where servers[index].server.name == name { return index }
            return nil
        }
    }

    /// Pings sent so long ago that no result will come.
    func overduePings(sentBefore instant: Instant) -> [PingID] {
        servers.withUnsafeBufferPointer { servers in
            var overdue: [PingID] = []
            for index in servers.indices {
                if let ping = servers[index].outstanding, ping.sent <= instant { overdue.append(ping.id) }
            }
            return overdue
        }
    }

    /// The verdict the evidence supports now (`leaderlessSince` is up to date).
    func judge(_ configuration: RouterConfiguration, at now: Instant) -> (verdict: Verdict, reason: String) {
        let active = servers.filter(\.isActive)
        guard !active.isEmpty else { return (.left, "all its servers left") }
        let condemned = active.filter { $0.condemnation != nil }
        if active.allSatisfy(\.isSilent) {
            let isFrozen = active.contains { $0.condemnation == .frozen }
            return (isFrozen ? .frozen : .unreachable, Self.words(condemned, of: active.count))
        }
        let count = stillLeaderless(active, configuration)
        if count > 0 {
            return (.leaderless, "no leader known to \(count) of \(active.count) servers, \(condemned.count) silent")
        }
        if !condemned.isEmpty { return (.degraded, Self.words(condemned, of: active.count)) }
        return (.up, active.contains(where: \.isAnswering) ? "its servers answer" : reason)
    }

    /// The verdict that stands, once the evidence has supported another one long enough. Who answers is never called
    /// unreachable meanwhile.
    mutating func settle(
        _ judged: (verdict: Verdict, reason: String), _ configuration: RouterConfiguration, at now: Instant
    ) -> (verdict: Verdict, reason: String) {
        let isWorse = judged.verdict.severity > verdict.severity
        let isBetter = judged.verdict.severity < verdict.severity
        worseSince = isWorse ? worseSince ?? now : nil
        betterSince = isBetter ? betterSince ?? now : nil
        if judged.verdict == .left || now >= settling(configuration) || !(isWorse || isBetter) {
            worseSince = nil
            betterSince = nil
            return judged
        }
        if judged.verdict.reaches && !verdict.reaches {
            return judged.verdict == .up ? (.degraded, "answers again, not yet for long") : judged
        }
        return (verdict, reason)
    }

    /// When the verdict that the evidence supports comes to stand.
    mutating func settling(_ configuration: RouterConfiguration) -> Instant {
        if let since = worseSince { return since + configuration.worseningDelay }
        return betterSince.map { $0 + configuration.recoveryDelay } ?? .distantFuture
    }

    /// When the verdict comes to be remade although nothing new is known.
    mutating func nextJudgement(_ configuration: RouterConfiguration) -> Instant {
        guard let since = leaderlessSince, verdict != .leaderless, !isAskedAgain else { return settling(configuration) }
        return min(settling(configuration), since + configuration.leaderlessDelay)
    }

    /// Since when none of its servers has answered; nil while one does.
    var missingSince: Instant? {
        mutating get { findMissingSince() }
    }

    private func findMissingSince() -> Instant? {
        servers.withUnsafeBufferPointer { servers in
            var latest: Instant?
            for place in servers.indices where servers[place].isActive {
                guard let since = servers[place].missingSince else { return nil }
                latest = max(latest ?? since, since)
            }
            return latest
        }
    }

    private static func words(_ condemned: [ServerEvidence], of count: Int) -> String {
        let list = condemned.map { "\($0.server.name): \($0.lastError)" }.joined(separator: ", ")
        return "\(condemned.count) of \(count) servers do not answer (\(list))"
    }

    // MARK: Leader

    /// A quorum of its servers says it has no leader, or is silent, and none that answers names one.
    var isWithoutLeader: Bool {
        let active = servers.filter(\.isActive)
        let isNamed = active.contains { $0.hasSpoken && $0.leader?.isEmpty == false }
        return !isNamed && leaderlessCount(active, since: leaderAnswered) > 0
    }

    /// - Returns: how many say so, asked since then; 0 when they and the silent ones are no quorum.
    private func leaderlessCount(_ active: [ServerEvidence], since instant: Instant) -> Int {
        let count = active.filter { $0.saysLeaderless(since: instant) }.count
        return count + active.filter(\.isSilent).count >= active.count / 2 + 1 ? count : 0
    }

    /// How many say that they have no leader when the time of an election is over; 0 when they are too few. What was
    /// said sooner may be over since: a datacenter can fall just after its election.
    private func stillLeaderless(_ active: [ServerEvidence], _ configuration: RouterConfiguration) -> Int {
        guard let since = leaderlessSince else { return 0 }
        return leaderlessCount(active, since: since + configuration.leaderlessDelay)
    }

    /// Remakes `leaderlessSince`. When the time of an election is over, its servers are asked once more, at once.
    mutating func lookForLeader(_ configuration: RouterConfiguration, at now: Instant) {
        guard isWithoutLeader else {
            leaderlessSince = nil
            isAskedAgain = false
            return
        }
        let since = leaderlessSince ?? now
        leaderlessSince = since
        guard !isAskedAgain, now >= since + configuration.leaderlessDelay else { return }
        isAskedAgain = true
        if verdict != .leaderless { nextRound = now }
    }

    // MARK: Pings

    /// Sends what the present round owes: one ping in rotation, more while something is amiss.
    /// - Parameter next: when the next round is due.
    mutating func beginRound(
        _ configuration: RouterConfiguration, _ book: inout PingBook, next: Instant, at now: Instant,
        into effects: inout [RouterEffect]
    ) {
        var (activeCount, needsAttention) = (0, false)
        for index in servers.indices where servers[index].isActive {
            activeCount += 1
            if servers[index].needsAttention { needsAttention = true }
        }
        guard activeCount > 0 else {
            nextRound = .distantFuture
            return
        }
        if owed == 0 { owed = needsAttention ? min(activeCount, configuration.maxPingsPerRound) : 1 }
        var left = min(owed, activeCount)
        // Around once from the cursor on.
        var index = cursor < servers.count ? cursor : 0
        while left > 0 {
            if index == servers.count { index = 0 }
            guard servers[index].isActive else {
                index += 1
                continue
            }
            if servers[index].outstanding == nil {
                guard let id = book.send(to: servers[index].server.name, of: name, at: now) else {
                    // `nextRound` stays: who has waited longest goes first when the budget allows.
                    owed = left
                    cursor = index
                    return
                }
                let fresh = servers[index].missCount > 0
                servers[index].outstanding = (id, now, fresh)
                effects.append(.ping(id, servers[index].server, fresh: fresh))
                if fresh { effects.append(.knock(servers[index].server)) }
            }
            index += 1
            left -= 1
        }
        owed = 0
        cursor = index
        nextRound = next
    }

    /// What is learned from the end of a ping to a server.
    /// - Parameter learn: is told when the ping was sent.
    /// - Returns: whether the verdict has to be remade, and when there is work; nil when no such ping is under way.
    mutating func pingEnded(
        _ name: String, _ id: PingID, _ configuration: RouterConfiguration, at now: Instant,
        _ learn: (inout ServerEvidence, Instant) -> Void
    ) -> (isNews: Bool, deadline: Instant)? {
        guard let index = index(of: name) else { return nil }
        let end = servers.withUnsafeMutableBufferPointer { $0[index].pingEnded(id, at: now, learn) }
        guard let end else { return nil }
        let took = now - end.sent
        if end.isAnswered { statistics.answered.add(took) }
        if end.isMissed { statistics.failed.add(took) }
        let named = end.leader
        if end.isAnswered, let named, !named.isEmpty, named != leader { leader = named }
        tellBreakers(
            isAnswered: end.isAnswered, isMissed: end.isMissed, isLeaderless: named?.isEmpty == true, at: now)
        var deadline = lane.nextDeadline
        // A ping that took its whole limit is followed by the next one at once; a refusal waits for its turn.
        let isAskedAtOnce = end.isMissing && took >= configuration.pingTimeout && !end.isSilent
        if isAskedAtOnce || isAskedTooSoon(end.sent, configuration, at: now) {
            nextRound = now
            deadline = min(deadline, now)
        }
        // All is as well as it was: only the order by round trip may change.
        let isAsItWas = end.staysWell && verdict == .up && leaderlessSince == nil && named?.isEmpty == false
        if isAsItWas { orderCandidates(membersChanged: false) }
        return (!isAsItWas, deadline)
    }

    /// It was under way when the others were asked once more, and says nothing of the time since.
    private func isAskedTooSoon(_ sent: Instant, _ configuration: RouterConfiguration, at now: Instant) -> Bool {
        guard let since = leaderlessSince, verdict != .leaderless else { return false }
        return sent < since + configuration.leaderlessDelay && now >= since + configuration.leaderlessDelay
    }

    /// What a ping says of requests to come.
    private mutating func tellBreakers(isAnswered: Bool, isMissed: Bool, isLeaderless: Bool, at now: Instant) {
        if isAnswered {
            lane.any.pingAnswered(at: now)
            if isLeaderless { lane.leader.pingMissed(at: now) } else { lane.leader.pingAnswered(at: now) }
        } else if isMissed {
            lane.any.pingMissed(at: now)
            lane.leader.pingMissed(at: now)
        }
    }

    /// Healthy servers by round trip, then doubtful ones; silent ones never. Remade only when the order changes.
    mutating func orderCandidates(membersChanged: Bool) {
        if !membersChanged && isInOrder { return }
        let (sorted, first) = servers.withUnsafeBufferPointer { servers in
            let usable = servers.indices.filter { servers[$0].standing.isUsable }
            let sorted = usable.sorted { Self.isBefore(servers, $0, $1) }
            return (sorted, sorted.firstIndex { leads(servers, $0) })
        }
        let now = sorted.map { servers[$0].standing }
        guard membersChanged || sorted != order || first != leaderPosition || now != standings else { return }
        order = sorted
        leaderPosition = first
        standings = now
        candidates = sorted.map { servers[$0].candidate }
        leaderFirst = candidates
        if let first {
            var candidate = leaderFirst.remove(at: first)
            candidate.standing = .leader
            leaderFirst.insert(candidate, at: 0)
        }
    }

    /// Servers that no request is sent to, with the reason, by name.
    var passedOver: [Candidate] {
        let others = refused.map { Candidate($0, .otherCluster, roundTrip: nil) }
        return (servers.filter { !$0.standing.isUsable }.map(\.candidate) + others)
            .sorted { $0.server.name < $1.server.name }
    }

    /// Why no server can be asked: some accept connections and do not answer, or none can be reached.
    var outageError: FederationError {
        let isFrozen = servers.contains { $0.isActive && ($0.condemnation == .frozen || $0.isMute) }
        return isFrozen ? .frozen(datacenter: name) : .unreachable(datacenter: name)
    }

    private func leads(_ servers: UnsafeBufferPointer<ServerEvidence>, _ index: Int) -> Bool {
        servers[index].isHealthy && servers[index].endpointText == leader
    }

    /// Nothing would move: what each answered ping asks, and mostly finds.
    private var isInOrder: Bool {
        servers.withUnsafeBufferPointer { servers in
            var count = 0
            for index in servers.indices where servers[index].standing.isUsable { count += 1 }
            guard count == order.count else { return false }
            var leading: Int?
            for place in order.indices {
                let standing = servers[order[place]].standing
                guard standing.isUsable, standing == standings[place] else { return false }
                if place > 0 && Self.isBefore(servers, order[place], order[place - 1]) { return false }
                if leading == nil && leads(servers, order[place]) { leading = place }
            }
            return leaderPosition == leading
        }
    }

    private static func isBefore(_ servers: UnsafeBufferPointer<ServerEvidence>, _ left: Int, _ right: Int) -> Bool {
        let isHealthy = servers[left].isHealthy
        if isHealthy != servers[right].isHealthy { return isHealthy }
        let (first, second) = (servers[left].smoothedRoundTrip, servers[right].smoothedRoundTrip)
        if let first, let second, first != second { return first < second }
        if (first == nil) != (second == nil) { return first != nil }
        return servers[left].server.name < servers[right].server.name
    }
}
