import Determinism
import Simulation
import Testing

@Suite("Nothing brings a forgotten datacenter back but its own servers")
struct ResurrectionTests {
    @Test("Cuts, restarts, joins in any order: no resurrection, all forget, and it may come back", arguments: 1...8)
    func noResurrection(seed: UInt64) {
        let report = HardScenario.forgetting.run(seed: seed)
        #expect(report.violations.isEmpty, "\(report.line) \(report.violations) after \(report.faults)")
        #expect(report.eventCount > 1000, "\(report.line)")
    }

    @Test("Servers that lose what they have forgotten are found")
    func losing() {
        var shape = ForgettingRun.Shape()
        shape.losesTombstones = true
        let found = (1...8).flatMap { seed -> [Violation] in
            var run = ForgettingRun(seed: UInt64(seed), shape: shape)
            return run.run().violations
        }
        #expect(found.contains { $0.text.contains("has no tombstone of dc4 any more") }, "\(found)")
    }
}
