import Determinism
import FederationModel

/// Remote datacenters by name. What passes over all of them look at stands apart, in a few cache lines: a server of
/// forty datacenters makes a hundred passes a second, and a state is half a kilobyte and a dozen retains.
struct DatacenterTable: Sendable {
    fileprivate struct Due: Sendable {
        /// Of the next round of pings.
        let round: Instant
        /// When the verdict comes to be remade although nothing new is known.
        let judgement: Instant
        /// Of the lane of requests there.
        var lane: Instant
        var other: Instant { min(judgement, lane) }
    }

    /// What others are told of a datacenter, and what that follows from.
    struct Sight: Sendable {
        let verdict: Verdict
        let federation: Verdict
        let since: Instant
        let reaches: Bool
        /// The shortest to a server that may be asked.
        let roundTrip: Duration?
        /// Nil while one of its servers answers.
        let missingSince: Instant?
        /// When a ping or gossip of it last arrived here.
        fileprivate(set) var lastHeard: Instant?
        /// Since when it has been heard all the time without answering.
        fileprivate(set) var hearingSince: Instant?
        /// It has a server that knows rows.
        let isOurs: Bool

        /// Something has arrived from it.
        /// - Parameter margin: what arrives later than this after the first unanswered ping was sent after it.
        fileprivate mutating func heard(margin: Duration, age: Duration, at now: Instant) {
            let last = lastHeard
            lastHeard = now
            guard let missing = missingSince, now >= missing + margin else { return }
            let isHeardAlready = hearingSince.map { $0 >= missing + margin } ?? false
            let isUnbroken = last.map { now - $0 <= age } ?? false
            if !isHeardAlready || !isUnbroken { hearingSince = now }
        }
    }

    private let configuration: RouterConfiguration
    /// Sorted.
    private(set) var names: [String] = []
    /// In the order of `names`. Nil for the moment in which a state is taken out to be worked on.
    private var states: [DatacenterState?] = []
    private var dues: [Due] = []
    private(set) var sights: [Sight] = []
    /// How many answer nothing, and how many are not `up` to somebody: asked for each datagram and each turn.
    private var missingCount = 0
    private var disputedCount = 0
    private var refusals: [StandingRefusal?] = []
    /// Another one whenever who is refused what is another.
    private(set) var refusalGeneration = 0
    private var places: [String: Int] = [:]
    /// Another one whenever `names` are others.
    private(set) var generation = 0

    init(_ configuration: RouterConfiguration) { self.configuration = configuration }

    subscript(name: String) -> DatacenterState? {
        // Yielded where it stands: most ask for one part of it.
        _read {
            if let place = places[name] { yield states[place] } else { yield nil }
        }
    }

    /// Changes a datacenter where it stands: it is found once and nothing of it is copied.
    /// - Returns: nil when it is not there.
    @discardableResult
    mutating func change<Result>(_ name: String, _ body: (inout DatacenterState) -> Result) -> Result? {
        guard let place = places[name], states[place] != nil else { return nil }
        let result = body(&states[place]!)
        note(place)
        return result
    }

    /// Asks a datacenter where it stands. Nothing of it may be changed.
    mutating func ask<Result>(_ name: String, _ body: (inout DatacenterState) -> Result) -> Result? {
        guard let place = places[name], states[place] != nil else { return nil }
        return body(&states[place]!)
    }

    /// Takes a datacenter out for a moment, in which its place is kept.
    mutating func take(_ name: String) -> DatacenterState? { places[name].flatMap { states[$0].take() } }

    /// Puts one back, or a new one in.
    mutating func put(_ state: consuming DatacenterState) {
        guard let place = places[state.name] else { return insert(state) }
        states[place] = state
        note(place)
    }

    private mutating func note(_ place: Int) {
        var sight = states[place]!.sight()
        (sight.lastHeard, sight.hearingSince) = (sights[place].lastHeard, sights[place].hearingSince)
        count(sights[place], -1)
        count(sight, 1)
        sights[place] = sight
        dues[place] = states[place]!.due(configuration)
        noteRefusal(place)
    }

    private mutating func count(_ sight: Sight, _ step: Int) {
        if sight.missingSince != nil { missingCount += step }
        if sight.verdict != .up || sight.federation != .up { disputedCount += step }
    }

    private mutating func noteRefusal(_ place: Int) {
        let refusal = states[place]!.refusal()
        if refusal == nil && refusals[place] == nil || refusal == refusals[place] { return }
        refusals[place] = refusal
        refusalGeneration += 1
    }

    func standingRefusal(of name: String) -> StandingRefusal? { places[name].flatMap { refusals[$0] } }

    /// Of each datacenter that refuses anything.
    var standingRefusals: [String: StandingRefusal] {
        var standing: [String: StandingRefusal] = [:]
        for place in refusals.indices { standing[names[place]] = refusals[place] }
        return standing
    }

    func contains(_ name: String) -> Bool { places[name] != nil }

    /// For every forwarded request: a lane is changed where it stands, and nothing else of its state is looked at.
    /// - Parameter number: of the lane that is meant; a datacenter that was forgotten and came back has another one.
    mutating func changeLane(_ name: String, number: UInt64, _ change: (inout Lane) -> Void) {
        guard let place = places[name], let due = states[place]?.changeLane(number, change) else { return }
        dues[place].lane = due
        noteRefusal(place)
    }

    /// Something has arrived from a datacenter, as it does for each of its pings: nothing else of it is looked at.
    mutating func heard(_ name: String, margin: Duration, age: Duration, at now: Instant) {
        guard let place = places[name] else { return }
        sights[place].heard(margin: margin, age: age, at: now)
    }

    private mutating func insert(_ state: DatacenterState) {
        var state = state
        let place = names.firstIndex { $0 > state.name } ?? names.count
        names.insert(state.name, at: place)
        sights.insert(state.sight(), at: place)
        count(sights[place], 1)
        dues.insert(state.due(configuration), at: place)
        states.insert(state, at: place)
        refusals.insert(nil, at: place)
        renumber()
        noteRefusal(place)
    }

    mutating func remove(_ name: String) {
        guard let place = places[name] else { return }
        names.remove(at: place)
        states.remove(at: place)
        dues.remove(at: place)
        count(sights.remove(at: place), -1)
        if refusals.remove(at: place) != nil { refusalGeneration += 1 }
        renumber()
    }

    private mutating func renumber() {
        generation += 1
        places = Dictionary(uniqueKeysWithValues: names.indices.map { (names[$0], $0) })
    }

    // MARK: Passes

    /// When the next round of pings is due somewhere, and when something else.
    var earliest: (round: Instant, other: Instant) {
        var (round, other) = (Instant.distantFuture, Instant.distantFuture)
        for due in dues {
            round = min(round, due.round)
            other = min(other, due.other)
        }
        return (round, other)
    }

    /// All is well everywhere, and nobody says otherwise.
    var isUndisputed: Bool { disputedCount == 0 }
    var isMissingAny: Bool { missingCount > 0 }

    /// Whose verdict has to be remade or whose lane of requests has something due, sorted.
    func toLookAt(at now: Instant) -> [String] {
        dues.contains { $0.other <= now } ? dues.indices.filter { dues[$0].other <= now }.map { names[$0] } : []
    }

    /// Who is to be asked: who has waited longest first, then who would be due within the slack.
    func toPing(at now: Instant) -> [String] {
        guard dues.contains(where: { $0.round <= now }) else { return [] }
        var waiting: [(round: Instant, place: Int)] = []
        let limit = now + configuration.pingSlack
        for place in dues.indices where dues[place].round <= limit { waiting.append((dues[place].round, place)) }
        if waiting.count > 1 { waiting.sort { $0.round != $1.round ? $0.round < $1.round : $0.place < $1.place } }
        return waiting.map { names[$0.place] }
    }
}

// Mutating, so that they are asked of a state where it stands: else it would be copied for them.
extension DatacenterState {
    /// - Returns: when the lane has something due; nil when it is not this one.
    fileprivate mutating func changeLane(_ number: UInt64, _ change: (inout Lane) -> Void) -> Instant? {
        guard lane.number == number else { return nil }
        change(&lane)
        return lane.nextDeadline
    }

    fileprivate mutating func due(_ configuration: RouterConfiguration) -> DatacenterTable.Due {
        DatacenterTable.Due(
            round: nextRound, judgement: nextJudgement(configuration), lane: lane.nextDeadline)
    }

    fileprivate mutating func sight() -> DatacenterTable.Sight {
        var reaches = false
        var isOurs = false
        var roundTrip: Duration?
        for place in servers.indices where servers[place].isActive {
            if servers[place].server.isIsthmus { isOurs = true }
            guard !servers[place].isSilent else { continue }
            if servers[place].lastAnswer != nil { reaches = true }
            if let trip = servers[place].smoothedRoundTrip { roundTrip = min(trip, roundTrip ?? trip) }
        }
        return DatacenterTable.Sight(
            verdict: verdict, federation: federation, since: since, reaches: reaches && verdict.reaches,
            roundTrip: roundTrip, missingSince: missingSince, isOurs: isOurs)
    }
}
