import Testing
import TopologyCore
import TopologyRunner

struct BehaviourTextTests {
    @Test(
        "A behaviour survives its way through a command line",
        arguments: [
            Topology.Behaviour(from: .seconds(5), kind: .steady(.answer(status: 500, delay: .zero, body: nil))),
            .init(from: .zero, kind: .steady(.answer(status: 200, delay: .milliseconds(50), body: "all is well"))),
            .init(from: .zero, kind: .steady(.answer(status: 200, delay: .zero, body: ""))),
            .init(from: .milliseconds(1), kind: .steady(.hang)), .init(from: .seconds(9), kind: .steady(.reset)),
            .init(from: .seconds(20), kind: .flap(.seconds(2))),
        ])
    func roundTrip(_ behaviour: Topology.Behaviour) {
        #expect(BehaviourText.behaviour(BehaviourText.text(behaviour)) == behaviour)
    }

    @Test(
        "Anything else is refused",
        arguments: [
            "", "5", "x hang", "-1 hang", "1 hang 2", "1 sing", "1 flap", "1 flap 0", "1 flap x", "1 answer 200",
            "1 answer 99 0", "1 answer 200 -1", "99999999999999999999 hang",
        ])
    func refused(_ text: String) { #expect(BehaviourText.behaviour(text) == nil) }
}
