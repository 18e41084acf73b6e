import Determinism
import Testing
import YAMLReader

@testable import TopologyCore

struct TopologyLinkTests {
    private let text = """
        name: t
        seed: 3
        parameters:
          loss: {from: 0%, to: 2%}
          wait: {from: 1s, to: 9s}
          count: {from: 1, to: 9}
          word: {one-of: [dc1, dc2, dc3]}
        datacenters: {dc1: {servers: 2, clients: 1}, dc2: {servers: 1}, dc3: {servers: 1}}
        links:
          inside: {latency: 1ms}
          between: {latency: 10ms..40ms, loss: 1%}
          pairs:
            - {between: [dc1, dc3], latency: {median: 80ms, p99: 200ms}, jitter: 5ms, bandwidth: 10mbit}
            - {from: dc1, to: dc2, loss: 10%}
            - {from: dc1-s2, to: [dc2, dc3], loss: $loss, duplicate: 0.5%}
        schedule:
          - {at: $wait, do: [{kill: "servers of ${word}"}, {put: $word, value: "$$5-$count", at: dc1}]}
        """

    private func read(_ text: String) throws -> Topology { try TopologyReader.read(try YAMLText.read(text)) }

    @Test("The last rule that sets a value decides, for its direction")
    func rules() throws {
        let topology = try read(text)
        let near = topology.link(from: "dc1-s1", to: "dc1-c1")
        #expect(near.latency == .fixed(.milliseconds(1)))
        #expect(near.loss == Topology.Link.inside.loss)
        let there = topology.link(from: "dc1-s1", to: "dc2-s1")
        let back = topology.link(from: "dc2-s1", to: "dc1-s1")
        #expect(there.latency == .range(.milliseconds(10), .milliseconds(40)))
        #expect((there.loss, back.loss) == (0.1, 0.01))
        let far = topology.link(from: "dc3-s1", to: "dc1-s1")
        #expect(far.latency == .distribution(median: .milliseconds(80), p99: .milliseconds(200)))
        #expect((far.jitter, far.bandwidth, far.loss) == (.milliseconds(5), 10_000_000, 0.01))
        #expect(topology.link(from: "dc1-s2", to: "dc3-s1").duplicate == 0.005)
        #expect(topology.link(from: "dc1-s1", to: "dc3-s1").duplicate == 0)
        #expect(far.description == "80ms (p99 200ms) ±5ms, 1% lost, 10mbit")
    }

    @Test("A distribution has its median and its 99th percentile", arguments: [1, 2, 3] as [UInt64])
    func distribution(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let latency = Topology.Latency.distribution(median: .milliseconds(80), p99: .milliseconds(200))
        let draws = (0..<20_000).map { _ in latency.draw(using: &random) }.sorted()
        // 20,000 draws: the median's error is below 1 %, that of the 99th percentile below 3 %.
        #expect(abs(draws[10_000].inSeconds - 0.080) < 0.002, "seed \(seed)")
        #expect(abs(draws[19_800].inSeconds - 0.200) < 0.012, "seed \(seed)")
        #expect(draws[0] > .milliseconds(20))
        #expect(draws[19_999] < .milliseconds(700))
    }

    @Test("Delays stay within latency and jitter, and are never negative")
    func delay() {
        var random = SeededRandom(seed: 4)
        var link = Topology.Link(latency: .fixed(.milliseconds(2)), jitter: .milliseconds(5))
        for _ in 0..<1000 {
            let delay = link.drawDelay(using: &random)
            #expect(delay >= .zero && delay <= .milliseconds(7))
        }
        link.jitter = .zero
        #expect(link.drawDelay(using: &random) == .milliseconds(2))
    }

    @Test("A seed draws the same parameters again, another seed others, each within its range")
    func parameters() throws {
        let topology = try read(text)
        #expect(topology.seed == 3)
        #expect(topology == (try read(text)))
        var seen: [String: Set<String>] = [:]
        for seed in 1...40 as ClosedRange<UInt64> {
            let drawn = try topology.drawn(seed: seed)
            #expect(drawn == (try topology.drawn(seed: seed)))
            #expect(drawn.seed == seed)
            for parameter in drawn.parameters { seen[parameter.name, default: []].insert(parameter.value) }
            let loss = drawn.link(from: "dc1-s2", to: "dc2-s1").loss
            #expect(loss >= 0 && loss <= 0.02)
            guard case .at(let time) = drawn.schedule[0].trigger else { continue }
            #expect(time >= .seconds(1) && time <= .seconds(9))
            #expect(time.wholeNanoseconds.isMultiple(of: 1_000_000))
        }
        #expect(seen["word"] == ["dc1", "dc2", "dc3"])
        #expect((seen["count"]?.count ?? 0) >= 7)
        #expect((seen["loss"]?.count ?? 0) > 30)
    }

    @Test("A parameter stands anywhere in a value; two dollars are one")
    func substitution() throws {
        let drawn = try read(text).drawn(seed: 1)
        let values = Dictionary(uniqueKeysWithValues: drawn.parameters.map { ($0.name, $0.value) })
        let (word, count) = (values["word"] ?? "", values["count"] ?? "")
        #expect(
            drawn.schedule[0].actions.map(\.kind) == [
                .kill(.serversOf(word), alias: nil),
                .put(key: word, value: "$5-\(count)", at: .datacenter("dc1"), datacenter: ""),
            ])
    }

    @Test("Adding a parameter leaves the draws of the others")
    func independence() throws {
        let more = text.replacing("  wait: {from", with: "  more: {from: 1, to: 9}\n  wait: {from")
            .replacing("value: \"", with: "value: \"$more")
        let (one, two) = (try read(text).drawn(seed: 9), try read(more).drawn(seed: 9))
        #expect(one.parameters.map(\.value) == two.parameters.filter { $0.name != "more" }.map(\.value))
    }
}
