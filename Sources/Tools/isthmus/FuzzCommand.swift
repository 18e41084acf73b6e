import ArgumentParser
import CommandSupport
import Fuzzing

/// Feeds changed inputs to every reader of bytes from outside.
struct FuzzCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fuzz", abstract: "Feeds changed inputs to every reader of bytes from outside.",
        shouldDisplay: false)

    @Option(help: "For how long, all targets together.") var seconds = 60
    @Option(help: "Every input follows from it.") var seed: UInt64 = 1
    @Option(help: "Only this target.") var target: String?
    @Option(help: "This many inputs for each target, instead of a time: replays a finding.") var inputs: UInt64?
    @Option(help: "A folder with recorded vectors in rpc and gossip.") var vectors: String?

    func validate() throws {
        guard seconds > 0 else { throw ValidationError("--seconds begins at 1") }
    }

    func run() throws {
        var options = FuzzRun.Options(time: .seconds(seconds), seed: seed)
        options.target = target
        options.inputCount = inputs
        do {
            options.vectors = try vectors.map { try VectorFolder($0) }
        } catch {
            throw CommandFailure("\(error)")
        }
        let run = FuzzRun(options)
        guard !run.targetNames.isEmpty else { throw CommandFailure("no target is called \(target ?? "")") }
        StandardOutput.print("fuzz: seed \(seed), targets: \(run.targetNames.joined(separator: " "))")
        var failedCount = 0
        run.run { report in
            StandardOutput.print(line(report))
            if report.finding != nil { failedCount += 1 }
        }
        StandardOutput.print("\(run.targetNames.count - failedCount) passed, \(failedCount) failed")
        if failedCount > 0 { throw ExitCode(1) }
    }

    private func line(_ report: FuzzRun.Report) -> String {
        let name = report.target.padded(to: 18)
        let counts =
            "\(String(report.inputCount).padded(to: 9)) inputs \(String(report.inputsPerSecond).padded(to: 7))/s"
        let slowest = "slowest \(microseconds(report.slowest)) µs for \(report.slowestByteCount) bytes"
        let costs = "\(slowest), memory +\(report.growthBytes >> 20) MiB"
        guard let finding = report.finding, report.inputCount > 0 else { return "\(name) \(counts)  \(costs)" }
        return "\(name) FAILED at input \(report.inputCount - 1): \(finding)\n  replay: isthmus fuzz --seed \(seed) "
            + "--target \(report.target) --inputs \(report.inputCount)"
            + (vectors.map { " --vectors \($0)" } ?? "")
    }

    private func microseconds(_ time: Duration) -> Int { Int(time / .microseconds(1)) }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
