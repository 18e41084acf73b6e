import CatalogCore
import Determinism
import FederationModel
import Testing

/// Draws commands over few names, so that they meet.
private func draw(_ random: inout SeededRandom) -> Command {
    let node = ["a", "b", "C"].randomElement(using: &random) ?? "a"
    let service = ["web", "Web", "web2", "db"].randomElement(using: &random) ?? "web"
    let length = Int.random(in: 1...4, using: &random)
    let key = ByteString((0..<length).map { _ in [97, 98, 47].randomElement(using: &random) ?? 97 })
    switch Int.random(in: 0..<12, using: &random) {
    case 0..<4:
        let op = ["set", "set", "set", "delete", "delete-tree", "cas"].randomElement(using: &random) ?? "set"
        return .kvs(KVSRequest(op: op, dirEnt: DirEntry(key: key, value: ByteString("\(random.next() % 3)"))))
    case 4..<7:
        let tags = ["x", "y", "z"].filter { _ in Bool.random(using: &random) }
        let id = random.chance(0.3) ? "4\(node == "a" ? "0" : "1")e4a748-2192-161a-0510-9bf59fe950b5" : ""
        let meta = ["k": "\(random.next() % 2)", "l": "v"]
        return .register(
            RegisterRequest(
                id: id, node: node, address: "192.0.2.1", nodeMeta: meta,
                service: NodeService(id: "s\(random.next() % 3)", service: service, tags: tags)))
    case 7..<10:
        let status = ["passing", "critical", ""].randomElement(using: &random) ?? ""
        let owner = random.chance(0.5) ? "s\(random.next() % 3)" : ""
        let check = HealthCheck(checkID: "c\(random.next() % 3)", status: status, serviceID: owner)
        return .register(RegisterRequest(node: node, address: "192.0.2.1", checks: [check], skipNodeUpdate: true))
    case 10:
        let service = random.chance(0.5) ? "s\(random.next() % 3)" : ""
        let check = random.chance(0.5) ? "c\(random.next() % 3)" : ""
        return .deregister(DeregisterRequest(node: node, serviceID: service, checkID: check))
    default:
        let vector = (0..<8).map { _ in Double.random(in: 0..<1, using: &random) }
        return .coordinateBatch([Coordinate(node: node, coord: SerfCoordinate(vec: vector, height: 0.1))])
    }
}

@Suite struct SnapshotTests {
    @Test("A restored catalog is the same catalog, and stays so", arguments: [21, 22, 23, 24, 25] as [UInt64])
    func roundTrip(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var live = Catalog()
        var restored = Catalog()
        for step in UInt64(1)...600 {
            let command = draw(&random)
            let decoded = try Command(decoding: command.encode())
            #expect(decoded == command)
            let left = live.apply(command, at: step)
            let right = restored.apply(decoded, at: step)
            #expect(left == right, "seed \(seed) step \(step)")
            let leftTouched = live.takeTouched()
            let rightTouched = restored.takeTouched()
            #expect(leftTouched == rightTouched, "seed \(seed) step \(step)")
            guard step % 20 == 0 else { continue }
            let bytes = live.snapshot()
            #expect(bytes == restored.snapshot(), "seed \(seed) step \(step)")
            #expect(live.digest() == restored.digest())
            restored = try Catalog(snapshot: bytes)
            #expect(restored.snapshot() == bytes, "seed \(seed) step \(step)")
            compare(live, restored, seed)
        }
    }

    private func compare(_ live: Catalog, _ restored: Catalog, _ seed: UInt64) {
        var reads: [Request] = [
            .catalogListNodes(DCSpecificRequest()), .catalogListServices(DCSpecificRequest()),
            .catalogListServices(DCSpecificRequest(nodeMetaFilters: ["k": "1"])),
            .coordinateListNodes(DCSpecificRequest()),
        ]
        for state in ["any", "passing", "critical", "warning"] {
            reads.append(.healthChecksInState(ChecksInStateRequest(state: state)))
        }
        for name in ["web", "web2", "db", "none"] {
            let request = ServiceSpecificRequest(serviceName: name)
            reads += [.catalogServiceNodes(request), .healthServiceNodes(request), .healthServiceChecks(request)]
        }
        for name in ["a", "b", "c", "d"] {
            let request = NodeSpecificRequest(node: name)
            reads += [.catalogNodeServices(request), .healthNodeChecks(request), .coordinateNode(request)]
        }
        for prefix in ["", "a", "b", "/", "a/", "ab", "aab", "b/a", "bb"] as [ByteString] {
            reads += [.kvsGet(KeyRequest(key: prefix)), .kvsList(KeyRequest(key: prefix))]
            reads.append(.kvsListKeys(KeyListRequest(prefix: prefix, seperator: "/")))
        }
        for read in reads {
            let left = live.answer(read, datacenter: "dc1")
            let right = restored.answer(read, datacenter: "dc1")
            #expect(left?.response == right?.response, "seed \(seed) \(read.method)")
            #expect(left?.watch == right?.watch)
        }
    }

    @Test func bytesFromElsewhereAreRefusedWithoutATrap() throws {
        var random = SeededRandom(seed: 77)
        var catalog = Catalog()
        for step in UInt64(1)...120 { _ = catalog.apply(draw(&random), at: step) }
        let bytes = catalog.snapshot()
        #expect(throws: (any Error).self) { try Catalog(snapshot: []) }
        #expect(throws: (any Error).self) { try Catalog(snapshot: [99]) }
        #expect(throws: (any Error).self) { try Catalog(snapshot: bytes + [0]) }
        for length in stride(from: 0, to: bytes.count, by: 37) {
            #expect(throws: (any Error).self) { try Catalog(snapshot: Array(bytes[..<length])) }
        }
        for _ in 0..<400 {
            var mutated = bytes
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                mutated[Int.random(in: 1..<mutated.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            guard var other = try? Catalog(snapshot: mutated) else { continue }
            // Whatever was accepted must hold together.
            for step in UInt64(200)...210 { _ = other.apply(draw(&random), at: step) }
            _ = other.snapshot()
        }
    }

    @Test func commandBytesNeverTrap() {
        #expect(throws: CommandError.empty) { try Command(decoding: []) }
        #expect(throws: CommandError.unknownType(200)) { try Command(decoding: [200, 0x80]) }
        var random = SeededRandom(seed: 5)
        var catalog = Catalog()
        for step in UInt64(1)...1500 {
            var bytes = draw(&random).encode()
            bytes[Int.random(in: 1..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            if let command = try? Command(decoding: bytes) { _ = catalog.apply(command, at: step) }
        }
        #expect((try? Catalog(snapshot: catalog.snapshot())) != nil)
    }
}
