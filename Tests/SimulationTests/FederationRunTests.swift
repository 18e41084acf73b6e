import FederationModel
import Simulation
import Testing

/// The mass run is `Scripts/simulate`, which also compares seed 1 in two processes: `Set` and `Dictionary` order
/// differs between processes, so only that shows that nothing decides by it.
@Suite("Simulated federations under faults")
struct FederationRunTests {
    /// Short, so that a debug build runs it in seconds.
    private static var shape: FederationRun.Shape {
        var shape = FederationRun.Shape()
        shape.faultTime = .seconds(8)
        shape.healTime = .seconds(12)
        shape.writersPerDatacenter = 1
        return shape
    }

    @Test("Design §5: faults first, then a healed core converges", arguments: 1...6 as ClosedRange<UInt64>)
    func seeds(seed: UInt64) {
        var run = FederationRun(seed: seed, shape: Self.shape)
        let report = run.run()
        #expect(report.violations.isEmpty, "\(report.line)\nfaults: \(report.faults)")
        #expect(report.acknowledgedCount > 30, "\(report.line)")
        #expect(report.electionCount >= 3, "\(report.line)")
    }

    @Test("The same seed gives the same events, another seed others")
    func repeats() {
        var shape = Self.shape
        shape.datacenterCount = 2
        shape.faultTime = .seconds(5)
        var first = FederationRun(seed: 9, shape: shape)
        var second = FederationRun(seed: 9, shape: shape)
        var other = FederationRun(seed: 10, shape: shape)
        let report = first.run()
        #expect(second.run() == report)
        #expect(other.run().hash != report.hash)
    }
}
