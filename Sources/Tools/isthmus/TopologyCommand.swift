import ArgumentParser
import CommandSupport
import TopologyCore
import TopologyRunner
import YAMLReader

struct TopologyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topology", abstract: "Runs federations that files describe.",
        subcommands: [
            TopologyRunCommand.self, TopologyReplayCommand.self, TopologyExploreCommand.self,
            TopologyLintCommand.self, TopologyGraphCommand.self, TopologyProducerCommand.self,
        ])

    /// Warnings go to standard error.
    /// - Throws: every problem of the file, each with its line and column.
    static func read(_ path: String) throws(CommandFailure) -> Topology {
        let text = String(decoding: try InputFile.read(path), as: UTF8.self)
        do throws(TopologyError) {
            let topology = try TopologyReader.read(try YAMLText.read(text))
            let problems = TopologyCheck.problems(of: topology)
            if problems.contains(where: { !$0.isWarning }) { throw TopologyError(problems) }
            for problem in problems { StandardError.print("\(path):\(problem)") }
            return topology
        } catch {
            let lines = error.problems.map { "\(path):\($0)" }
            throw CommandFailure("\(path) is refused\n\(lines.joined(separator: "\n"))")
        }
    }
}

struct TopologyProducerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "producer", abstract: "Answers HTTP as a topology's producer.", shouldDisplay: false)

    @Option(help: "host:port.") var listen: String
    @Option(help: "The text.") var body = ""
    @Option(help: "From when on it answers how, as a run writes it; may be repeated.") var behaviour: [String] = []

    func run() throws {
        let behaviour = try behaviour.map { text in
            guard let one = BehaviourText.behaviour(text) else { throw CommandFailure("no behaviour: \(text)") }
            return one
        }
        do {
            try ProducerServer.run(listen: listen, body: body, behaviour: behaviour)
        } catch {
            throw CommandFailure("\(error)")
        }
    }
}
