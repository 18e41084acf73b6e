import ArgumentParser
import CommandSupport
import TopologyCore

struct TopologyGraphCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "graph", abstract: "Draws a topology: datacenters, agents, producers, links.")

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case svg, mermaid
    }

    @Option(help: "svg or mermaid.") var format = Format.svg
    @Option(help: "The file to write; standard output unless given.") var out: String?
    @Argument(help: "The topology file.") var file: String

    func run() throws {
        let graph = TopologyGraph(try TopologyCommand.read(file))
        let text = format == .svg ? graph.svg : graph.mermaid
        guard let out else {
            print(text, terminator: "")
            return
        }
        try OutputFile.write(Array(text.utf8), to: out)
    }
}
