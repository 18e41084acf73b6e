import ArgumentParser
import CommandSupport
import Glibc
import Simulation
import TopologyCore
import TopologyRunner

struct TopologyRunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Runs a topology with real processes on loopback addresses, or as a simulation.")

    @Flag(help: "Runs it as a deterministic simulation, in a fraction of its time.") var simulate = false
    @Flag(help: "Runs it with real processes; what else it does without --simulate.") var live = false
    @Option(help: "Of parameters, loads and links; the same seed gives the same simulated run.") var seed: UInt64?
    @Option(help: "Threads beside a simulated run's own; from ten datacenters on one for each other processor.")
    var helpers: Int?
    @Option(help: "text, json or junit.") var format = TopologyReport.Format.text
    @Option(help: "Another program to run as the agent, with the word agent and a config file.") var agent: String?
    @Option(help: "Where the run's folder is made.") var runs = ".isthmus-run"
    @Argument(help: "The topology file.") var file: String

    func validate() throws {
        if simulate && live { throw ValidationError("give --simulate or --live") }
        if let helpers, !(0...SimulationHelpers.maxCount).contains(helpers) {
            throw ValidationError("--helpers takes 0 to \(SimulationHelpers.maxCount)")
        }
    }

    func run() throws {
        if simulate { LargePages.use() }
        let topology = try TopologyCommand.read(file)
        if simulate {
            let helperCount = helpers ?? SimulationHelpers.usualCount(datacenterCount: topology.datacenters.count)
            return try TopologySimulating.run(topology, seed: seed, format: format, helperCount: helperCount)
        }
        let program = ownPath()
        let isText = format == .text
        let options = TopologyRun.Options(
            program: program, agentProgram: agent ?? program, parent: runs, seed: seed
        ) { line in
            if isText { StandardOutput.print(line) } else { StandardError.print(line) }
        }
        guard let report = TopologyRun.run(topology, options) else { throw ExitCode(1) }
        if !isText { StandardOutput.print(report.written(as: format)) }
        if !report.isPassed { throw ExitCode(1) }
    }

    private func ownPath() -> String {
        guard let path = realpath("/proc/self/exe", nil) else { return CommandLine.arguments[0] }
        defer { free(path) }
        return String(cString: path)
    }
}
