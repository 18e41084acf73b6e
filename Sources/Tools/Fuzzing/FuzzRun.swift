import Determinism
import Glibc

/// Feeds every target for its share of the time, or for a number of inputs.
package struct FuzzRun {
    /// CPU time of one input.
    package static let maxInputTime = Duration.seconds(1)
    /// Resident memory over what it was at the start.
    package static let maxGrowthBytes = 256 << 20

    package struct Options {
        package var time: Duration
        package var seed: UInt64
        /// Nil: all of them.
        package var target: String?
        /// Inputs per target instead of a time: replays a finding.
        package var inputCount: UInt64?
        package var vectors: VectorFolder?

        package init(time: Duration, seed: UInt64) {
            self.time = time
            self.seed = seed
        }
    }

    package struct Report {
        package var target: String
        package var inputCount: UInt64 = 0
        package var elapsed = Duration.zero
        package var slowest = Duration.zero
        /// Of the slowest input.
        package var slowestByteCount = 0
        package var growthBytes = 0
        /// With the number of the input, from 0; the target ends with the first.
        package var finding: String?

        package var inputsPerSecond: Int { Int(Double(inputCount) / max(elapsed / .seconds(1), 0.001)) }
    }

    private let options: Options
    private let targets: [FuzzTarget]
    private let startBytes: Int

    package init(_ options: Options) {
        self.options = options
        let all = FuzzTarget.all(seed: options.seed, vectors: options.vectors)
        targets = all.filter { options.target == nil || options.target == $0.name }
        startBytes = Self.residentBytes
    }

    package var targetNames: [String] { targets.map(\.name) }

    /// - Parameter report: called after each target.
    package func run(_ report: (Report) -> Void) {
        CrashNote.install()
        for target in targets { report(run(target)) }
        CrashNote.end()
    }

    private func run(_ target: FuzzTarget) -> Report {
        CrashNote.begin(target.name, seed: options.seed)
        var hash = EventHash()
        hash.combine(Array(target.name.utf8))
        let mutator = Mutator(samples: target.samples)
        let share = options.time / max(1, targets.count)
        let began = ContinuousClock.now
        var report = Report(target: target.name)
        while options.inputCount.map({ report.inputCount < $0 }) ?? (ContinuousClock.now - began < share) {
            // Each input has a generator of its own, so that its bytes do not depend on what earlier ones drew.
            var random = SeededRandom(seed: options.seed ^ hash.value)
            random = SeededRandom(seed: random.next() &+ report.inputCount)
            CrashNote.input(report.inputCount)
            let input = mutator.input(&random)
            let started = Self.cpuTime
            do {
                try target.take(input, &random)
            } catch let finding as FuzzTarget.Finding {
                report.finding = finding.text
            } catch {
                report.finding = "an error nobody expects: \(error)"
            }
            let time = Self.cpuTime - started
            if time > report.slowest { (report.slowest, report.slowestByteCount) = (time, input.count) }
            if time > Self.maxInputTime { report.finding = "took \(time) for \(input.count) bytes" }
            report.inputCount += 1
            if report.inputCount.isMultiple(of: 512) || report.finding != nil { checkMemory(&report) }
            if report.finding != nil { break }
        }
        checkMemory(&report)
        report.elapsed = ContinuousClock.now - began
        return report
    }

    private func checkMemory(_ report: inout Report) {
        report.growthBytes = max(report.growthBytes, Self.residentBytes - startBytes)
        guard report.growthBytes > Self.maxGrowthBytes, report.finding == nil else { return }
        report.finding = "resident memory grew by \(report.growthBytes >> 20) MiB"
    }

    private static var cpuTime: Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    /// Of this process; 0 when the system does not say.
    private static var residentBytes: Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let fields = text.split(separator: " ")
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(getpagesize()) : 0
    }
}
