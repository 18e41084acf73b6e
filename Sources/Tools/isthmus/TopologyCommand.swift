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
            TopologyLintCommand.self, TopologyProducerCommand.self,
        ])

    /// - Throws: every problem of the file, each with its line and column.
    static func read(_ path: String) throws(CommandFailure) -> Topology {
        let text = String(decoding: try InputFile.read(path), as: UTF8.self)
        do throws(TopologyError) {
            return try TopologyReader.read(try YAMLText.read(text))
        } catch {
            let lines = error.problems.map { "\(path):\($0)" }
            throw CommandFailure("\(path) is refused\n\(lines.joined(separator: "\n"))")
        }
    }
}

struct TopologyLintCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "lint", abstract: "Checks topology files.")

    @Argument(help: "The topology files.") var files: [String]

    func run() throws {
        var failures: [String] = []
        for file in files {
            do throws(CommandFailure) {
                let topology = try TopologyCommand.read(file)
                print("\(file): in order, \(topology.agentNames.count) agents, \(topology.steps.count) steps")
            } catch {
                failures.append(error.description)
            }
        }
        guard failures.isEmpty else { throw CommandFailure(failures.joined(separator: "\n")) }
    }
}

struct TopologyProducerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "producer", abstract: "Answers HTTP with a fixed text.", shouldDisplay: false)

    @Option(help: "host:port.") var listen: String
    @Option(help: "The text.") var body = ""

    func run() throws {
        do {
            try ProducerServer.run(listen: listen, body: body)
        } catch {
            throw CommandFailure("\(error)")
        }
    }
}
