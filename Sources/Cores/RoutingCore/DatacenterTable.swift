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
        let isUndisputed: Bool
        /// None of its servers answers.
        let isMissing: Bool
    }

    private let configuration: RouterConfiguration
    /// Sorted.
    private(set) var names: [String] = []
    /// In the order of `names`. Nil for the moment in which a state is taken out to be worked on.
    private var states: [DatacenterState?] = []
    private var dues: [Due] = []
    private var places: [String: Int] = [:]

    init(_ configuration: RouterConfiguration) { self.configuration = configuration }

    /// Setting nil takes a datacenter out for a moment and keeps its place; `remove` forgets it.
    subscript(name: String) -> DatacenterState? {
        get { places[name].flatMap { states[$0] } }
        _modify {
            guard let place = places[name] else {
                // A change of a datacenter that is not there makes none.
                var new: DatacenterState?
                defer { if let new { insert(name, new) } }
                yield &new
                return
            }
            defer { if let due = states[place]?.due(configuration) { dues[place] = due } }
            yield &states[place]
        }
    }

    func contains(_ name: String) -> Bool { places[name] != nil }

    /// For every forwarded request: a lane is changed where it stands, and nothing else of its state is looked at.
    /// - Parameter number: of the lane that is meant; a datacenter that was forgotten and came back has another one.
    mutating func changeLane(_ name: String, number: UInt64, _ change: (inout Lane) -> Void) {
        guard let place = places[name], let due = states[place]?.changeLane(number, change) else { return }
        dues[place].lane = due
    }

    /// For every forwarded request: where it stands. `change` moves nothing that a pass looks at.
    /// - Returns: nil for a datacenter that is not there.
    mutating func changeInPlace<Result>(_ name: String, _ change: (inout DatacenterState) -> Result) -> Result? {
        guard let place = places[name] else { return nil }
        return states[place]?.changed(change)
    }

    private mutating func insert(_ name: String, _ state: DatacenterState) {
        let place = names.firstIndex { $0 > name } ?? names.count
        names.insert(name, at: place)
        states.insert(state, at: place)
        dues.insert(state.due(configuration), at: place)
        renumber()
    }

    mutating func remove(_ name: String) {
        guard let place = places[name] else { return }
        names.remove(at: place)
        states.remove(at: place)
        dues.remove(at: place)
        renumber()
    }

    private mutating func renumber() {
        places = Dictionary(uniqueKeysWithValues: names.indices.map { (names[$0], $0) })
    }

    // MARK: Passes

    var earliestRound: Instant { dues.reduce(.distantFuture) { min($0, $1.round) } }
    var earliestJudgement: Instant { dues.reduce(.distantFuture) { min($0, $1.judgement) } }
    var earliestLane: Instant { dues.reduce(.distantFuture) { min($0, $1.lane) } }
    /// All is well everywhere, and nobody says otherwise.
    var isUndisputed: Bool { dues.allSatisfy(\.isUndisputed) }
    var isMissingAny: Bool { dues.contains(where: \.isMissing) }

    /// Whose verdict has to be remade, sorted.
    func toJudge(at now: Instant) -> [String] {
        dues.indices.filter { dues[$0].judgement <= now }.map { names[$0] }
    }

    /// Whose lane of requests has something due, sorted.
    func openingLanes(at now: Instant) -> [String] {
        dues.indices.filter { dues[$0].lane <= now }.map { names[$0] }
    }

    /// Who is to be asked: who has waited longest first.
    func toPing(at now: Instant) -> [String] {
        dues.indices.filter { dues[$0].round <= now }.sorted {
            dues[$0].round != dues[$1].round ? dues[$0].round < dues[$1].round : $0 < $1
        }.map { names[$0] }
    }
}

extension DatacenterState {
    /// - Returns: when the lane has something due; nil when it is not this one.
    fileprivate mutating func changeLane(_ number: UInt64, _ change: (inout Lane) -> Void) -> Instant? {
        guard lane.number == number else { return nil }
        change(&lane)
        return lane.nextDeadline
    }

    fileprivate mutating func changed<Result>(_ change: (inout DatacenterState) -> Result) -> Result { change(&self) }

    fileprivate func due(_ configuration: RouterConfiguration) -> DatacenterTable.Due {
        var judgement = settling(configuration)
        if let since = leaderlessSince, verdict != .leaderless {
            judgement = min(judgement, since + configuration.leaderlessDelay)
        }
        return DatacenterTable.Due(
            round: nextRound, judgement: judgement, lane: lane.nextDeadline, isUndisputed: isUndisputed,
            isMissing: missingSince != nil)
    }
}
