import ArgumentParser
import CommandSupport
import Configuration
import TopologyCore
import YAMLReader

struct TopologyLintCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lint", abstract: "Checks topology files: every problem, with line and column.",
        discussion: "Exits 1 if anything was found, warnings included.")

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @Option(help: "text or json.") var format = Format.text
    @Argument(help: "The topology files.") var files: [String]

    func run() throws {
        var rows: [ConfigurationValue] = []
        var isClean = true
        for file in files {
            let problems = try Self.problems(in: file)
            isClean = isClean && problems.isEmpty
            rows.append(.make(["file": .string(file), "problems": .array(problems.map(Self.row))]))
            guard format == .text else { continue }
            for problem in problems { StandardOutput.print("\(file):\(problem)") }
            if problems.isEmpty { StandardOutput.print("\(file): in order") }
        }
        if format == .json { StandardOutput.print(ConfigurationValue.array(rows).jsonText) }
        if !isClean { throw ExitCode(1) }
    }

    /// - Throws: when the file cannot be read at all.
    private static func problems(in path: String) throws(CommandFailure) -> [TopologyProblem] {
        let text = String(decoding: try InputFile.read(path), as: UTF8.self)
        do throws(TopologyError) {
            return TopologyCheck.problems(in: try YAMLText.read(text))
        } catch {
            return error.problems
        }
    }

    private static func row(_ problem: TopologyProblem) -> ConfigurationValue {
        .make([
            "line": .integer(Int64(problem.position.line)), "column": .integer(Int64(problem.position.column)),
            "severity": .string(problem.isWarning ? "warning" : "error"), "text": .string(problem.reason),
        ])
    }
}
