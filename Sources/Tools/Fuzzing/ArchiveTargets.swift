import CatalogCore
import DNSCore
import Determinism
import FederationModel
import FilterCore
import Gzip
import Patterns
import WireFormat

/// What people bring: filter expressions, snapshot archives; and what recursors answer.
extension FuzzTarget {
    static func archiveTargets() -> [FuzzTarget] {
        var targets = [filter, archive, packedArchive, snapshotState]
        if let target = recursorAnswers() { targets.append(target) }
        return targets
    }

    private static let expressions = [
        #"Service == "web" and Port != 80"#, #"not (Meta.k == "v" or "a" in Tags) and Tags is not empty"#,
        #"Service.Meta["a b"] matches "^v[0-9]+$" or Node.TaggedAddresses.lan contains "10.""#,
        #"Checks.Status not in ["a"]"#, #"Service.Weights.Passing == 10 and (Node.Node == a or Node.ID is empty)"#,
        #"Service.Proxy.Upstreams.DestinationName == `x` and Service.EnableTagOverride == true"#,
        #""a" not in Service.Tags and Service.Address not matches "(a|b)*?c{2,9}""#,
    ]

    /// Read for two kinds of rows, and asked of each.
    private static var filter: FuzzTarget {
        FuzzTarget("filter", texts: expressions) { input, _ in
            let text = String(decoding: input, as: UTF8.self)
            if let filter = try? Filter<NodeService>(text, patterns: .re2) {
                _ = filter.matches(SampleRequests.register.service ?? NodeService(service: "web"))
            }
            guard let filter = try? Filter<CheckServiceNode>(text, patterns: .re2) else { return }
            let node = Node(node: "n1", address: "10.0.0.1", taggedAddresses: ["lan": "10.0.0.1"], meta: ["k": "v"])
            let check = HealthCheck(node: "n1", checkID: "c", status: "passing", serviceTags: ["a"])
            _ = filter.matches(CheckServiceNode(node: node, service: NodeService(service: "web"), checks: [check]))
        }
    }

    private static let state = ConsulSnapshot.encode(SampleRequests.catalog, datacenter: "dc1")

    private static let tar: [UInt8] = {
        var meta = SnapshotArchive.Meta()
        (meta.id, meta.index, meta.term) = ("2-7-1", 7, 2)
        meta.servers = [(id: "a", address: "127.0.0.1:8300")]
        return SnapshotArchive(meta: meta, state: state).tar(time: 1_600_000_000)
    }()

    /// What is read is written and read again alike.
    private static var archive: FuzzTarget {
        FuzzTarget("archive", [tar]) { input, _ in
            guard let archive = try? SnapshotArchive(tar: input) else { return }
            guard let again = try? SnapshotArchive(tar: archive.tar(time: 0)), again.state == archive.state else {
                throw Finding("an archive that was read cannot be written")
            }
            _ = try? ConsulSnapshot.decode(archive.state)
        }
    }

    private static var packedArchive: FuzzTarget {
        FuzzTarget("packed-archive", [GzipCodec.zlib.pack(tar) ?? []]) { input, _ in
            guard let tar = try? GzipCodec.zlib.unpack(input) else { return }
            _ = try? SnapshotArchive(tar: tar)
        }
    }

    /// Without the archive's checksums in the way.
    private static var snapshotState: FuzzTarget {
        FuzzTarget("snapshot-state", [state]) { input, _ in
            guard let contents = try? ConsulSnapshot.decode(input) else { return }
            let written = ConsulSnapshot.encode(contents.catalog, datacenter: "dc1")
            guard (try? ConsulSnapshot.decode(written)) != nil else {
                throw Finding("a state that was read cannot be written")
            }
            guard (try? Catalog(snapshot: contents.catalog.snapshot())) != nil else {
                throw Finding("a state that was read has no snapshot")
            }
        }
    }

    /// Follows an alias with whatever comes back.
    private static func recursorAnswers() -> FuzzTarget? {
        var context = DNSContext(datacenter: "dc1")
        context.hasRecursors = true
        guard let front = DNSFrontEnd(context: context) else { return nil }
        var question: [UInt8] = [0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]
        for label in ["far", "service", "consul"] { question += [UInt8(label.utf8.count)] + Array(label.utf8) }
        question += [0, 0, 1, 0, 1] as [UInt8]
        guard case .query(_, let rendering) = front.plan(question, .udp) else { return nil }
        let row = CheckServiceNode(
            node: Node(node: "n", address: "10.0.0.1"), service: NodeService(service: "far", address: "a.example"))
        let results: [Result<Response, FederationError>] = [
            .success(.checkServiceNodes(IndexedCheckServiceNodes(nodes: [row])))
        ]
        // `a.example`, an alias of `b.example` with one address.
        var answer: [UInt8] = [0, 7, 0x81, 0x80, 0, 1, 0, 2, 0, 0, 0, 0, 1, 97, 7]
        answer += Array("example".utf8)
        answer += [0, 0, 1, 0, 1, 0xC0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 4, 1, 98, 0xC0, 14] as [UInt8]
        answer += [0xC0, 39, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 1, 2, 3] as [UInt8]
        return FuzzTarget("recursor", [answer]) { input, random in
            var aliases = DNSAliases()
            front.follow(rendering, results, &aliases)
            var count = 0
            while let step = front.followNext(&aliases, random: &random) {
                count += 1
                guard count <= 64 else { throw Finding("aliases are followed without end") }
                guard case .recurse = step else { return }
                front.learn(input, &aliases)
            }
            guard front.render(rendering, results, aliases, random: &random).count <= 512 else {
                throw Finding("a longer answer than the asker takes")
            }
        }
    }
}
