import Determinism
import FederationModel
import HTTPCore
import ServerCore
package import TopologyCore

/// One deterministic run of a topology: the same file and the same seed give the same events, byte for byte.
package struct TopologySimulation: Sendable {
    package struct Options: Sendable {
        /// Nil: the file's.
        package var seed: UInt64?
        /// The run is left here, undecided.
        package var until: Duration?
        /// Takes each line of progress.
        package var say: (@Sendable (String) -> Void)?
        /// Takes each event.
        package var tracer: (@Sendable (TraceEvent) -> Void)?

        /// Of the actions that can be left out, only these are done; nil: all.
        package var kept: Set<TopologyShrinker.Place>?

        /// Helpers that take turns of agents ahead of the clock. The run is the same without.
        package var turns: TurnsAhead?

        package init() {}
    }

    /// What ends a run early.
    struct Failure: Error {
        let description: String
        /// The report has it already, beside its expectation.
        var isReported = false
    }

    let topology: Topology
    let options: Options
    let federation: SimulatedFederation
    var clients: FederationClients
    var view: FederationView
    var report: TopologyReport
    var scripts: [Script] = []
    var watches: [Watch] = []
    var nextWatch = 0
    var loads: [SimulatedLoad] = []
    var checker = WorldChecker()
    var wounds = Wounds()
    var random: SeededRandom
    let began: Instant
    /// Requests of actions: which script waits for them.
    var actionRequests: [UInt64: (script: Int, what: String)] = [:]
    /// When the next request of a load is due, as far as the answers since the last look tell.
    var loadDue = Duration.zero
    /// Requests of loads.
    var loadRequests: [UInt64: (load: Int, requester: Int)] = [:]
    /// Names of agents whose end is no surprise.
    var expectedToEnd: Set<String> = []
    var phase = Phase.running
    /// Once per agent, life and datacenter: the highest index a stale read has shown.
    var staleFloors: [StaleSession: UInt64] = [:]

    enum Phase: Comparable, Sendable {
        case running
        /// All that the file times is over; what loads have sent is waited for.
        case ending
        case over
    }

    /// - Throws: why the topology cannot be simulated; never for a file that was read without problems.
    package init(_ file: Topology, _ options: Options) throws {
        let seed = options.seed ?? file.seed
        let drawn = try file.drawn(seed: seed)
        topology = options.kept.map { drawn.keeping($0) } ?? drawn
        self.options = options
        random = SeededRandom(seed: seed ^ 0x7090_1061)
        var world = World(seed: seed)
        world.tracer = options.tracer
        federation = try SimulatedFederation(topology, in: &world, using: &random)
        // A file's links and timings may be as bad as it likes: its own expectations speak of members.
        checker.begin(&world, watchesMembers: false)
        if let turns = options.turns { world.begin(turns) }
        began = world.now
        clients = FederationClients(world, hostOf: federation.hostOf)
        view = FederationView(topology, federation.plan)
        report = TopologyReport(topology.name, .simulated)
        report.seed = seed
        report.parameters = topology.parameters.map { (name: $0.name, value: $0.value) }
    }

    var now: Duration { clients.world.now - began }

    // MARK: The run

    package mutating func run() -> TopologyReport {
        begin()
        do throws(Failure) {
            while phase < .over {
                let limit = min(nextWork, end)
                try pump(until: limit)
                if now >= end { try runOut() }
                try work()
            }
            try finalChecks()
        } catch {
            if !error.isReported { report.violations.append("\(error.description) (at \(now.shown))") }
            say("FAILED  \(error.description)")
        }
        return concluded()
    }

    private var end: Duration { min(topology.duration, options.until ?? topology.duration) }

    private mutating func begin() {
        for load in topology.loads { begin(load) }
        scripts.append(Script(.steps, []))
        report.steps = topology.steps.map { step in
            TopologyReport.Step(
                step.name, began: .zero, ended: .zero,
                step.expectations.map { TopologyReport.Expectation("\($0)", line: $0.position.line, .notReached) })
        }
        report.expectations = topology.expectations.map {
            TopologyReport.Expectation($0.shown, line: $0.position.line, .notReached)
        }
        for index in topology.schedule.indices { beginSchedule(index) }
        for index in topology.expectations.indices { beginExpectation(index) }
    }

    /// The time that the file gives is used up.
    private mutating func runOut() throws(Failure) {
        if let until = options.until, until <= now {
            phase = .over
            return
        }
        throw Failure(description: "the run is not over after \(topology.duration.shown)\(unfinished)")
    }

    private var unfinished: String {
        let open = watches.compactMap { watch in
            watch.lastReason.isEmpty ? nil : "; line \(watch.expectation.position.line): \(watch.lastReason)"
        }
        return open.prefix(3).joined()
    }

    /// Lets the world go on, until `limit`, until the next request of a load is due, or until something arrived that
    /// somebody waits for.
    private mutating func pump(until limit: Duration) throws(Failure) {
        loadDue = limit
        try observe()
        if !clients.ready.isEmpty || hasReadyScript { return }
        var due = loadDue
        var moment = moment(of: due)
        var look = checker.nextLook
        if options.turns != nil { clients.world.lookAhead(before: min(moment, quietUntil)) }
        while clients.world.step(before: moment) {
            try observe()
            if !clients.ready.isEmpty || hasReadyScript { return }
            if options.turns != nil, look != checker.nextLook {
                look = checker.nextLook
                clients.world.lookAhead(before: min(moment, quietUntil))
            }
            // An answer to a load may bring its next request forward: all its requesters may have been busy.
            guard loadDue != due else { continue }
            due = loadDue
            moment = self.moment(of: due)
        }
        try observe()
    }

    /// Before this nobody asks an agent for anything, does something to it or looks into it.
    private var quietUntil: Instant {
        let waitsForAnswers = clients.isWaiting || !actionRequests.isEmpty
        guard !waitsForAnswers, scripts.allSatisfy({ $0.isWokenByTimeAlone }) else { return .zero }
        // An answer to a load that is late is followed by the next request at once.
        let nextRequest = loads.lazy.map(\.nextRequest).min() ?? .seconds(1 << 40)
        return min(checker.nextLook, self.moment(of: nextRequest))
    }

    /// A part of a nanosecond is rounded up: the clock has none.
    private func moment(of time: Duration) -> Instant {
        let moment = began + time
        return moment - began < time ? moment + .nanoseconds(1) : moment
    }

    mutating func observe() throws(Failure) {
        _ = checker.watch(&clients.world)
        for (id, answer) in clients.world.takeClientAnswers() where !clients.arrived(id, answer) {
            if let request = actionRequests.removeValue(forKey: id) {
                try answered(request.script, request.what, answer)
            } else {
                try loadAnswered(id, answer)
            }
        }
        try observeEndings()
        if let violation = checker.violations.first { throw Failure(description: violation.description) }
    }

    private mutating func observeEndings() throws(Failure) {
        for ending in clients.world.takeEndings() {
            let name = clients.world.hosts[ending.host]
            view.running.remove(name)
            view.leftProcesses.remove(name)
            for index in scripts.indices {
                if case .ended = scripts[index].wait { scripts[index].isReady = true }
            }
            guard expectedToEnd.remove(name) == nil else { continue }
            throw Failure(description: "\(name) ended by itself: \(ending.reason)")
        }
    }

    func datacenter(of host: Int) -> String { federation.plan.agents[host].datacenter }

    func say(_ text: String, _ fact: @autoclosure () -> TimelineFact? = nil) {
        options.say?("\(now.shown.padding(to: 9)) \(text)")
        clients.world.trace(.step, nil, text, fact())
    }

    /// When something has to be looked at again.
    private var nextWork: Duration {
        var next = Duration.seconds(1 << 40)
        for script in scripts { next = min(next, script.wakeAt ?? next) }
        for watch in watches { next = min(next, watch.nextLook) }
        for place in loads.indices { next = min(next, loads[place].nextDue) }
        if phase == .running && !hasOpenWork { next = min(next, max(now, topology.lastNamedTime)) }
        if phase == .ending { next = min(next, now + .milliseconds(50)) }
        return next
    }

    private mutating func work() throws(Failure) {
        view.now = now
        try workLoads()
        for index in scripts.indices { try advance(index) }
        try workWatches()
        updateWounds()
        if phase == .running && !hasOpenWork && now >= topology.lastNamedTime { endRun() }
        if phase == .ending && loads.allSatisfy(\.isIdle) && watches.isEmpty { phase = .over }
    }

    /// Steps, schedules and expectations with an end that are not over yet.
    private var hasOpenWork: Bool {
        scripts.contains { !$0.isDone } || watches.contains { $0.mustBeDecided }
    }

    /// Loads end, and what is to hold at the end is looked at.
    private mutating func endRun() {
        phase = .ending
        for index in loads.indices { loads[index].isFinished = true }
        for watch in watches where !watch.mustBeDecided { settle(watch) }
        watches.removeAll { !$0.mustBeDecided }
        beginFinalExpectations()
    }

    private mutating func concluded() -> TopologyReport {
        report.duration = now
        report.hash = clients.world.hash.value
        report.eventCount = clients.world.eventCount
        return report
    }
}

extension String {
    func padding(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
