import Testing

@testable import TopologyCore

struct LinkChangeTests {
    private func changes(_ kind: TopologyAction.Kind) -> [LinkChange] {
        kind.linkChanges { selector in
            switch selector {
            case .datacenter("a"): ["a1", "a2"]
            case .list(let parts): parts.map(\.description)
            default: [selector.description]
            }
        }
    }

    private let a = TopologySelector.datacenter("a")
    private let b = TopologySelector.named("b")
    private let c = TopologySelector.named("c")
    private let d = TopologySelector.named("d")

    @Test("A partition cuts both ways, a bridge is left out of it, a ring keeps neighbours")
    func groups() {
        #expect(
            changes(.partition([a, b])) == [.cut(from: ["a1", "a2"], to: ["b"]), .cut(from: ["b"], to: ["a1", "a2"])])
        #expect(
            changes(.bridge(.named("a2"), between: [a, b])) == [
                .cut(from: ["a1"], to: ["b"]), .cut(from: ["b"], to: ["a1"]),
            ])
        #expect(
            changes(.ring([.named("x"), b, c, d])) == [
                .cut(from: ["x"], to: ["c"]), .cut(from: ["b"], to: ["d"]), .cut(from: ["c"], to: ["x"]),
                .cut(from: ["d"], to: ["b"]),
            ])
    }

    @Test("Directions are one way unless they say between")
    func directions() {
        let oneWay = TopologyAction.Direction(from: b, to: c, isBothWays: false)
        let both = TopologyAction.Direction(from: b, to: c, isBothWays: true)
        #expect(changes(.cut(oneWay)) == [.cut(from: ["b"], to: ["c"])])
        #expect(changes(.heal(both)) == [.mend(from: ["b"], to: ["c"]), .mend(from: ["c"], to: ["b"])])
        #expect(changes(.heal(nil)) == [.mendAll])
        #expect(changes(.unclog(nil)) == [.unclogAll])
        #expect(changes(.unclog(oneWay)) == [.unclog(from: ["b"], to: ["c"])])
        #expect(changes(.wait(.seconds(1))) == [])
    }
}
