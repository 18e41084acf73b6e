package import ClientHTTP
import Configuration
import FoundationEssentials
import Glibc
import Synchronization
package import TopologyCore

/// One live run of a topology: real processes on loopback addresses or behind shaped links, and nothing left behind.
package struct TopologyRun {
    /// How a run is made.
    package struct Options: Sendable {
        /// The program whose `topology producer` is a producer: this one.
        package var program: String
        /// The program whose `agent` is an agent.
        package var agentProgram: String
        /// Where run folders are made.
        package var parent: String
        package var http: any HTTPClient
        /// Of parameters, loads and shaped links; nil: the file's.
        package var seed: UInt64?
        /// Takes each line of progress.
        package var print: @Sendable (String) -> Void

        package init(
            program: String, agentProgram: String, parent: String, http: any HTTPClient = CurlHTTPClient(),
            seed: UInt64? = nil, print: @escaping @Sendable (String) -> Void
        ) {
            self.program = program
            self.agentProgram = agentProgram
            self.parent = parent
            self.http = http
            self.seed = seed
            self.print = print
        }
    }

    /// What ends a run early.
    enum Failure: Error {
        case interrupted
        /// An expectation that did not hold or an action that failed; `names` are worth a look into their logs.
        case step(String, names: [String])
    }

    let topology: Topology
    let options: Options
    let folder: RunFolder
    let began = ContinuousClock.now
    let measurements = Measurements()
    let watching = StopSwitch()
    var view: LiveFederation
    /// `view` for those who watch beside this thread.
    let shared: SharedFederation
    var processes = Processes()
    /// Nil: plain loopback addresses.
    let network: ShapedNetwork?
    /// Nil: data directories on the disk there is.
    let disks: MemoryDisks?
    let seed: UInt64
    var wounds = Wounds()
    var scheduled: [ScheduledWork]
    /// Of the whole run, by their place among its expectations.
    var watches: [Int: RunWatch] = [:]
    /// A scheduled action is under way: no other begins.
    var isInSchedule = false
    /// When the present step's last action that changes something was begun.
    var mark = ContinuousClock.now
    /// What is watched beside the steps, and since when.
    var reports: [(label: String, begun: ContinuousClock.Instant)] = []
    var report: TopologyReport

    /// - Returns: what held; nil when nothing was started. A process that is left is among the violations.
    package static func run(_ file: Topology, _ options: Options) -> TopologyReport? {
        let seed = options.seed ?? file.seed
        do {
            let topology = try file.drawn(seed: seed)
            let limits = LiveLimits.problems(of: topology, .present)
            guard limits.isEmpty else {
                for problem in limits { options.print("\(topology.name):\(problem)") }
                options.print("\(topology.name): refused, nothing was started")
                return nil
            }
            Interruption.install()
            var run = try TopologyRun(topology, options, seed)
            return run.perform()
        } catch {
            options.print("\(file.name): \(error)")
            return nil
        }
    }

    private init(_ topology: Topology, _ options: Options, _ seed: UInt64) throws {
        self.topology = topology
        self.options = options
        self.seed = seed
        folder = try RunFolder(parent: options.parent, name: topology.name)
        try FileManager.default.createDirectory(atPath: folder.data, withIntermediateDirectories: true)
        let needs = LiveNeeds(topology)
        let plan: TopologyPlan
        let place: String
        if needs.isShaped {
            let sites = LinkSites.sites(of: topology)
            let addresses = ShapedNetwork.addresses(topology, sites)
            plan = TopologyPlan(topology, addresses: addresses, folder: folder.data)
            network = try ShapedNetwork(topology, plan, sites: sites, seed: seed)
            place = "in \(sites.count) network namespaces, links shaped"
        } else {
            let loopback = try Self.loopback(topology)
            plan = TopologyPlan(topology, network: loopback, folder: folder.data)
            network = nil
            place = "on \(loopback).0/24"
        }
        let folder = folder
        disks = needs.fullDisks.isEmpty ? nil : try MemoryDisks(needs.fullDisks) { "\(folder.data)/\($0)" }
        view = LiveFederation(FederationView(topology, plan), LiveAsker(options.http, plan), began: began)
        shared = SharedFederation(view)
        scheduled = ScheduledWork.all(of: topology)
        report = TopologyReport(topology.name, .live)
        report.seed = seed
        report.parameters = topology.parameters.map { (name: $0.name, value: $0.value) }
        report.steps = topology.steps.map { step in
            TopologyReport.Step(
                step.name, began: .zero, ended: .zero,
                step.expectations.map { TopologyReport.Expectation("\($0)", line: $0.position.line, .notReached) })
        }
        report.expectations = topology.expectations.map {
            TopologyReport.Expectation($0.shown, line: $0.position.line, .notReached)
        }
        for agent in plan.agents {
            try folder.write(agent.configuration.jsonText, to: folder.configuration(of: agent.name))
        }
        say("\(topology.name): \(plan.agents.count) agents, \(plan.producers.count) producers \(place)")
        say("configurations and logs: \(folder.path)")
    }

    private static func loopback(_ topology: Topology) throws(FederationReason) -> String {
        let agentPorts: [UInt16] = [8300, 8301, 8302, 8500, 8600]
        var listeners = topology.agentNames.indices.flatMap { index in agentPorts.map { (host: index + 1, port: $0) } }
        for (index, producer) in topology.producers.enumerated() {
            listeners.append((TopologyReader.maxAgentCount + 1 + index, UInt16(clamping: producer.port)))
        }
        guard let network = LoopbackNetwork.find(listeners) else {
            throw FederationReason("no loopback network is free for \(listeners.count) listeners")
        }
        return network
    }

    var now: Duration { ContinuousClock.now - began }

    func say(_ line: String) {
        let elapsed =
            Double((ContinuousClock.now - began).components.seconds)
            + Double((ContinuousClock.now - began).components.attoseconds) / 1e18
        options.print(Self.seconds(elapsed) + "  " + line)
    }

    /// With three decimals, right-aligned in eight columns.
    private static func seconds(_ elapsed: Double) -> String {
        let milliseconds = Int((max(0, elapsed) * 1000).rounded())
        let fraction = String(1000 + milliseconds % 1000).dropFirst()
        let text = "\(milliseconds / 1000).\(fraction)"
        return String(repeating: " ", count: max(0, 8 - text.utf8.count)) + text
    }

    private mutating func perform() -> TopologyReport {
        var failure: Failure?
        do throws(Failure) {
            for load in topology.loads { begin(load) }
            beginExpectations()
            for (index, step) in topology.steps.enumerated() {
                say("step \(index + 1) of \(topology.steps.count): \(step.name)")
                report.steps[index].began = now
                defer { report.steps[index].ended = now }
                try perform(step, index)
            }
            try finishSchedule()
            try finishExpectations()
        } catch {
            failure = error
        }
        return conclude(failure)
    }

    private mutating func perform(_ step: Topology.Step, _ index: Int) throws(Failure) {
        mark = .now
        for action in step.actions { try perform(action) }
        refresh()
        try expect(step.expectations, of: index)
    }

    /// Lets those who watch see what runs now.
    mutating func refresh() {
        view.running = processes.running()
        view.groups = processes.groups
        shared.set(view)
    }

    /// Watches all expectations at once, each on its own thread, until all are decided.
    private mutating func expect(_ expectations: [TopologyExpectation], of step: Int) throws(Failure) {
        let mark = mark
        let watches = expectations.map { RunWatch($0, .come, from: mark, until: mark + $0.within, shared) }
        defer { for watch in watches { watch.cancel() } }
        var isShown = expectations.map { _ in false }
        while true {
            for (index, watch) in watches.enumerated() where !isShown[index] {
                guard let outcome = watch.outcome else { continue }
                isShown[index] = true
                var reported = TopologyReport.Outcome.notReached
                defer { report.steps[step].expectations[index].outcome = reported }
                try show(expectations[index], outcome, expectations[index].within, &reported)
            }
            if isShown.allSatisfy({ $0 }) { return }
            try tick()
            pause(.milliseconds(10))
        }
    }

    func show(
        _ expectation: TopologyExpectation, _ outcome: RunWatch.Outcome, _ limit: Duration?,
        _ reported: inout TopologyReport.Outcome
    ) throws(Failure) {
        switch outcome {
        case .held(let time, let evidence):
            reported = .held(after: time, evidence: evidence)
            say("    held after \(time.shown): \(expectation)\(evidence.isEmpty ? "" : " [\(evidence)]")")
            if !expectation.record.isEmpty { measurements.set(expectation.record, time.shown) }
        case .failed(let reason):
            let text = (limit.map { "not within \($0.shown): " } ?? "") + reason
            reported = .failed(reason: text)
            throw .step(
                "line \(expectation.position.line): \(expectation)\n            \(text)",
                names: suspects(expectation))
        }
    }

    /// What goes on beside the steps, and what ends a run at once: interruption, deaths nobody asked for, its time.
    mutating func tick() throws(Failure) {
        if Interruption.isRequested { throw .interrupted }
        if let surprise = processes.surprises().first {
            throw .step("\(surprise.name) ended by itself: \(surprise.ending)", names: [surprise.name])
        }
        guard now < topology.duration else {
            throw .step("the run is not over after \(topology.duration.shown)", names: [])
        }
        refresh()
        guard !isInSchedule else { return }
        try workSchedule()
        try workExpectations()
    }

    /// Whose logs may tell why.
    func suspects(_ expectation: TopologyExpectation) -> [String] {
        let selectors: [TopologySelector]
        switch expectation.kind {
        case .leader(let datacenters): selectors = datacenters.map { .serversOf($0) }
        case .leaders(_, let datacenter): selectors = [.serversOf(datacenter)]
        case .stopped(let selector): selectors = [selector]
        default: selectors = [expectation.kind.asked ?? .servers]
        }
        let names = selectors.flatMap { (try? view.names($0)) ?? [] }
        return Array(names.prefix(4))
    }

    private mutating func conclude(_ failure: Failure?) -> TopologyReport {
        watching.turnOn()
        for report in reports {
            measurements.setIfMissing(report.label, "not within \((ContinuousClock.now - report.begun).shown)")
        }
        for load in view.loads.values { load.cancel() }
        for watch in watches.values { watch.cancel() }
        for work in scheduled { work.watch?.cancel() }
        switch failure {
        case .step(let text, let names):
            say("FAILED  \(text)")
            if report.failure == nil { report.violations.append(text) }
            for name in names {
                say("last lines of \(folder.log(of: name)):")
                for line in folder.telling(name) { options.print("            \(line)") }
            }
        case .interrupted:
            say("interrupted, cleaning up")
            report.violations.append("interrupted")
        case nil: break
        }
        let left = processes.endAll(hurried: failure != nil)
        if !left.isEmpty {
            say("FAILED  processes are left: \(left.joined(separator: ", "))")
            report.violations.append("processes are left: \(left.joined(separator: ", "))")
        }
        if let network {
            say("links: \(network.summary)")
            network.end()
        }
        disks?.unmountAll()
        if !measurements.lines.isEmpty {
            say("measured:")
            for line in measurements.lines { options.print(line) }
        }
        let isGood = report.isPassed
        if isGood { folder.removeData() }
        let counts = "\(report.heldCount) of \(report.all.count) expectations held"
        say("\(isGood ? "passed" : "FAILED"): \(counts); logs: \(folder.path)")
        report.measurements = measurements.all
        report.duration = ContinuousClock.now - began
        return report
    }
}
