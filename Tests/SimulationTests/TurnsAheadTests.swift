import Determinism
import Foundation
import Simulation
import Testing
import TopologyCore
import YAMLReader

/// Turns that helpers take ahead of a run's clock: the run is the same without them.
@Suite struct TurnsAheadTests {
    /// Loads, faults of processes and links, a slow link, an agent that ends by itself.
    private static let text = """
        name: ahead
        datacenters:
          dc1: {servers: 3}
          dc2: {servers: 3, clients: 1}
          dc3: {servers: 1}
        links:
          between: {latency: 5ms..30ms, jitter: 1ms, loss: 1%}
        load:
          w: {kind: kv-write, through: servers of dc1, rate: 10, keys: 3}
          r: {kind: kv-read, of: w, through: servers of dc2, dc: dc1, mode: stale, rate: 10}
        schedule:
          - {at: 4s, do: [{freeze: dc1-s2}, {clog: {from: dc1, to: dc2, latency: 60ms}}]}
          - {at: 5s, do: [{cut: {from: dc1, to: dc3}}]}
          - {at: 6s, do: [{continue: dc1-s2}, {kill: dc2-s1}]}
          - {at: 7s, do: [{restart: dc2-s1}, {heal: true}, {unclog: {from: dc1, to: dc2}}]}
          - {at: 8s, do: [{leave: dc2-c1}]}
        steps:
          - name: up
            do: [{start: all}]
            expect: [{leader: all}, {members: 7, pool: wan, from: servers}]
        expect:
          - {at: 12s, leader: all, within: 10s}
          - {linearizable: w}
        """

    private static func run(_ turns: TurnsAhead?, seed: UInt64, _ atEvent: (@Sendable () -> Void)? = nil) throws
        -> TopologyReport
    {
        var options = TopologySimulation.Options()
        options.seed = seed
        options.turns = turns
        if let atEvent { options.tracer = { _ in atEvent() } }
        var simulation = try TopologySimulation(try TopologyReader.read(try YAMLText.read(text)), options)
        return simulation.run()
    }

    @Test("Turns are taken at drawn moments of the run", arguments: 1...3 as ClosedRange<UInt64>)
    func drawn(seed: UInt64) throws {
        let alone = try Self.run(nil, seed: seed)
        let turns = TurnsAhead(datacenterCount: 3) {}
        let helper = Drawn(turns, seed: seed)
        let helped = try Self.run(turns, seed: seed) { helper.lend() }
        #expect(helped.hash == alone.hash)
        #expect(helped.json == alone.json, "seed \(seed)")
        #expect(helper.takenCount > 400, "\(helper.takenCount) turns were taken ahead")
    }

    @Test("Turns are taken by other threads")
    func threads() throws {
        let alone = try Self.run(nil, seed: 11)
        let turns = TurnsAhead(datacenterCount: 3) { sched_yield() }
        for _ in 0..<2 { Thread.detachNewThread { turns.help { if $0 > 1000 { sched_yield() } } } }
        defer { turns.end() }
        let helped = try Self.run(turns, seed: 11)
        #expect(helped.hash == alone.hash)
        #expect(helped.json == alone.json)
    }
}

/// A helper that the run itself lends its thread, now and then. `@unchecked Sendable`: used on that thread alone.
private final class Drawn: @unchecked Sendable {
    private let turns: TurnsAhead
    private var random: SeededRandom
    private(set) var takenCount = 0

    init(_ turns: TurnsAhead, seed: UInt64) {
        self.turns = turns
        random = SeededRandom(seed: seed)
    }

    func lend() {
        while random.chance(0.6), turns.takeOne() { takenCount += 1 }
    }
}
