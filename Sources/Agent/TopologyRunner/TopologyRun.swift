package import ClientHTTP
import Configuration
import Foundation
import Synchronization
package import TopologyCore

/// One live run of a topology: real processes on loopback addresses, step by step, and nothing left behind.
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
        /// Takes each line of progress.
        package var print: @Sendable (String) -> Void

        package init(
            program: String, agentProgram: String, parent: String, http: any HTTPClient = CurlHTTPClient(),
            print: @escaping @Sendable (String) -> Void
        ) {
            self.program = program
            self.agentProgram = agentProgram
            self.parent = parent
            self.http = http
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
    var processes = Processes()
    /// When the present step's last action that changes something was begun.
    var mark = ContinuousClock.now
    /// What is watched beside the steps, and since when.
    var reports: [(label: String, begun: ContinuousClock.Instant)] = []
    private var report: TopologyReport

    /// - Returns: what held; nil when nothing was started. A process that is left is among the violations.
    package static func run(_ topology: Topology, _ options: Options) -> TopologyReport? {
        let limits = LiveLimits.problems(of: topology)
        guard limits.isEmpty else {
            for problem in limits { options.print("\(topology.name):\(problem)") }
            options.print("\(topology.name): refused, nothing was started")
            return nil
        }
        Interruption.install()
        do {
            var run = try TopologyRun(topology, options)
            return run.perform()
        } catch {
            options.print("\(topology.name): \(error)")
            return nil
        }
    }

    private init(_ topology: Topology, _ options: Options) throws {
        self.topology = topology
        self.options = options
        let agentPorts: [UInt16] = [8300, 8301, 8302, 8500, 8600]
        var listeners = topology.agentNames.indices.flatMap { index in agentPorts.map { (host: index + 1, port: $0) } }
        for (index, producer) in topology.producers.enumerated() {
            listeners.append((TopologyReader.maxAgentCount + 1 + index, UInt16(clamping: producer.port)))
        }
        guard let network = LoopbackNetwork.find(listeners) else {
            throw FederationReason("no loopback network is free for \(listeners.count) listeners")
        }
        folder = try RunFolder(parent: options.parent, name: topology.name)
        let plan = TopologyPlan(topology, network: network, folder: folder.data)
        view = LiveFederation(FederationView(topology, plan), LiveAsker(options.http, plan), began: began)
        report = TopologyReport(topology.name, .live)
        report.steps = topology.steps.map { step in
            TopologyReport.Step(
                step.name, began: .zero, ended: .zero,
                step.expectations.map { TopologyReport.Expectation("\($0)", line: $0.position.line, .notReached) })
        }
        try FileManager.default.createDirectory(atPath: folder.data, withIntermediateDirectories: true)
        for agent in plan.agents {
            try folder.write(agent.configuration.jsonText, to: folder.configuration(of: agent.name))
        }
        say("\(topology.name): \(plan.agents.count) agents, \(plan.producers.count) producers on \(network).0/24")
        say("configurations and logs: \(folder.path)")
    }

    func say(_ line: String) {
        let elapsed =
            Double((ContinuousClock.now - began).components.seconds)
            + Double((ContinuousClock.now - began).components.attoseconds) / 1e18
        options.print(String(format: "%8.3f  ", elapsed) + line)
    }

    private mutating func perform() -> TopologyReport {
        var failure: Failure?
        do throws(Failure) {
            for (index, step) in topology.steps.enumerated() {
                say("step \(index + 1) of \(topology.steps.count): \(step.name)")
                report.steps[index].began = ContinuousClock.now - began
                try perform(step, index)
                report.steps[index].ended = ContinuousClock.now - began
            }
        } catch {
            failure = error
        }
        return conclude(failure)
    }

    private mutating func perform(_ step: Topology.Step, _ index: Int) throws(Failure) {
        mark = .now
        for action in step.actions { try perform(action) }
        view.running = processes.running()
        view.groups = processes.groups
        try expect(step.expectations, of: index)
    }

    /// Watches all expectations at once, each on its own thread, until all are decided.
    private mutating func expect(_ expectations: [TopologyExpectation], of step: Int) throws(Failure) {
        let (view, mark, stop) = (self.view, self.mark, StopSwitch())
        defer { stop.turnOn() }
        let work = ThreadedWork(
            expectations.map { expectation in
                { @Sendable in Self.await(expectation, view, since: mark, until: stop) }
            })
        var isShown = expectations.map { _ in false }
        while true {
            let outcomes = work.values
            for (index, outcome) in outcomes.enumerated() where !isShown[index] {
                guard let outcome else { continue }
                isShown[index] = true
                var reported = TopologyReport.Outcome.notReached
                defer { report.steps[step].expectations[index].outcome = reported }
                try show(expectations[index], outcome, &reported)
            }
            if isShown.allSatisfy({ $0 }) { return }
            try lookAround()
            pause(.milliseconds(10))
        }
    }

    private func show(
        _ expectation: TopologyExpectation, _ outcome: Outcome, _ reported: inout TopologyReport.Outcome
    ) throws(Failure) {
        switch outcome {
        case .held(let time, let evidence):
            reported = .held(after: time, evidence: evidence)
            say("    held after \(time.shown): \(expectation)\(evidence.isEmpty ? "" : " [\(evidence)]")")
            if !expectation.record.isEmpty { measurements.set(expectation.record, time.shown) }
        case .failed(let reason):
            let place = "line \(expectation.position.line)"
            let limit = DurationText.text(expectation.within)
            reported = .failed(reason: "not within \(limit): \(reason)")
            throw .step(
                "not within \(limit) (\(place)): \(expectation)\n            \(reason)", names: suspects(expectation))
        }
    }

    /// Interruption and deaths nobody asked for end a run at once.
    mutating func lookAround() throws(Failure) {
        if Interruption.isRequested { throw .interrupted }
        if let surprise = processes.surprises().first {
            throw .step("\(surprise.name) ended by itself: \(surprise.ending)", names: [surprise.name])
        }
    }

    enum Outcome: Sendable {
        case held(Duration, evidence: String)
        case failed(String)
    }

    /// Polls every 25 ms: the grain of the times in the table.
    private static func await(
        _ expectation: TopologyExpectation, _ view: LiveFederation, since mark: ContinuousClock.Instant,
        until stop: StopSwitch
    ) -> Outcome {
        let deadline = mark + expectation.within
        while true {
            var reason: String
            let begun = ContinuousClock.now
            do throws(FederationReason) {
                let held = try view.check(expectation.kind, since: mark)
                // What was looked at before the deadline counts although the answer took its time.
                let moment = held.since ?? .now
                if (held.since ?? begun) <= deadline { return .held(moment - mark, evidence: held.evidence) }
                reason = "held only after \((moment - mark).shown)"
            } catch {
                reason = error.description
            }
            if ContinuousClock.now > deadline || stop.isOn { return .failed(reason) }
            pause(.milliseconds(25))
        }
    }

    /// Whose logs may tell why.
    private func suspects(_ expectation: TopologyExpectation) -> [String] {
        let selectors: [TopologySelector]
        switch expectation.kind {
        case .leader(let datacenters): selectors = datacenters.map { .serversOf($0) }
        case .members(_, _, _, let from), .instances(_, _, _, let from, _), .key(_, _, let from, _, _),
            .verdict(_, _, let from), .refused(_, let from, _, _), .nothingLost(_, let from):
            selectors = [from]
        case .caughtUp(let selector), .stopped(let selector): selectors = [selector]
        case .leaders(_, let datacenter): selectors = [.serversOf(datacenter)]
        case .seen(_, _, _, let from): selectors = [from]
        case .writes, .errorRate, .latency, .linearizable: selectors = [.servers]
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
