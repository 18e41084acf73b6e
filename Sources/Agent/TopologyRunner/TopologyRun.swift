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
    var view: FederationView
    var processes = Processes()
    /// When the present step's last action that changes something was begun.
    var mark = ContinuousClock.now
    /// What is watched beside the steps, and since when.
    var reports: [(label: String, begun: ContinuousClock.Instant)] = []
    private var heldCount = 0

    /// - Returns: true when every expectation held and no process is left.
    package static func run(_ topology: Topology, _ options: Options) -> Bool {
        let limits = LiveLimits.problems(of: topology)
        guard limits.isEmpty else {
            for problem in limits { options.print("\(topology.name):\(problem)") }
            options.print("\(topology.name): refused, nothing was started")
            return false
        }
        Interruption.install()
        do {
            var run = try TopologyRun(topology, options)
            return run.perform()
        } catch {
            options.print("\(topology.name): \(error)")
            return false
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
            throw FederationView.Reason("no loopback network is free for \(listeners.count) listeners")
        }
        folder = try RunFolder(parent: options.parent, name: topology.name)
        let plan = TopologyPlan(topology, network: network, folder: folder.data)
        view = FederationView(topology: topology, plan: plan, http: options.http)
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

    private mutating func perform() -> Bool {
        var failure: Failure?
        do throws(Failure) {
            for (index, step) in topology.steps.enumerated() {
                say("step \(index + 1) of \(topology.steps.count): \(step.name)")
                try perform(step)
            }
        } catch {
            failure = error
        }
        return conclude(failure)
    }

    private mutating func perform(_ step: Topology.Step) throws(Failure) {
        mark = .now
        for action in step.actions { try perform(action) }
        view.running = processes.running()
        view.groups = processes.groups
        try expect(step.expectations)
    }

    /// Watches all expectations at once, each on its own thread, until all are decided.
    private mutating func expect(_ expectations: [TopologyExpectation]) throws(Failure) {
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
                try show(expectations[index], outcome)
            }
            if isShown.allSatisfy({ $0 }) { return }
            try lookAround()
            pause(.milliseconds(10))
        }
    }

    private mutating func show(_ expectation: TopologyExpectation, _ outcome: Outcome) throws(Failure) {
        switch outcome {
        case .held(let time, let evidence):
            heldCount += 1
            say("    held after \(time.shown): \(expectation)\(evidence.isEmpty ? "" : " [\(evidence)]")")
            if !expectation.record.isEmpty { measurements.set(expectation.record, time.shown) }
        case .failed(let reason):
            let place = "line \(expectation.position.line)"
            let limit = DurationText.text(expectation.within)
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
        _ expectation: TopologyExpectation, _ view: FederationView, since mark: ContinuousClock.Instant,
        until stop: StopSwitch
    ) -> Outcome {
        let deadline = mark + expectation.within
        while true {
            var reason: String
            let begun = ContinuousClock.now
            do throws(FederationView.Reason) {
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

    private mutating func conclude(_ failure: Failure?) -> Bool {
        watching.turnOn()
        for report in reports {
            measurements.setIfMissing(report.label, "not within \((ContinuousClock.now - report.begun).shown)")
        }
        for load in view.loads.values { load.cancel() }
        var isGood = failure == nil
        switch failure {
        case .step(let text, let names):
            say("FAILED  \(text)")
            for name in names {
                say("last lines of \(folder.log(of: name)):")
                for line in folder.telling(name) { options.print("            \(line)") }
            }
        case .interrupted: say("interrupted, cleaning up")
        case nil: break
        }
        let left = processes.endAll(hurried: failure != nil)
        if !left.isEmpty {
            say("FAILED  processes are left: \(left.joined(separator: ", "))")
            isGood = false
        }
        if !measurements.lines.isEmpty {
            say("measured:")
            for line in measurements.lines { options.print(line) }
        }
        if isGood { folder.removeData() }
        let count = topology.steps.flatMap(\.expectations).count
        say("\(isGood ? "passed" : "FAILED"): \(heldCount) of \(count) expectations held; logs: \(folder.path)")
        return isGood
    }
}
