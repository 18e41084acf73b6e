import Determinism
import FederationModel
import ServerCore

/// Faults of one datacenter, drawn from the seed. Some come at any time; others are aimed at the moments in which Raft
/// must be careful: just after a vote, an election, a hand-over, a change of the peer set. A `Plot` is several of them
/// in a row.
struct Nemesis: Sendable {
    enum Deed: Sendable {
        case tick
        case kill(Int, downTime: Duration)
        case start(Int)
        case cut([Pair], time: Duration)
        case mend([Pair])
        case freeze(Int, Duration)
        case resume(Int)
        /// Power is lost everywhere.
        case blackout
        /// An operator wants a server out of the peer set.
        case remove(Int, at: Int)
        /// Asked to leave.
        case leave(Int)
        /// Where clients go from now on.
        case focus(KeyLoad.Focus)
        /// Every cut is mended and everybody goes on, if this plot is still the one.
        case endPlot(Int)
    }

    struct Pair: Sendable {
        let from: Int
        let to: Int
    }

    /// Scripts of the world from this number on are deeds.
    private static let firstScript = 1000
    /// Requests of operators have their own numbers.
    private static let firstRequest: UInt64 = 1 << 32

    let serverCount: Int
    /// Silence after which every server has campaigned.
    let patience: Duration
    var random: SeededRandom
    private var deeds: [Int: Deed] = [:]
    private var nextScript = Nemesis.firstScript
    private var nextRequest = Nemesis.firstRequest
    private var leader: Int?
    private var isStopped = false
    /// Down, with a start to come.
    private var starting: Set<Int> = []
    /// While it runs no other fault comes.
    var plot: Plot?
    var plotCount = 0
    private(set) var focus = KeyLoad.Focus.anywhere
    private(set) var faults: [String] = []

    init(serverCount: Int, patience: Duration, random: SeededRandom) {
        self.serverCount = serverCount
        self.patience = patience
        self.random = random
    }

    mutating func begin(in world: inout World, after delay: Duration) { plan(.tick, after: delay, in: &world) }

    mutating func stop() {
        isStopped = true
        plot = nil
        focus = .anywhere
    }

    mutating func note(_ text: String, in world: inout World) {
        faults.append(text)
        world.note(text)
    }

    func answered(_ id: RequestID) -> Bool { id.number >= Self.firstRequest && id.number < Clients.firstNumber }

    mutating func plan(_ deed: Deed, after delay: Duration, in world: inout World) {
        deeds[nextScript] = deed
        world.schedule(script: nextScript, after: delay)
        nextScript += 1
    }

    mutating func draw(_ range: Range<Int>) -> Duration {
        random.duration(in: .milliseconds(range.lowerBound)..<(.milliseconds(range.upperBound)))
    }

    mutating func anyone(but host: Int? = nil) -> Int {
        (0..<serverCount).filter { $0 != host }.randomElement(using: &random) ?? 0
    }

    // MARK: Aimed

    mutating func observe(_ fact: Fact, _ host: Int, in world: inout World) {
        if plot != nil { hear(fact, host, in: &world) }
        switch fact {
        case .observed(.becameLeader): if !isStopped { elected(host, in: &world) }
        case .observed(.voted) where plot == nil:
            // Who has just voted restarts, and may be asked by another candidate of the same term.
            if !isStopped && random.chance(0.12) {
                plan(.kill(host, downTime: draw(1..<40)), after: draw(0..<8), in: &world)
            }
        case .ended:
            // By itself, when it has left.
            if starting.insert(host).inserted { plan(.start(host), after: draw(200..<2000), in: &world) }
        default: break
        }
    }

    private mutating func elected(_ host: Int, in world: inout World) {
        let former = leader
        leader = host
        guard plot == nil else { return }
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<4:
            // Its first entry may not get away, or reach few.
            plan(.cut(around(host, both: true), time: draw(300..<2500)), after: draw(0..<50), in: &world)
        case 4: plan(.blackout, after: draw(0..<300), in: &world)
        case 5:
            plan(.kill(host, downTime: draw(1..<1500)), after: draw(0..<60), in: &world)
        case 6:
            // Those that followed restart at once, one of them is cut off the leader.
            let other = anyone(but: host)
            plan(
                .cut([Pair(from: host, to: other), Pair(from: other, to: host)], time: draw(600..<2000)),
                after: draw(100..<600), in: &world)
            for follower in 0..<serverCount where follower != host && follower != other {
                plan(.kill(follower, downTime: draw(1..<20)), after: draw(700..<1600), in: &world)
            }
        case 7:
            if let former, former != host { plan(.remove(former, at: host), after: .zero, in: &world) }
        default: break
        }
    }

    /// Both ways, or only what comes in.
    func around(_ host: Int, both: Bool) -> [Pair] {
        (0..<serverCount).filter { $0 != host }.flatMap { other in
            both ? [Pair(from: other, to: host), Pair(from: host, to: other)] : [Pair(from: other, to: host)]
        }
    }

    // MARK: At any time

    private mutating func tick(in world: inout World) {
        plan(.tick, after: draw(150..<900), in: &world)
        guard plot == nil else { return }
        if let leader, random.chance(0.25), begin(against: leader, in: &world) { return }
        let victim = anyone()
        switch Int.random(in: 0..<16, using: &random) {
        case 0, 1: plan(.kill(victim, downTime: draw(1..<3000)), after: .zero, in: &world)
        case 2: plan(.freeze(victim, draw(100..<2500)), after: .zero, in: &world)
        case 3: plan(.cut(around(victim, both: true), time: draw(200..<2500)), after: .zero, in: &world)
        case 4: plan(.cut(around(victim, both: false), time: draw(200..<1500)), after: .zero, in: &world)
        case 5, 6, 7:
            let other = anyone(but: victim)
            var pairs = [Pair(from: victim, to: other)]
            if random.chance(0.6) { pairs.append(Pair(from: other, to: victim)) }
            plan(.cut(pairs, time: draw(200..<2500)), after: .zero, in: &world)
        case 8: plan(.blackout, after: .zero, in: &world)
        case 9, 10: handOver(in: &world)
        case 11: restartFollowers(in: &world)
        case 12: removeAfterElection(in: &world)
        case 13:
            note("heal", in: &world)
            for from in 0..<serverCount { for to in 0..<serverCount { world.setCut(false, from: from, to: to) } }
        default: break
        }
    }

    /// A leader leaves: TimeoutNow goes out, and nothing comes in any more.
    private mutating func handOver(in world: inout World) {
        guard let leader, world.isRunning(leader), world.views[leader]?.isLeader == true else { return }
        leave(leader, in: &world)
        guard random.chance(0.8) else { return }
        plan(.cut(around(leader, both: random.chance(0.3)), time: draw(400..<2000)), after: draw(0..<25), in: &world)
    }

    private mutating func leave(_ host: Int, in world: inout World) {
        note("leave s\(host + 1)", in: &world)
        world.terminate(host, leave: true)
    }

    /// One server has not heard the leader for an election timeout; those that have restart and are asked by it.
    private mutating func restartFollowers(in world: inout World) {
        guard let leader else { return }
        let other = anyone(but: leader)
        plan(
            .cut([Pair(from: leader, to: other), Pair(from: other, to: leader)], time: .seconds(2)), after: .zero,
            in: &world)
        let delay = draw(550..<1200)
        for follower in 0..<serverCount where follower != leader && follower != other {
            plan(.kill(follower, downTime: draw(1..<20)), after: delay + draw(0..<20), in: &world)
            guard random.chance(0.6) else { continue }
            plan(
                .cut([Pair(from: leader, to: follower), Pair(from: follower, to: leader)], time: draw(300..<900)),
                after: delay + draw(0..<30), in: &world)
        }
    }

    /// The leader is cut off, and the next one finds a request to remove it.
    private mutating func removeAfterElection(in world: inout World) {
        guard let leader else { return }
        plan(.cut(around(leader, both: true), time: draw(800..<2500)), after: .zero, in: &world)
        for host in 0..<serverCount where host != leader {
            plan(.remove(leader, at: host), after: draw(100..<500), in: &world)
        }
    }

    // MARK: Deeds

    mutating func act(_ script: Int, in world: inout World) {
        guard let deed = deeds.removeValue(forKey: script) else { return }
        if case .start = deed {} else if isStopped { return }
        switch deed {
        case .tick: tick(in: &world)
        case .kill(let host, let time): kill(host, for: time, in: &world)
        case .start(let host):
            starting.remove(host)
            if !world.isRunning(host) { world.start(host) }
        case .cut(let pairs, let time):
            cut(pairs, in: &world)
            plan(.mend(pairs), after: time, in: &world)
        case .mend(let pairs): for pair in pairs { world.setCut(false, from: pair.from, to: pair.to) }
        case .freeze(let host, let time):
            guard world.isRunning(host) else { return }
            note("freeze s\(host + 1)", in: &world)
            world.freeze(host)
            plan(.resume(host), after: time, in: &world)
        case .resume(let host): world.resume(host)
        case .blackout:
            note("blackout", in: &world)
            for host in 0..<serverCount { kill(host, for: draw(1..<400), in: &world) }
        case .remove(let server, let host):
            guard world.isRunning(host) else { return }
            note("remove s\(server + 1)", in: &world)
            let id = world.configurations[server].nodeID.description
            let request = Request.operatorRemovePeerByID(
                RaftRemovePeerRequest(datacenter: DatacenterRun.datacenter, id: id))
            world.request(request, id: RequestID(nextRequest), at: host, timeout: .seconds(3))
            nextRequest += 1
        case .leave(let host): if world.isRunning(host) { leave(host, in: &world) }
        case .focus(let focus): if plot != nil { self.focus = focus }
        case .endPlot(let number): if plot?.number == number { endPlot(in: &world) }
        }
    }

    private mutating func endPlot(in world: inout World) {
        note("plot ends", in: &world)
        plot = nil
        focus = .anywhere
        for from in 0..<serverCount { for to in 0..<serverCount { world.setCut(false, from: from, to: to) } }
        for host in 0..<serverCount { world.resume(host) }
    }

    mutating func cut(_ pairs: [Pair], in world: inout World) {
        note("cut " + pairs.map { "s\($0.from + 1)→s\($0.to + 1)" }.joined(separator: " "), in: &world)
        for pair in pairs { world.setCut(true, from: pair.from, to: pair.to) }
    }

    mutating func kill(_ host: Int, for time: Duration, in world: inout World) {
        guard world.isRunning(host) else { return }
        note("kill s\(host + 1)", in: &world)
        starting.insert(host)
        world.kill(host)
        plan(.start(host), after: time, in: &world)
    }
}
