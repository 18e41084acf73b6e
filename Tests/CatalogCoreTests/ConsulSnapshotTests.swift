import CatalogCore
import FederationModel
import Testing

@Suite struct ConsulSnapshotTests {
    private func filled() -> Bench {
        var bench = Bench()
        let check = HealthCheck(checkID: "c", name: "c", status: "passing", serviceID: "s")
        bench.register("n", meta: ["rack": "1"], service: NodeService(service: "s", tags: ["t"]), checks: [check])
        bench.register("m")
        bench.session(1, checks: ["c"])
        bench.key("lock", "held", "x", session: Bench.id(1))
        bench.key("set", "plain", "y", flags: 7)
        bench.query(5, PreparedQuery(name: "q", session: Bench.id(1), service: ServiceQuery(service: "s")))
        let coordinate = SerfCoordinate(vec: [Double](repeating: 0.5, count: 8))
        bench.apply(.coordinateBatch([Coordinate(node: "n", coord: coordinate)]))
        bench.apply(.autopilot(AutopilotSetConfigRequest(config: AutopilotConfiguration(maxTrailingLogs: 9))))
        return bench
    }

    @Test("What is written in Consul's form is read back, and behaves as before") func roundTrip() throws {
        let bench = filled()
        let contents = try ConsulSnapshot.decode(ConsulSnapshot.encode(bench.catalog, datacenter: "dc1"))
        #expect(contents.skipped.isEmpty && contents.lastIndex == bench.index)
        var copy = Bench()
        copy.catalog = contents.catalog
        copy.index = bench.index
        #expect(copy.nodes()?.map(\.node) == ["m", "n"] && copy.instances("s")?.first?.serviceTags == ["t"])
        for key: ByteString in ["plain", "held"] { #expect(copy.get(key).entry == bench.get(key).entry) }
        #expect(copy.sessions() == bench.sessions())
        #expect(copy.catalog.query(Bench.id(5)) == bench.catalog.query(Bench.id(5)))
        #expect(copy.catalog.autopilotConfiguration.maxTrailingLogs == 9)
        let coordinates = Request.coordinateListNodes(DCSpecificRequest())
        guard case .coordinates(let found) = copy.answer(coordinates).response else { return #expect(Bool(false)) }
        #expect(found.coordinates?.map(\.node) == ["n"])
        #expect(found.coordinates?.first?.coord?.vec == [Double](repeating: 0.5, count: 8))
        copy.deregister("n", check: "c")
        #expect(copy.sessions().isEmpty && copy.get("held").entry?.session == "")
    }

    @Test("A restored state takes the place of everything, at the entry's index") func restore() {
        let saved = filled()
        var bench = Bench()
        bench.key("set", "later", "z")
        bench.index = 50
        #expect(bench.apply(.restore(ByteString(saved.catalog.snapshot()))) == ApplyResult())
        #expect(bench.get("later").entry == nil && bench.get("plain").entry?.value == "y")
        #expect(bench.catalog.appliedIndex == 51)
        #expect(bench.apply(.restore("nonsense")).error != nil)
        #expect(bench.get("plain").entry?.value == "y")
    }

    @Test("Records without a place are counted; a cut or a changed state is refused or read, never a trap")
    func hostile() throws {
        var bytes = ConsulSnapshot.encode(filled().catalog, datacenter: "dc1")
        // An access policy and a federation state, as empty maps.
        bytes += [19, 0x80, 30, 0x80]
        let skipped = try ConsulSnapshot.decode(bytes).skipped
        #expect(skipped.map(\.name) == ["ACL policies", "federation states"] && skipped.allSatisfy { $0.count == 1 })
        for length in stride(from: 0, to: bytes.count, by: 3) {
            _ = try? ConsulSnapshot.decode(Array(bytes[..<length]))
        }
        for position in stride(from: 0, to: bytes.count, by: 5) {
            var changed = bytes
            changed[position] ^= 0x55
            _ = try? ConsulSnapshot.decode(changed)
        }
    }
}
