import ArgumentParser
import CommandSupport
import Glibc
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
        guard let handle = fopen(out, "we") else { throw CommandFailure("\(out): \(String(cString: strerror(errno)))") }
        let isWritten = fputs(text, handle) >= 0
        guard fclose(handle) == 0, isWritten else {
            throw CommandFailure("\(out): \(String(cString: strerror(errno)))")
        }
    }
}
