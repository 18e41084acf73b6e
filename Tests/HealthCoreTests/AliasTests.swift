import Determinism
import FederationModel
import HealthCore
import Testing

@Suite struct AliasTests {
    private func outcome(_ harness: SchedulerHarness, _ id: String = "alias") -> CheckOutcome? {
        harness.scheduler.outcome(of: id)
    }

    private func report(_ harness: inout SchedulerHarness, _ id: String, _ status: CheckStatus, _ text: String) throws {
        _ = try harness.perform { try $0.report(id: id, status: status, output: text, at: $1, into: &$2) }
    }

    @Test("An alias follows the instance's and the node's checks")
    func local() throws {
        var harness = SchedulerHarness()
        _ = harness.add(aliasCheck("alias", service: "api", of: "web"))
        #expect(outcome(harness) == CheckOutcome(.passing, "No checks found."))
        _ = harness.add(ttlCheck("a", service: "web"))
        _ = harness.add(ttlCheck("b"))
        _ = harness.add(ttlCheck("other", service: "db"))
        #expect(outcome(harness)?.status == .critical)
        try report(&harness, "a", .passing, "")
        #expect(outcome(harness) == CheckOutcome(.critical, "Aliased check \"b\" failing: "))
        try report(&harness, "b", .warning, "hot")
        #expect(outcome(harness) == CheckOutcome(.warning, "Aliased check \"b\" failing: hot"))
        try report(&harness, "b", .passing, "")
        #expect(outcome(harness) == CheckOutcome(.passing, "All checks passing."))
        try report(&harness, "a", .critical, "down")
        #expect(outcome(harness) == CheckOutcome(.critical, "Aliased check \"a\" failing: down"))
        _ = harness.perform { $0.remove(id: "a", at: $1, into: &$2) }
        #expect(outcome(harness)?.status == .passing)
    }

    @Test("A circle of aliases comes to rest and sees the checks behind it")
    func circle() throws {
        var harness = SchedulerHarness()
        _ = harness.add(aliasCheck("one", service: "a", of: "b"))
        _ = harness.add(aliasCheck("two", service: "b", of: "a", node: "n1"))
        #expect(outcome(harness, "one")?.status == .passing && outcome(harness, "two")?.status == .passing)
        _ = harness.add(ttlCheck("real", service: "b"))
        try report(&harness, "real", .critical, "down")
        #expect(outcome(harness, "one") == CheckOutcome(.critical, "Aliased check \"real\" failing: down"))
        #expect(outcome(harness, "two") == outcome(harness, "one"))
    }

    @Test("An alias of another node follows what it is told")
    func remote() {
        var harness = SchedulerHarness()
        let target = AliasTarget(node: "n2", service: "web")
        _ = harness.add(aliasCheck("alias", of: "web", node: "n2"))
        #expect(harness.scheduler.remoteAliasTargets == [target])
        #expect(outcome(harness)?.status == .critical)
        let checks = [
            AliasedCheck(name: "x", status: .warning, output: "hm"),
            AliasedCheck(name: "y", status: .passing, output: ""),
        ]
        let told = harness.perform { $0.aliasTargetChanged(target, checks: checks, at: $1, into: &$2) }
        #expect(told == [.status(id: "alias", .warning, output: "Aliased check \"x\" failing: hm")])
        let stranger = AliasTarget(node: "n3", service: "web")
        #expect(harness.perform { $0.aliasTargetChanged(stranger, checks: checks, at: $1, into: &$2) } == [])
        _ = harness.perform { $0.remove(id: "alias", at: $1, into: &$2) }
        #expect(harness.scheduler.remoteAliasTargets.isEmpty)
    }
}
