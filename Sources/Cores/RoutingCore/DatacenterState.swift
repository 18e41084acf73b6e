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
    /// When a ping or gossip of it last arrived here.
    var lastHeard: Instant?
    /// Since when it has been heard all the time without answering.
    var hearingSince: Instant?
    var statistics = PingStatistics()
    /// Since when a quorum has been without a leader.
    var leaderlessSince: Instant?
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

    func index(of name: String) -> Int? { servers.indices.first { servers[$0].server.name == name } }

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

    var needsAttention: Bool { servers.contains { $0.isActive && $0.needsAttention } }

    /// The verdict the evidence supports now (`leaderlessSince` is up to date).
    func judge(_ configuration: RouterConfiguration, at now: Instant) -> (verdict: Verdict, reason: String) {
        let active = servers.filter(\.isActive)
        guard !active.isEmpty else { return (.left, "all its servers left") }
        let condemned = active.filter { $0.condemnation != nil }
        if active.allSatisfy(\.isSilent) {
            let isFrozen = active.contains { $0.condemnation == .frozen }
            return (isFrozen ? .frozen : .unreachable, Self.words(condemned, of: active.count))
        }
        if let since = leaderlessSince, now >= since + configuration.leaderlessDelay {
            let count = active.filter { $0.hasSpoken && $0.leader?.isEmpty == true }.count
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
    func settling(_ configuration: RouterConfiguration) -> Instant {
        if let since = worseSince { return since + configuration.worseningDelay }
        return betterSince.map { $0 + configuration.recoveryDelay } ?? .distantFuture
    }

    /// All is well, and nobody says otherwise.
    var isUndisputed: Bool { verdict == .up && federation == .up }

    /// Since when none of its servers has answered; nil while one does.
    var missingSince: Instant? {
        var latest: Instant?
        for index in servers.indices where servers[index].isActive {
            guard let since = servers[index].missingSince else { return nil }
            latest = max(latest ?? since, since)
        }
        return latest
    }

    private static func words(_ condemned: [ServerEvidence], of count: Int) -> String {
        let list = condemned.map { "\($0.server.name): \($0.lastError)" }.joined(separator: ", ")
        return "\(condemned.count) of \(count) servers do not answer (\(list))"
    }

    /// A quorum of its servers says it has no leader, or is silent, and none that answers names one.
    var isWithoutLeader: Bool {
        let active = servers.filter(\.isActive)
        let speakers = active.filter(\.hasSpoken)
        let empty = speakers.filter { $0.leader?.isEmpty == true }.count
        let named = speakers.contains { $0.leader?.isEmpty == false }
        let silent = active.filter(\.isSilent).count
        return empty > 0 && !named && empty + silent >= active.count / 2 + 1
    }

    /// Healthy servers by round trip, then doubtful ones; silent ones never. Remade only when the order changes.
    mutating func orderCandidates(membersChanged: Bool) {
        if !membersChanged && isInOrder { return }
        let usable = servers.indices.filter { servers[$0].standing.isUsable }
        let sorted = usable.sorted { Self.isBefore(servers[$0], servers[$1]) }
        let first = sorted.firstIndex { servers[$0].isHealthy && servers[$0].endpointText == leader }
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

    /// Nothing would move: what each answered ping asks, and mostly finds.
    private var isInOrder: Bool {
        var count = 0
        for index in servers.indices where servers[index].standing.isUsable { count += 1 }
        guard count == order.count else { return false }
        for place in order.indices {
            guard servers[order[place]].standing.isUsable, servers[order[place]].standing == standings[place] else {
                return false
            }
            if place > 0 && Self.isBefore(servers[order[place]], servers[order[place - 1]]) { return false }
        }
        let first = order.firstIndex { servers[$0].isHealthy && servers[$0].endpointText == leader }
        return first == leaderPosition
    }

    private static func isBefore(_ left: ServerEvidence, _ right: ServerEvidence) -> Bool {
        if left.isHealthy != right.isHealthy { return left.isHealthy }
        let (first, second) = (left.smoothedRoundTrip, right.smoothedRoundTrip)
        if let first, let second, first != second { return first < second }
        if (first == nil) != (second == nil) { return first != nil }
        return left.server.name < right.server.name
    }
}
