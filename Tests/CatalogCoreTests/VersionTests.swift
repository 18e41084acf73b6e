import CatalogCore
import Determinism
import FederationModel
import Testing

@Suite struct VersionTests {
    private static let reads: [Request] =
        ["a", "b", "c"].flatMap { name in
            [
                .kvsGet(KeyRequest(key: ByteString(name))),
                .healthServiceNodes(ServiceSpecificRequest(serviceName: name)),
                .healthServiceNodes(ServiceSpecificRequest(serviceName: name, serviceTags: ["x"], tagFilter: true)),
                .catalogServiceNodes(ServiceSpecificRequest(nodeMetaFilters: ["rack": "1"], serviceName: name)),
            ]
        } + [.catalogListServices(DCSpecificRequest())]

    /// The whole use of versions: an answer that was kept may be given again.
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func equalVersionsMeanEqualAnswers(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var bench = Bench()
        var kept: [Int: (version: UInt64, response: Response)] = [:]
        var hitCount = 0
        for step in 0..<400 {
            change(&bench, &random)
            for (number, read) in Self.reads.enumerated() {
                guard let version = bench.catalog.version(of: read),
                    let response = bench.catalog.answer(read, datacenter: "dc1")?.response
                else { continue }
                if let old = kept[number], old.version == version {
                    hitCount += 1
                    #expect(old.response == response, "seed \(seed), step \(step): \(read)")
                }
                kept[number] = (version, response)
            }
        }
        #expect(hitCount > 1000, "seed \(seed)")
    }

    private func change(_ bench: inout Bench, _ random: inout SeededRandom) {
        func one(_ words: [String]) -> String { words.randomElement(using: &random) ?? "" }
        let (node, name) = (one(["n", "m", "N"]), one(["a", "b", "c", "A"]))
        let status = one(["passing", "warning", "critical"])
        switch Int.random(in: 0..<9, using: &random) {
        case 0: bench.key("set", ByteString(name), ByteString(status))
        case 1: bench.key("delete", ByteString(name), "")
        case 2:
            bench.register(
                node, service: NodeService(id: one(["1", "2"]), service: name, tags: [one(["x", "y"])], port: 80))
        case 3: bench.register(node, checks: [HealthCheck(checkID: "own", name: "own", status: status)])
        case 4:
            bench.register(
                node, checks: [HealthCheck(checkID: "c", name: "c", status: status, serviceID: one(["1", "2"]))])
        case 5: bench.register(node, address: one(["10.0.0.1", "10.0.0.2"]), meta: ["rack": one(["1", "2"])])
        case 6: bench.deregister(node, service: one(["1", "2"]))
        case 7: bench.deregister(node, check: one(["own", "c"]))
        default:
            if Int.random(in: 0..<10, using: &random) == 0 { bench.deregister(node) }
        }
    }
}
