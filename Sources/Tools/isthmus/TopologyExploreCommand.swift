import ArgumentParser
import CommandSupport
import Determinism
import Glibc
import Simulation
import TopologyCore

/// `1..1000`, or one number.
struct SeedRange: ExpressibleByArgument {
    let seeds: ClosedRange<UInt64>

    init?(argument: String) {
        guard let dots = argument.firstIndex(of: ".") else {
            guard let seed = UInt64(argument) else { return nil }
            seeds = seed...seed
            return
        }
        let end = argument[dots...].drop { $0 == "." }
        guard let first = UInt64(argument[..<dots]), let last = UInt64(end), first <= last,
            argument[dots...].count - end.count == 2, last - first < 1 << 32
        else { return nil }
        seeds = first...last
    }
}

/// Simulates files under many seeds; what fails is replayed with fewer and fewer faults.
struct TopologyExploreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explore", abstract: "Simulates topologies under many seeds and shrinks what fails.")

    @Option(help: "First and last seed: 1..1000.") var seeds: SeedRange
    @Option(help: "Processes that share the runs.") var jobs = 2
    @Flag(help: "Collects all failures instead of stopping at the first.") var keepGoing = false
    @Flag(help: "Deals the seeds out: each to one file, in turn.") var deal = false
    @Option(help: .hidden) var worker: Int?
    @Argument(help: "The topology files.") var files: [String]

    func validate() throws {
        guard jobs > 0, jobs <= 256 else { throw ValidationError("--jobs is 1 to 256") }
        guard !files.isEmpty else { throw ValidationError("give a topology file") }
    }

    func run() throws {
        LargePages.use()
        var topologies: [Topology] = []
        for file in files { topologies.append(try TopologyCommand.read(file)) }
        if let worker { return try work(topologies, worker) }
        let runCount = seeds.seeds.count * (deal ? 1 : files.count)
        var exploration = Exploration(runCount: runCount, stopsAtFirst: !keepGoing)
        let words =
            ["topology", "explore", "--seeds", "\(seeds.seeds.lowerBound)..\(seeds.seeds.upperBound)"]
            + (deal ? ["--deal"] : [])
        let commands = (0..<min(jobs, runCount)).map { number in
            words + ["--jobs", String(jobs), "--worker", String(number)] + files
        }
        try SimulationWorkers.run(commands) { exploration.take($0) }
        exploration.finish()
        exploration.judge(topologies)
        for failure in exploration.failures { try explain(failure, topologies) }
        for line in exploration.table(files) { StandardOutput.print(line) }
        exploration.say()
        if !exploration.failures.isEmpty { throw ExitCode(1) }
    }

    /// Every file with the first seed, then with the second: a run that is stopped early has seen all files. A file is
    /// with each seed another worker's: else one of two would have all runs of the longest.
    private func work(_ topologies: [Topology], _ worker: Int) throws {
        for (round, seed) in seeds.seeds.enumerated() {
            for (file, topology) in topologies.enumerated() where !deal || file == dealt(seed, topologies.count) {
                guard (deal ? round : round + file) % jobs == worker else { continue }
                StandardOutput.print("\(file) \(seed) begins")
                var options = TopologySimulation.Options()
                options.seed = seed
                let report = try TopologySimulating.simulate(topology, options)
                let hash = String(report.hash ?? 0, radix: 16)
                // Shorter than what a pipe takes at once.
                let failure = (report.failure ?? "").prefix(500)
                let outcome = report.isPassed ? "ok" : "failed"
                for (label, time) in report.times {
                    StandardOutput.print("\(file) \(seed) took \(time.wholeNanoseconds) \(label)")
                }
                StandardOutput.print("\(file) \(seed) \(outcome) \(hash) \(report.eventCount) \(failure)")
            }
        }
    }

    /// Moved on by one in each round: else each of two workers would see half of an even number of files.
    private func dealt(_ seed: UInt64, _ count: Int) -> Int {
        let (round, place) = seed.quotientAndRemainder(dividingBy: UInt64(count))
        return Int((place + round) % UInt64(count))
    }

    private func explain(_ failure: Exploration.Failure, _ topologies: [Topology]) throws {
        let file = files[failure.file]
        guard !failure.isOfAll else { return StandardOutput.print("\n\(file) FAILED: \(failure.text)") }
        StandardOutput.print("\n\(file) seed \(failure.seed) FAILED: \(failure.text)")
        StandardOutput.print("replay: isthmus topology replay \(file) --seed \(failure.seed)")
        // A run that ended its process would end this one too.
        guard !failure.isCrash else { return }
        var shrinker = TopologyShrinker(topologies[failure.file], seed: failure.seed, failure: failure.text)
        let left = shrinker.run { kept, runs in
            StandardError.print("explore: shrinking, \(kept) actions left after \(runs) runs")
        }
        StandardOutput.print("fails the same with \(left.isEmpty ? "no faults at all" : "these actions alone"):")
        for action in left { StandardOutput.print("  line \(action.position.line): \(action)") }
    }
}

/// What many runs say together.
struct Exploration {
    struct Failure {
        var file: Int
        var seed: UInt64
        var text: String
        /// The process ended within the run.
        var isCrash = false
        /// Of all runs of the file together.
        var isOfAll = false
    }

    private struct Label: Hashable {
        var file: Int
        var label: String
    }

    private struct Run: Hashable {
        var file: Int
        var seed: UInt64
    }

    let runCount: Int
    let stopsAtFirst: Bool
    private(set) var failures: [Failure] = []
    private var running: Set<Run> = []
    /// Nanoseconds.
    private var times: [Label: [Int64]] = [:]
    private var doneCount = 0
    private var eventCount = 0
    /// Of all runs, whatever their order: the sum of their hashes.
    private var hash: UInt64 = 0
    private let began = ContinuousClock.now
    private var shown = ContinuousClock.now

    init(runCount: Int, stopsAtFirst: Bool) {
        self.runCount = runCount
        self.stopsAtFirst = stopsAtFirst
    }

    /// - Returns: false when no more is wanted.
    mutating func take(_ line: String) -> Bool {
        let words = line.split(separator: " ", maxSplits: 5)
        guard words.count >= 3, let file = Int(words[0]), let seed = UInt64(words[1]) else {
            StandardError.print(line)
            return true
        }
        let run = Run(file: file, seed: seed)
        if words[2] == "took", words.count >= 5, let time = Int64(words[3]) {
            let label = words[4...].joined(separator: " ")
            times[Label(file: file, label: label), default: []].append(time)
            return true
        }
        guard words[2] != "begins", words.count >= 5 else {
            running.insert(run)
            return true
        }
        running.remove(run)
        doneCount += 1
        hash &+= UInt64(words[3], radix: 16) ?? 0
        eventCount += Int(words[4]) ?? 0
        if words[2] == "failed" {
            failures.append(Failure(file: file, seed: seed, text: words.count > 5 ? String(words[5]) : ""))
        }
        showProgress()
        return failures.isEmpty || !stopsAtFirst
    }

    /// Runs that began and never ended broke an invariant of ours, unless they were stopped.
    mutating func finish() {
        if stopsAtFirst && !failures.isEmpty { return }
        for run in running.sorted(by: { ($0.file, $0.seed) < ($1.file, $1.seed) }) {
            failures.append(
                Failure(file: run.file, seed: run.seed, text: "the process ended within the run", isCrash: true))
        }
    }

    /// Fails what half of the runs must have done in a time and did not. Fewer than 20 runs say little.
    mutating func judge(_ topologies: [Topology]) {
        for (file, topology) in topologies.enumerated() {
            let expectations = topology.steps.flatMap(\.expectations) + topology.expectations.map(\.expectation)
            for expectation in expectations {
                guard let median = expectation.median else { continue }
                let sorted = (times[Label(file: file, label: expectation.record)] ?? []).sorted()
                guard sorted.count >= 20, Duration.nanoseconds(sorted[sorted.count / 2]) > median else { continue }
                let shown = Duration.nanoseconds(sorted[sorted.count / 2]).shown
                let text = "line \(expectation.position.line): \(expectation): half of the runs took more than \(shown)"
                failures.append(Failure(file: file, seed: 0, text: text, isOfAll: true))
            }
        }
    }

    /// What was recorded, by file and label.
    func table(_ files: [String]) -> [String] {
        let labels = times.keys.sorted { ($0.file, $0.label) < ($1.file, $1.label) }
        return labels.map { label in
            let sorted = (times[label] ?? []).sorted()
            func part(_ percent: Int) -> String {
                Duration.nanoseconds(sorted[min(sorted.count - 1, sorted.count * percent / 100)]).shown
            }
            return "\(files[label.file]): \(label.label): \(sorted.count) runs, p50 \(part(50)), p95 \(part(95)), "
                + "at most \(part(100))"
        }
    }

    /// At most twice a second; a bar on a terminal, else a line every 5 s.
    private mutating func showProgress() {
        let isTerminal = isatty(STDERR_FILENO) == 1
        guard ContinuousClock.now - shown > (isTerminal ? .milliseconds(500) : .seconds(5)) else { return }
        shown = .now
        guard isTerminal else { return StandardError.print("explore: \(progress)") }
        let width = 30
        let full = width * doneCount / max(1, runCount)
        let bar = String(repeating: "#", count: full) + String(repeating: ".", count: width - full)
        StandardError.show("[\(bar)] \(progress) ")
    }

    private var progress: String {
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        return "\(doneCount) of \(runCount) runs in \(Int(seconds)) s, \(failures.count) failed"
    }

    func say() { StandardOutput.print("explore: \(progress), \(eventCount) events, hash \(String(hash, radix: 16))") }
}
