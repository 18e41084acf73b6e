import Determinism
import FederationModel
import HealthCore
import Testing

@Suite struct ProbeScheduleTests {
    @Test("HTTP results become a status and Consul's output text", arguments: [
        (answered(200, "OK", "fine"), CheckStatus.passing, "HTTP GET http://127.0.0.1:80/health: 200 OK Output: fine"),
        (answered(204, "No Content"), .passing, "HTTP GET http://127.0.0.1:80/health: 204 No Content Output: "),
        (answered(429, "Too Many Requests", "slow"), .warning,
            "HTTP GET http://127.0.0.1:80/health: 429 Too Many Requests Output: slow"),
        (answered(500, "", "no"), .critical, "HTTP GET http://127.0.0.1:80/health: 500 Output: no"),
        (answered(301, "Moved"), .critical, "HTTP GET http://127.0.0.1:80/health: 301 Moved Output: "),
        (.failed("connection refused"), .critical, "Get \"http://127.0.0.1:80/health\": connection refused"),
    ])
    func httpOutcome(result: ProbeResult, status: CheckStatus, output: String) {
        var harness = SchedulerHarness()
        let added = harness.add(httpCheck("web"))
        #expect(added == [.status(id: "web", .critical, output: "")])
        #expect(harness.answerNext(result) == [.status(id: "web", status, output: output)])
        #expect(harness.scheduler.outcome(of: "web") == CheckOutcome(status, output))
    }

    @Test func tcpOutcome() {
        var harness = SchedulerHarness()
        var definition = CheckDefinition()
        definition.id = "tcp"
        definition.tcp = "127.0.0.1:6379"
        _ = harness.add(definition)
        #expect(harness.answerNext(answered(0)) == [
            .status(id: "tcp", .passing, output: "TCP connect 127.0.0.1:6379: Success")
        ])
        #expect(harness.answerNext(.failed("connection refused")) == [
            .status(id: "tcp", .critical, output: "dial tcp 127.0.0.1:6379: connection refused")
        ])
    }

    @Test("The first run starts anywhere in the first interval, later ones an interval after the last start",
        arguments: UInt64(1)...20)
    func schedule(seed: UInt64) throws {
        var harness = SchedulerHarness(seed: seed)
        _ = harness.add(httpCheck("web", interval: .seconds(10)))
        let first = harness.scheduler.nextDeadline
        #expect(first >= .zero && first < Instant.zero + .seconds(10), "seed \(seed)")
        _ = harness.answerNext(answered(200), after: .seconds(3))
        #expect(harness.scheduler.nextDeadline == first + .seconds(10))
        _ = harness.answerNext(answered(200), after: .milliseconds(1))
        #expect(harness.scheduler.nextDeadline == first + .seconds(20))
        let timings = try #require(harness.scheduler.timings(of: "web"))
        #expect(timings.runCount == 2 && timings.maxLateness == .zero)
    }

    @Test("Probes begin together every 10 ms, an interval apart, also where the agent is late", arguments: [0, 1, 4])
    func together(lateMilliseconds: Int) {
        let late = Duration.milliseconds(lateMilliseconds)
        var harness = SchedulerHarness()
        for number in 0..<300 { _ = harness.add(httpCheck("c\(number)", interval: .seconds(1))) }
        let end = Instant.zero + .seconds(10)
        var starts: [Instant: Int] = [:]
        while harness.scheduler.nextDeadline < end {
            harness.now = max(harness.now, harness.scheduler.nextDeadline + late)
            for effect in harness.perform({ $0.advance(to: $1, into: &$2) }) {
                guard case .probe(let probe, _) = effect else { continue }
                starts[harness.now, default: 0] += 1
                _ = harness.perform { $0.probed(probe, answered(200), at: $1, into: &$2) }
            }
        }
        #expect(starts.keys.allSatisfy { ($0.nanoseconds - late.wholeNanoseconds) % 10_000_000 == 0 })
        // Each runs ten times; those whose first turn was rounded to the second, once less.
        #expect((2980...3000).contains(starts.values.reduce(0, +)) && starts.count <= 1000)
    }

    @Test("There are never two runs of one check; a late one is followed at once")
    func oneRunAtATime() {
        var harness = SchedulerHarness()
        var definition = httpCheck("web", interval: .seconds(2))
        definition.timeout = .seconds(30)
        _ = harness.add(definition)
        let probes = harness.run(for: .seconds(20))
        #expect(probes.count == 1)
        guard case .probe(let probe, let request) = probes.first?.effect else { return #expect(Bool(false)) }
        #expect(request.timeout == .seconds(30))
        let answer = harness.perform { $0.probed(probe, answered(200, "OK"), at: $1, into: &$2) }
        #expect(answer.count == 1)
        #expect(harness.scheduler.nextDeadline == harness.now)
    }

    @Test("A probe whose result never comes is cancelled and counts as failed")
    func lostProbe() {
        var harness = SchedulerHarness()
        _ = harness.add(httpCheck("web", interval: .seconds(10)))
        let found = harness.run(for: .seconds(36)).map(\.effect)
        #expect(found.contains(.cancel(ProbeID(1))))
        #expect(found.contains(
            .status(
                id: "web", .critical, output: "Get \"http://127.0.0.1:80/health\": no result from the prober")))
        #expect(harness.perform { $0.probed(ProbeID(1), answered(200), at: $1, into: &$2) } == [])
    }

    @Test("Defaults and limits", arguments: [
        (Duration?.none, Duration?.none, Duration.seconds(10), Duration.seconds(10)),
        (.milliseconds(5), nil, .seconds(1), .seconds(1)), (.seconds(3), nil, .seconds(3), .seconds(3)),
        (.seconds(60), nil, .seconds(60), .seconds(10)), (.seconds(3), .seconds(7), .seconds(3), .seconds(7)),
        (.seconds(-3), .seconds(-7), .seconds(1), .seconds(1)),
    ])
    func limits(interval: Duration?, timeout: Duration?, wantInterval: Duration, wantTimeout: Duration) {
        var definition = httpCheck("web")
        definition.interval = interval
        definition.timeout = timeout
        guard case .probe(let request, let found) = CheckPlan(definition, node: "n1") else {
            return #expect(Bool(false))
        }
        #expect(found == wantInterval && request.timeout == wantTimeout)
    }

    @Test("Thresholds count results in a row")
    func thresholds() {
        var harness = SchedulerHarness()
        var definition = httpCheck("web")
        definition.successBeforePassing = 3
        definition.failuresBeforeCritical = 2
        _ = harness.add(definition)
        let statuses = [200, 200, 500, 200, 200, 200, 500, 200, 500, 500].map { code in
            _ = harness.answerNext(answered(code))
            return harness.scheduler.outcome(of: "web")?.status
        }
        #expect(statuses == [
            .critical, .critical, .critical, .critical, .critical, .passing, .passing, .passing, .passing, .critical,
        ])
    }

    @Test("Registering an equal definition again changes nothing; another one restarts with the old status")
    func addAgain() {
        var harness = SchedulerHarness()
        let definition = httpCheck("web")
        _ = harness.add(definition)
        _ = harness.answerNext(answered(200, "OK"))
        let deadline = harness.scheduler.nextDeadline
        #expect(harness.add(definition) == [])
        #expect(harness.scheduler.nextDeadline == deadline)
        while harness.scheduler.runningCount == 0 { _ = harness.run(for: .seconds(1)) }
        var changed = definition
        changed.interval = .seconds(20)
        #expect(harness.add(changed) == [
            .cancel(ProbeID(2)),
            .status(id: "web", .passing, output: "HTTP GET http://127.0.0.1:80/health: 200 OK Output: "),
        ])
    }

    @Test("Removing a check cancels its run and nothing of it is heard again")
    func remove() {
        var harness = SchedulerHarness()
        _ = harness.add(httpCheck("web"))
        _ = harness.run(for: .seconds(10))
        #expect(harness.perform { $0.remove(id: "web", at: $1, into: &$2) } == [.cancel(ProbeID(1))])
        #expect(harness.run(for: .seconds(100)).isEmpty)
        #expect(harness.perform { $0.probed(ProbeID(1), answered(200), at: $1, into: &$2) } == [])
    }

    @Test("Output is cut at its limit, at the end of a scalar")
    func outputLimit() {
        var harness = SchedulerHarness()
        var definition = httpCheck("web")
        definition.outputMaxSize = 4
        _ = harness.add(definition)
        #expect(harness.answerNext(answered(200, "OK", "abcédef")) == [
            .status(id: "web", .passing, output: "HTTP GET http://127.0.0.1:80/health: 200 OK Output: abc")
        ])
        #expect("aé".cut(toBytes: 2) == "a" && "aé".cut(toBytes: 3) == "aé" && "é".cut(toBytes: 0) == "")
    }

    @Test("Registering in a loop does not pile up deadlines")
    func registrationLoop() {
        var harness = SchedulerHarness()
        for round in 1...5_000 {
            var definition = httpCheck("web", interval: .seconds(3_600))
            definition.notes = "\(round)"
            _ = harness.add(definition)
        }
        let found = harness.run(for: .seconds(3_600))
        #expect(found.filter { if case .probe = $0.effect { true } else { false } }.count == 1)
    }

    @Test("Header names are sent in order, defaults fill in")
    func header() {
        var definition = httpCheck("web")
        definition.header = ["X-B": ["2", "3"], "user-agent": ["mine"], "Host": ["h"]]
        guard case .probe(let request, _) = CheckPlan(definition, node: ""),
            case .http(let http) = request.target
        else { return #expect(Bool(false)) }
        #expect(http.header.map(\.name) == ["Host", "X-B", "X-B", "user-agent", "Accept"])
    }
}
