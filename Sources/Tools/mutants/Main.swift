import Determinism
import Glibc
import Simulation

/// `mutants --list` prints each mutant and the scenario that is to find it. `mutants [--mutant NAME] --scenario NAME
/// --seeds A..B [--verbose]` runs until a seed finds something, one line a run; status 1 when something was found.
@main
enum MutantsMain {
    struct Options {
        var mutant: Mutant?
        var scenario = HardScenario.datacenter
        var seeds: ClosedRange<UInt64> = 1...200
        var isVerbose = false
    }

    static func main() {
        var words = CommandLine.arguments.dropFirst()
        if words.first == "--list" {
            for mutant in Mutant.allCases { print(mutant.rawValue, HardScenario(for: mutant).rawValue) }
            return
        }
        guard let options = read(&words) else {
            let scenarios = HardScenario.allCases.map(\.rawValue).joined(separator: "|")
            print("mutants: --list | [--mutant NAME] --scenario \(scenarios) --seeds A..B [--verbose]")
            exit(2)
        }
        #if MUTANTS
            Mutant.active = options.mutant
        #endif
        exit(explore(options) ? 0 : 1)
    }

    private static func read(_ words: inout ArraySlice<String>) -> Options? {
        var options = Options()
        while let word = words.popFirst() {
            if word == "--verbose" {
                options.isVerbose = true
                continue
            }
            guard let value = words.popFirst() else { return nil }
            switch word {
            case "--mutant":
                guard let mutant = Mutant(rawValue: value) else { return nil }
                options.mutant = mutant
            case "--scenario":
                guard let scenario = HardScenario(rawValue: value) else { return nil }
                options.scenario = scenario
            case "--seeds":
                let ends = value.split(separator: ".", omittingEmptySubsequences: true).compactMap { UInt64($0) }
                guard let first = ends.first, let last = ends.last, first <= last else { return nil }
                options.seeds = first...last
            default: return nil
            }
        }
        return options
    }

    /// - Returns: whether nothing was found.
    private static func explore(_ options: Options) -> Bool {
        for seed in options.seeds {
            // A run that ends its process is known by this line.
            print("\(options.scenario.rawValue) \(seed): begins")
            fflush(nil)
            var tracer: (@Sendable (TraceEvent) -> Void)?
            if options.isVerbose { tracer = { event in print(event.line) } }
            let report = options.scenario.run(seed: seed, tracer: tracer)
            print(report.line)
            guard let first = report.violations.first else { continue }
            for violation in report.violations.prefix(5) {
                print("\(options.scenario.rawValue) \(seed): violation: \(violation)")
            }
            print("\(options.scenario.rawValue) \(seed): faults: \(report.faults.joined(separator: ", "))")
            print("found \(options.scenario.rawValue) \(seed) \(first.checker): \(first.text)")
            return false
        }
        return true
    }
}
