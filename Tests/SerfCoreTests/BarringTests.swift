import FederationModel
import SerfCore
import Testing

@Suite("Members that are not let in") struct BarringTests {
    @Test("Barred: erased at once, brought back by nobody, told of when claimed alive; admitted: in again")
    func barring() {
        var network = TestNetwork(seed: 5)
        for name in ["a.dc1", "b.dc1", "c.dc2", "x.dc3", "y.dc3"] { network.add(name) }
        for index in 1..<5 { network.join(index, [0]) }
        network.run(for: .seconds(10))
        #expect(network.pools[0].members.count == 5)
        network.give(.bar(suffix: ".dc3"), to: 0)
        #expect(network.pools[0].members.map(\.name) == ["a.dc1", "b.dc1", "c.dc2"])
        #expect(network.events[0].count { if case .memberReaped = $0 { true } else { false } } == 2)
        // The others still gossip of them, and push and pull whole states.
        for _ in 0..<90 {
            network.run(for: .seconds(1))
            #expect(network.pools[0].members.count == 3)
        }
        let claims = network.events[0].compactMap { event -> String? in
            if case .memberBarred(let member, _) = event { member.name } else { nil }
        }
        #expect(Set(claims).isSuperset(of: ["x.dc3"]) || Set(claims).isSuperset(of: ["y.dc3"]))
        network.give(.admit(suffix: ".dc3"), to: 0)
        network.join(0, [3])
        network.run(for: .seconds(5))
        #expect(network.pools[0].members.count == 5)
    }

    @Test("The own datacenter cannot be barred")
    func own() {
        var network = TestNetwork(seed: 6)
        for name in ["a.dc1", "b.dc1"] { network.add(name) }
        network.join(1, [0])
        network.run(for: .seconds(5))
        network.give(.bar(suffix: ".dc1"), to: 0)
        network.run(for: .seconds(5))
        #expect(network.pools[0].members.count == 2)
    }
}
