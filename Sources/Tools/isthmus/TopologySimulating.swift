import ArgumentParser
import CommandSupport
import Configuration
import Simulation
import Synchronization
import TopologyCore

/// Simulated runs as the commands make them.
enum TopologySimulating {
    /// - Throws: `ExitCode(1)` when something did not hold.
    static func run(_ topology: Topology, seed: UInt64?, format: TopologyReport.Format, helperCount: Int) throws {
        var options = TopologySimulation.Options()
        options.seed = seed
        if format == .text { options.say = { StandardOutput.print($0) } }
        options.turns = SimulationHelpers.start(helperCount, datacenterCount: topology.datacenters.count)
        defer { options.turns?.end() }
        let report = try simulate(topology, options)
        StandardOutput.print(format == .text ? "\n\(report.text)" : report.written(as: format))
        if !report.isPassed { throw ExitCode(1) }
    }

    /// With the values that its parameters have under that seed.
    static func drawn(_ topology: Topology, seed: UInt64) throws(CommandFailure) -> Topology {
        do {
            return try topology.drawn(seed: seed)
        } catch {
            throw CommandFailure("\(topology.name): \(error)")
        }
    }

    static func simulate(_ topology: Topology, _ options: TopologySimulation.Options) throws -> TopologyReport {
        do {
            var simulation = try TopologySimulation(topology, options)
            return simulation.run()
        } catch {
            throw CommandFailure("\(topology.name): \(error)")
        }
    }
}

extension TopologyReport.Format: ExpressibleByArgument {}

struct TopologyReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Makes one simulated run again and shows what happened in it.")

    @Option(help: "The seed of the run.") var seed: UInt64
    @Option(help: "Seconds of the run's clock after which it is left.") var until: Double?
    @Flag(help: "Prints the event log.") var trace = false
    @Option(help: "Writes the run as a page: lanes, leaders, verdicts, faults, lost messages.") var timeline: String?
    @Option(help: "Events of this agent only; may be repeated.") var node: [String] = []
    @Option(help: "Events of this datacenter only; may be repeated.") var dc: [String] = []
    @Option(help: "Events of this kind only; may be repeated.") var kind: [TraceEvent.Kind] = []
    @Argument(help: "The topology file.") var file: String

    func validate() throws {
        if let until, !(until > 0 && until < 1e9) { throw ValidationError("--until takes seconds above 0") }
    }

    func run() throws {
        LargePages.use()
        let topology = try TopologyCommand.read(file)
        let datacenters = topology.datacenters.map(\.name)
        try check(node, "--node", among: topology.agentNames + topology.producers.map(\.name))
        try check(dc, "--dc", among: datacenters)
        var options = TopologySimulation.Options()
        options.seed = seed
        options.until = until.map { .seconds($0) }
        let filter = TraceFilter(nodes: Set(node), datacenters: Set(dc), kinds: Set(kind))
        let tape = TimelineTape(timeline == nil ? nil : Timeline(try TopologySimulating.drawn(topology, seed: seed)))
        if trace || timeline != nil {
            options.tracer = { [trace] event in
                tape.add(event)
                if trace && filter.passes(event) { StandardOutput.print(event.line) }
            }
        }
        if !trace { options.say = { StandardOutput.print($0) } }
        let report = try TopologySimulating.simulate(topology, options)
        if let timeline, let page = tape.page(report) { try OutputFile.write(Array(page.utf8), to: timeline) }
        StandardOutput.print(report.text)
        if until == nil && !report.isPassed { throw ExitCode(1) }
    }
}

extension TopologyReplayCommand {
    /// A filter that nothing can pass is a mistake.
    private func check(_ names: [String], _ option: String, among known: [String]) throws(CommandFailure) {
        guard let wrong = names.first(where: { !known.contains($0) }) else { return }
        let hint = NearestName.hint(wrong, among: known)
        throw CommandFailure("\(option): nothing in \(file) is named \"\(wrong)\"\(hint)")
    }
}

extension TraceEvent.Kind: ExpressibleByArgument {}

/// Which events of a run are printed.
struct TraceFilter: Sendable {
    var nodes: Set<String>
    var datacenters: Set<String>
    var kinds: Set<TraceEvent.Kind>

    /// What concerns the whole federation, steps and cuts, passes every choice of agents and datacenters.
    func passes(_ event: TraceEvent) -> Bool {
        guard kinds.isEmpty || kinds.contains(event.kind) else { return false }
        return event.node.isEmpty
            || (nodes.isEmpty || nodes.contains(event.node))
                && (datacenters.isEmpty || datacenters.contains(event.datacenter))
    }
}

/// Gathers a run's timeline while it goes on.
private final class TimelineTape: Sendable {
    private let timeline: Mutex<Timeline?>

    /// - Parameter timeline: nil: nothing is gathered.
    init(_ timeline: Timeline?) { self.timeline = Mutex(timeline) }

    func add(_ event: TraceEvent) {
        guard let fact = event.fact else { return }
        timeline.withLock { $0?.add(fact, at: event.time) }
    }

    func page(_ report: TopologyReport) -> String? { timeline.withLock { $0?.page(report) } }
}
