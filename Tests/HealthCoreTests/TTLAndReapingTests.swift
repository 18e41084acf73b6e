import Determinism
import FederationModel
import HealthCore
import Testing

@Suite struct TTLAndReapingTests {
    @Test("A TTL check passes while its owner reports in time, and is critical after")
    func expiry() throws {
        var harness = SchedulerHarness()
        _ = harness.add(ttlCheck("ttl"))
        for _ in 1...5 {
            _ = harness.run(for: .seconds(9))
            _ = try harness.perform { try $0.report(id: "ttl", status: .passing, output: "good", at: $1, into: &$2) }
        }
        let found = harness.run(for: .seconds(60))
        #expect(found.map(\.effect) == [
            .status(
                id: "ttl", .critical, output: "TTL expired (last output before timeout follows): good")
        ])
        #expect(found.first?.at == Instant.zero + .seconds(55))
        let back = try harness.perform { try $0.report(id: "ttl", status: .warning, output: "", at: $1, into: &$2) }
        #expect(back == [.status(id: "ttl", .warning, output: "")])
        #expect(harness.run(for: .seconds(60)).map(\.effect) == [.status(id: "ttl", .critical, output: "TTL expired")])
    }

    @Test("Registering a TTL check again starts its time anew")
    func addAgain() {
        var harness = SchedulerHarness()
        var definition = ttlCheck("ttl")
        definition.initialStatus = "passing"
        #expect(harness.add(definition) == [.status(id: "ttl", .passing, output: "")])
        _ = harness.run(for: .seconds(9))
        #expect(harness.add(definition) == [])
        #expect(harness.run(for: .seconds(9)).isEmpty)
        #expect(harness.run(for: .seconds(1)).count == 1)
    }

    @Test("Only TTL checks can be reported")
    func wrongReport() {
        var harness = SchedulerHarness()
        _ = harness.add(httpCheck("web"))
        for id in ["web", "none"] {
            #expect(throws: AgentError.failed("CheckID \"\(id)\" does not have associated TTL")) {
                _ = try harness.perform { try $0.report(id: id, status: .passing, output: "", at: $1, into: &$2) }
            }
        }
    }

    @Test("A long-critical instance is deregistered: after its time, at least a minute, looked at every 30 s",
        arguments: [(Duration.seconds(1), 60...60), (.seconds(90), 90...90), (.seconds(100), 120...120)])
    func reaping(after: Duration, seconds: ClosedRange<Int>) {
        var harness = SchedulerHarness()
        var definition = ttlCheck("ttl", service: "web-1", ttl: .seconds(3_600))
        definition.deregisterCriticalServiceAfter = after
        _ = harness.add(definition)
        let found = harness.run(for: .seconds(130)).filter { $0.effect == .deregister(serviceID: "web-1") }
        let at = found.first.map { Int(($0.at - .zero).inSeconds) } ?? -1
        #expect(seconds.contains(at), "\(at)")
        _ = harness.perform { $0.remove(id: "ttl", at: $1, into: &$2) }
        #expect(harness.run(for: .seconds(100)).isEmpty)
        #expect(harness.scheduler.nextDeadline == .distantFuture)
    }

    @Test("A recovery in between starts the count anew; checks of the node never deregister")
    func reapingInterrupted() throws {
        var harness = SchedulerHarness()
        var definition = ttlCheck("ttl", service: "web-1", ttl: .seconds(3_600))
        definition.deregisterCriticalServiceAfter = .seconds(60)
        _ = harness.add(definition)
        var ofNode = ttlCheck("node-ttl", ttl: .seconds(3_600))
        ofNode.deregisterCriticalServiceAfter = .seconds(60)
        _ = harness.add(ofNode)
        for status in [CheckStatus.warning, .critical] {
            #expect(harness.run(for: .seconds(50)).isEmpty)
            _ = try harness.perform { try $0.report(id: "ttl", status: status, output: "", at: $1, into: &$2) }
        }
        #expect(harness.run(for: .seconds(59)).isEmpty)
        #expect(harness.run(for: .seconds(30)).map(\.effect) == [.deregister(serviceID: "web-1")])
    }
}
