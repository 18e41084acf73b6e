import ArgumentParser
import CommandSupport
import Simulation
import TopologyCore

/// Simulated runs as the commands make them.
enum TopologySimulating {
    /// - Throws: `ExitCode(1)` when something did not hold.
    static func run(_ topology: Topology, seed: UInt64?, format: TopologyReport.Format) throws {
        var options = TopologySimulation.Options()
        options.seed = seed
        if format == .text { options.say = { StandardOutput.print($0) } }
        let report = try simulate(topology, options)
        StandardOutput.print(format == .text ? "\n\(report.text)" : report.written(as: format))
        if !report.isPassed { throw ExitCode(1) }
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
    @Option(help: "Events of this agent only; may be repeated.") var node: [String] = []
    @Option(help: "Events of this datacenter only; may be repeated.") var dc: [String] = []
    @Option(help: "Events of this kind only; may be repeated.") var kind: [TraceEvent.Kind] = []
    @Argument(help: "The topology file.") var file: String

    func validate() throws {
        if let until, !(until > 0 && until < 1e9) { throw ValidationError("--until takes seconds above 0") }
    }

    func run() throws {
        let topology = try TopologyCommand.read(file)
        var options = TopologySimulation.Options()
        options.seed = seed
        options.until = until.map { .seconds($0) }
        if trace {
            let (nodes, datacenters, kinds) = (Set(node), Set(dc), Set(kind))
            options.tracer = { event in
                guard kinds.isEmpty || kinds.contains(event.kind),
                    nodes.isEmpty || nodes.contains(event.node) || event.kind == .step,
                    datacenters.isEmpty || datacenters.contains(event.datacenter) || event.kind == .step
                else { return }
                StandardOutput.print(event.line)
            }
        } else {
            options.say = { StandardOutput.print($0) }
        }
        let report = try TopologySimulating.simulate(topology, options)
        StandardOutput.print(report.text)
        if until == nil && !report.isPassed { throw ExitCode(1) }
    }
}

extension TraceEvent.Kind: ExpressibleByArgument {}
