import CatalogCore
import Determinism
import FederationModel
import RPCCore
import WireFormat

/// Requests as agents and servers send them.
enum SampleRequests {
    static let service = NodeService(
        id: "web-1", service: "web", tags: ["a", "b"], address: "10.0.0.1",
        taggedAddresses: ["wan": ServiceAddress(address: "1.2.3.4", port: 80)], meta: ["version": "1"], port: 8080,
        weights: Weights(passing: 1, warning: 1))

    static let check = HealthCheck(
        node: "n1", checkID: "service:web-1", name: "web", status: "passing", output: "fine", serviceID: "web-1",
        serviceName: "web")

    static let register = RegisterRequest(
        datacenter: "dc1", id: "285a758a-80bf-44f8-884e-adea5faf3e75", node: "n1", address: "10.0.0.1",
        taggedAddresses: ["lan": "10.0.0.1"], nodeMeta: ["rack": "7"], service: service, check: check, checks: [check])

    static func put(_ key: String, _ op: String = "set") -> KVSRequest {
        KVSRequest(
            datacenter: "dc1", op: op, dirEnt: DirEntry(key: ByteString(key), flags: 42, value: ByteString("value")))
    }

    static let all: [Request] = [
        .statusPing, .statusLeader(DCSpecificRequest(datacenter: "dc2")), .statusPeers(DCSpecificRequest()),
        .catalogRegister(register),
        .catalogDeregister(DeregisterRequest(datacenter: "dc1", node: "n1", serviceID: "web-1")),
        .catalogListDatacenters(DatacentersRequest()), .catalogListNodes(DCSpecificRequest(datacenter: "dc1")),
        .catalogListServices(DCSpecificRequest(datacenter: "dc1")),
        .catalogServiceNodes(ServiceSpecificRequest(datacenter: "dc1", serviceName: "web")),
        .catalogNodeServices(NodeSpecificRequest(datacenter: "dc1", node: "n1")),
        .catalogNodeServiceList(NodeSpecificRequest(datacenter: "dc1", node: "n1")),
        .healthChecksInState(ChecksInStateRequest(datacenter: "dc1", state: "any")),
        .healthNodeChecks(NodeSpecificRequest(datacenter: "dc1", node: "n1")),
        .healthServiceChecks(ServiceSpecificRequest(datacenter: "dc1", serviceName: "web")),
        .healthServiceNodes(ServiceSpecificRequest(datacenter: "dc1", serviceName: "web")),
        .kvsApply(put("a/b")), .kvsApply(put("a/b", "delete-tree")), .kvsApply(put("a/b", "cas")),
        .kvsGet(KeyRequest(datacenter: "dc1", key: ByteString("a/b"))),
        .kvsList(KeyRequest(datacenter: "dc1", key: ByteString("a/"))),
        .kvsListKeys(KeyListRequest(datacenter: "dc1", prefix: ByteString("a/"), seperator: "/")),
        .coordinateUpdate(CoordinateUpdateRequest(datacenter: "dc1", node: "n1", coord: SerfCoordinate())),
        .coordinateListNodes(DCSpecificRequest(datacenter: "dc1")), .coordinateListDatacenters,
        .internalEventFire(EventFireRequest(datacenter: "dc1", name: "deploy", payload: ByteString("now"))),
        .isthmusPing(Ping(datacenter: "dc1", node: "n1")),
        .isthmusExplain(ExplainRequest(target: "dc2", service: "web", mode: "stale")),
    ]

    static func body(_ request: Request) -> [UInt8] {
        var writer = MessagePackWriter()
        request.encodeBody(into: &writer)
        return writer.bytes
    }

    /// A catalog that has an answer to each of them.
    static let catalog: Catalog = {
        var catalog = Catalog()
        let commands: [Command] = [.register(register), .kvs(put("a/b")), .kvs(put("a/c")), .kvs(put("z"))]
        for (position, command) in commands.enumerated() { _ = catalog.apply(command, at: UInt64(position + 1)) }
        return catalog
    }()
}

extension FuzzTarget {
    static func messageTargets(_ vectors: VectorFolder?) -> [FuzzTarget] {
        var bodies: [[UInt8]] = []
        for request in SampleRequests.all {
            var header: [UInt8] = []
            RPCHeader(method: request.method, sequence: 7).encodeRequest(into: &header)
            bodies.append(header + SampleRequests.body(request))
        }
        let packed = [[], Array("a".utf8), Array(repeating: 7, count: 9000), bodies[3] + bodies[3]].flatMap { bytes in
            LZW.Dialect.allCases.map { LZW.compress(bytes, dialect: $0) }
        }
        return [
            FuzzTarget("rpc-body", bodies + (vectors?.rpc ?? [])) { input, _ in try readBody(input) },
            FuzzTarget("rpc-answer", bodies + (vectors?.rpc ?? [])) { input, random in readAnswer(input, &random) },
            FuzzTarget("federation", federationSamples) { input, _ in try readFederation(input) },
            FuzzTarget("lzw", packed) { input, _ in
                let limit = 64 << 10
                guard let bytes = try? LZW.decompress(input, limit: limit) else { return }
                guard bytes.count <= limit else { throw Finding("\(bytes.count) bytes over the limit of \(limit)") }
            },
        ]
    }

    private static var federationSamples: [[UInt8]] {
        let entry = ReachabilityRow.Entry(
            datacenter: "dc2", verdict: .degraded, reaches: true, hears: true, roundTrip: .milliseconds(3), since: 7)
        let row = ReachabilityRow(datacenter: "dc1", server: "s1", stamp: 9, entries: [entry, entry])
        var tombstone = Tombstone(datacenter: "dc3", stamp: 5, clusterTag: "ab", isForced: false, origin: "s1")
        tombstone.servers = [Tombstone.Server(name: "s1.dc3", statusTime: 4, incarnation: 2)]
        let announcement = VerdictAnnouncement(
            observer: "dc1", server: "s1", datacenter: "dc2", verdict: .frozen, stamp: 3)
        return [
            ReachabilityRows.encode([CarriedRow(row, age: .seconds(1)), CarriedRow(row, age: .zero)]),
            TombstoneFile.encode([tombstone, tombstone]), announcement.encoded,
        ]
    }

    /// What servers tell each other of datacenters: what is read is written and read again, and stays the same.
    private static func readFederation(_ input: [UInt8]) throws {
        if let rows = try? ReachabilityRows.decode(input), !rows.isEmpty {
            let again = try? ReachabilityRows.decode(ReachabilityRows.encode(rows))
            // What does not fit is left out.
            guard let again, again.allSatisfy(rows.contains) else { throw Finding("rows changed by a round trip") }
        }
        if let tombstones = try? TombstoneFile.decode(input) {
            guard (try? TombstoneFile.decode(TombstoneFile.encode(tombstones))) == tombstones else {
                throw Finding("tombstones changed by a round trip")
            }
        }
        if let announcement = try? VerdictAnnouncement(decoding: input) {
            guard (try? VerdictAnnouncement(decoding: announcement.encoded)) == announcement else {
                throw Finding("announcement changed by a round trip")
            }
        }
    }

    /// What is read is written and read again, and stays the same.
    private static func readBody(_ input: [UInt8]) throws {
        var reader = MessagePackReader(input)
        guard let header = try? RPCHeader(decoding: &reader),
            let found = try? Request.decode(method: header.method, from: &reader)
        else { return }
        let bytes = SampleRequests.body(found)
        var again = MessagePackReader(bytes)
        guard let second = try? Request.decode(method: found.method, from: &again) else {
            throw Finding("\(found.method): its own bytes cannot be read")
        }
        guard SampleRequests.body(second) == bytes else { throw Finding("\(found.method): changed by a round trip") }
        _ = SampleRequests.catalog.answer(found, datacenter: "dc1")
    }

    private static func readAnswer(_ input: [UInt8], _ random: inout SeededRandom) {
        var reader = MessagePackReader(input)
        guard (try? RPCHeader(decoding: &reader)) != nil,
            let request = SampleRequests.all.randomElement(using: &random)
        else { return }
        _ = try? request.decodeResponse(from: &reader)
    }
}
