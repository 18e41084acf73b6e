import Simulation
import Testing
import TopologyCore
import YAMLReader

/// What runs report: failures, formats, replays, shrinking.
@Suite struct TopologySimulationTests {
    /// A cut that the file says must not be noticed, among faults that have nothing to do with it.
    private static let failing = """
        name: failing
        datacenters:
          dc1: {servers: 3}
          dc2: {servers: 3}
        load:
          w: {kind: kv-write, through: servers of dc1, rate: 10, keys: 3}
        schedule:
          - {at: 2s, do: [{freeze: dc1-s2}, {clog: {from: dc1, to: dc2, latency: 60ms}}]}
          - {at: 3s, do: [{cut: {from: dc1, to: dc2}}]}
          - {at: 4s, do: [{continue: dc1-s2}, {kill: dc2-s1}]}
          - {at: 5s, do: [{restart: dc2-s1}]}
        steps:
          - name: up
            do: [{start: all}]
            expect: [{leader: all}]
        expect:
          - {never: {verdict: dc2, is: [unreachable], from: dc1-s1}, from-time: 9s, until: 20s}
          - {linearizable: w}
        """

    private func topology(_ text: String) throws -> Topology { try TopologyReader.read(try YAMLText.read(text)) }

    private func run(
        _ text: String, seed: UInt64 = 1, _ change: (inout TopologySimulation.Options) -> Void = { _ in }
    ) throws -> TopologyReport {
        var options = TopologySimulation.Options()
        options.seed = seed
        change(&options)
        var simulation = try TopologySimulation(try topology(text), options)
        return simulation.run()
    }

    @Test func aFailureNamesItsExpectationAndShrinksToItsCause() throws {
        let report = try run(Self.failing)
        #expect(!report.isPassed)
        #expect(report.failure == "line 17: never: dc1-s1: dc2 is unreachable")
        var shrinker = TopologyShrinker(
            try topology(Self.failing), seed: 1, failure: try #require(report.failure))
        let left = shrinker.run { _, _ in }
        #expect(left.map(\.description) == ["cut dc1 to dc2"])
    }

    @Test func reportsAreWrittenForMachines() throws {
        let report = try run(Self.failing)
        #expect(report.json.contains(#""outcome":"failed""#) || report.json.contains(#""outcome": "failed""#))
        #expect(report.junit.contains("<testsuite name=\"failing\" tests=\"4\" failures=\"1\" skipped=\"1\""))
        #expect(report.text.contains("FAILED  line 17"))
    }

    @Test("A load goes on when all its requests were under way, each given up after 5 s")
    func loadsDoNotStall() throws {
        let text = """
            name: hangs
            datacenters:
              dc1: {servers: 1}
            steps:
              - name: up
                do: [{start: all}]
                expect: [{leader: dc1}]
              - name: frozen
                do:
                  - {load: r, kind: kv-read, through: servers, rate: 10}
                  - {freeze: dc1-s1}
                  - {wait: 30s}
                  - {continue: dc1-s1}
                  - {wait: 5s}
              - name: over
                do: [{finish: r}]
                expect: [{error-rate: r, below: 20%}]
            """
        let report = try run(text)
        let (isPassed, shown) = (report.isPassed, report.text)
        #expect(isPassed, "\(shown)")
        // Six or seven hung for 5 s each; then ten a second.
        let counts = shown.split(separator: " ").compactMap { Int($0) }
        #expect(shown.contains("6 failed") || shown.contains("7 failed"), "\(shown)")
        #expect(counts.contains { (45...60).contains($0) }, "\(shown)")
    }

    @Test func aReplayStopsWhereItIsToldAndShowsEvents() throws {
        let events = Collected()
        let report = try run(Self.failing) { options in
            options.until = .seconds(8)
            options.tracer = { events.add($0) }
        }
        #expect(report.violations.isEmpty)
        #expect(report.duration <= .seconds(8) + .milliseconds(1))
        let kinds = Set(events.all.map(\.kind))
        #expect(kinds.isSuperset(of: [.datagram, .stream, .lost, .disk, .client, .leader, .fault, .step, .verdict]))
        #expect(events.all.contains { $0.text.hasPrefix("leads in term") && $0.datacenter == "dc1" })
        // Watching changes nothing.
        #expect(report.hash == (try run(Self.failing) { $0.until = .seconds(8) }).hash)
    }

    @Test("Actions of every kind do what they say", arguments: [
        """
        - name: a server leaves and another is told that it has
          do: [{start: all}]
          expect: [{leader: dc1, within: 20s}, {members: 3, pool: lan, from: dc1, within: 20s}]
        - name: leave
          do: [{leave: dc1-s3}]
          expect: [{seen: dc1-s3, pool: lan, status: left, from: dc1-s1, within: 15s},
                   {stopped: dc1-s3, within: 15s}]
        - name: killed and forced
          do: [{restart: dc1-s3}]
          expect: [{members: 3, pool: lan, from: dc1-s1, within: 20s}]
        """,
        """
        - name: keys come and go
          do: [{start: all}, {wait: 1s}, {put: a/b, value: x y, at: dc1-s1}]
          expect: [{key: a/b, value: x y, from: dc1, mode: consistent}]
        - name: deleted
          do: [{delete: a/b, at: dc1-s2}]
          expect: [{key: a/b, absent: true, from: dc1, mode: stale}]
        """,
        """
        - name: a full disk refuses writes until it is mended
          do: [{start: all}, {load: w, through: servers, rate: 20}, {wait: 2s}, {full-disk: servers}, {wait: 2s}]
          expect: [{error-rate: w, below: 90%, within: 5s}]
        - name: mended
          do: [{mend-disk: servers}]
          expect: [{writes: w, within: 5s}]
        - name: nothing is lost
          do: [{finish: w}]
          expect: [{nothing-lost: w, from: servers}]
        """,
        """
        - name: unsynced writes are lost with the power, acknowledged ones are not
          do: [{start: all}, {load: w, through: servers, rate: 50}, {wait: 2s}, {kill: servers}]
          expect: [{stopped: servers}]
        - name: back
          do: [{restart: servers, disk: unsynced-lost}]
          expect: [{writes: w, within: 10s}]
        - name: nothing is lost
          do: [{finish: w}]
          expect: [{nothing-lost: w, from: servers, within: 20s}]
        """,
        """
        - name: clocks drift and jump
          do: [{start: all}, {load: w, through: servers, rate: 20}, {clock-skew: dc1-s1, rate: 1.01},
               {clock-jump: dc1-s2, by: 30s}, {wait: 5s}]
          expect: [{writes: w, within: 10s}]
        - name: one after the other
          do: [{rolling-restart: servers, pause: 1s}, {finish: w}]
          expect: [{nothing-lost: w, from: servers, within: 20s}]
        """,
    ])
    func actions(steps: String) throws {
        let text = "name: actions\ndatacenters:\n  dc1: {servers: 3}\nsteps:\n"
            + steps.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n")
        for seed: UInt64 in 1...3 {
            let report = try run(text, seed: seed)
            let (isPassed, text) = (report.isPassed, report.text)
            #expect(isPassed, "seed \(seed)\n\(text)")
        }
    }
}

/// Events of one run.
final class Collected: @unchecked Sendable {
    // A run is on one thread.
    private(set) var all: [TraceEvent] = []

    func add(_ event: TraceEvent) { all.append(event) }
}
