import ArgumentParser
import CommandSupport
import Glibc
import Simulation

/// Runs whole federations that exist in memory only, one for each seed, under faults drawn from the seed.
struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Runs simulated federations under faults; a seed replays its run.",
        shouldDisplay: false)

    @Option(help: "How many seeds.") var seeds: UInt64 = 100
    @Option(help: "The first of them.") var first: UInt64 = 1
    @Option(help: "Processes that share the seeds.") var jobs: UInt64 = 2
    @Option(help: "Asks so many DNS questions in all, instead of writing and reading.") var dns = 0
    @Flag(help: "Forgets a datacenter, and looks whether anything brings it back.") var forgetting = false
    @Option(help: .hidden) var step: UInt64 = 1
    @Flag(help: "Prints each run's log.") var verbose = false
    @Flag(help: "Prints every event of the one run.") var trace = false

    func validate() throws {
        guard seeds > 0, jobs > 0, step > 0, first <= .max - seeds else {
            throw ValidationError("--seeds and --jobs begin at 1")
        }
        guard !trace || seeds == 1 else { throw ValidationError("--trace is for one seed") }
        guard dns == 0 || !forgetting else { throw ValidationError("--dns or --forgetting") }
        guard dns == 0 || (dns / Int(clamping: seeds)) > 0 else { throw ValidationError("--dns is below --seeds") }
    }

    func run() throws {
        var summary = SimulationSummary(seedCount: seeds, kind: forgetting ? " --forgetting" : "")
        if jobs > 1 && seeds > 1 && !verbose {
            let jobs = min(jobs, seeds)
            let commands = (0..<jobs).map { job in
                [
                    "simulate", "--first", String(first + job), "--seeds", String(seeds - job), "--step", String(jobs),
                    "--jobs", "1", "--dns", String(dns / Int(clamping: jobs)),
                ] + (forgetting ? ["--forgetting"] : [])
            }
            try SimulationWorkers.run(commands) { line in
                summary.take(line)
                return true
            }
        } else {
            for seed in stride(from: first, to: first + seeds, by: Int(clamping: step)) { simulate(seed, &summary) }
        }
        if step == 1 { summary.finish() }
        if summary.failedCount > 0 { throw ExitCode(1) }
    }

    private func simulate(_ seed: UInt64, _ summary: inout SimulationSummary) {
        // As a worker everything goes to the parent, which counts and prints.
        let isWorker = step > 1
        if isWorker { StandardOutput.print("seed \(seed): begins") }
        let found = run(seed)
        var lines = [found.line]
        if !found.violations.isEmpty {
            lines += found.violations.prefix(20).map { "seed \(seed): violation: \($0)" }
            lines.append("seed \(seed): faults: \(found.faults.joined(separator: ", "))")
        }
        for line in lines { if isWorker { StandardOutput.print(line) } else { summary.take(line) } }
    }

    private func run(_ seed: UInt64) -> (line: String, violations: [String], faults: [String]) {
        var tracer: (@Sendable (TraceEvent) -> Void)?
        if trace { tracer = { StandardOutput.print($0.line) } }
        if forgetting {
            var say: ((String) -> Void)?
            if verbose { say = { StandardOutput.print($0) } }
            let report = HardScenario.forgetting.run(seed: seed, say: say, tracer: tracer)
            return ("seed \(seed): \(report.outcome)", report.violations.map(\.description), report.faults)
        }
        if dns > 0 {
            // A worker's share of the questions among its share of the seeds.
            var run = DNSRun(seed: seed, questionCount: max(1, dns / Int(clamping: max(1, seeds / step))))
            run.world.keepsLog = verbose
            run.world.tracer = tracer
            let report = run.run()
            if verbose { for line in run.world.lines { StandardOutput.print(line) } }
            return (report.line, report.violations, report.faults)
        }
        var run = FederationRun(seed: seed)
        run.world.keepsLog = verbose
        run.world.tracer = tracer
        let report = run.run()
        if verbose { for line in run.world.lines { StandardOutput.print(line) } }
        return (report.line, report.violations, report.faults)
    }
}

/// What many runs say together.
struct SimulationSummary {
    let seedCount: UInt64
    /// What the runs are, as the command is told.
    let kind: String
    private let began = ContinuousClock.now
    private var running: Set<UInt64> = []
    private var doneCount: UInt64 = 0
    private(set) var failedCount = 0
    private var totals: [String: UInt64] = [:]
    /// Of all runs, whatever their order: the sum of their hashes.
    private var hash: UInt64 = 0

    init(seedCount: UInt64, kind: String) {
        self.seedCount = seedCount
        self.kind = kind
    }

    /// A line of a run: `seed N: begins`, its report, or what was wrong.
    mutating func take(_ line: String) {
        let words = line.split(separator: " ")
        guard words.count >= 3, words[0] == "seed", let seed = UInt64(words[1].dropLast()) else {
            return StandardOutput.print(line)
        }
        switch words[2] {
        case "begins": running.insert(seed)
        case "ok", "FAILED":
            running.remove(seed)
            doneCount += 1
            for word in words.dropFirst(3) { count(word) }
            if words[2] == "FAILED" { failed(seed, line) } else if seedCount <= 20 { StandardOutput.print(line) }
            if doneCount.isMultiple(of: 25) { StandardError.print("simulate: \(progress)") }
        default: StandardOutput.print(line)
        }
    }

    private mutating func count(_ word: Substring) {
        let parts = word.split(separator: "=")
        guard parts.count == 2 else { return }
        if parts[0] == "hash" {
            hash &+= UInt64(parts[1], radix: 16) ?? 0
        } else {
            totals[String(parts[0]), default: 0] += UInt64(parts[1]) ?? 0
        }
    }

    private mutating func failed(_ seed: UInt64, _ line: String) {
        failedCount += 1
        StandardOutput.print(line)
        StandardOutput.print("seed \(seed): replay with isthmus simulate\(kind) --first \(seed) --seeds 1 --verbose")
    }

    /// A worker that ended by itself broke an invariant of ours, in one of these runs.
    mutating func finish() {
        for seed in running.sorted() { failed(seed, "seed \(seed): FAILED the process ended within the run") }
        let words = totals.keys.sorted().map { "\($0)=\(totals[$0] ?? 0)" }.joined(separator: " ")
        StandardOutput.print("simulate: \(progress), \(words) hash=\(String(hash, radix: 16))")
    }

    private var progress: String {
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        return "\(doneCount) of \(seedCount) seeds in \(Int(seconds)) s, \(failedCount) failed"
    }
}
