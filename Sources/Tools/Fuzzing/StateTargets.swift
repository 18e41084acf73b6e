import CatalogCore
import Determinism
import FederationModel
import RaftCore
import SerfCore
import StorageFormat
import WireFormat

/// What a server keeps and what replicates it.
extension FuzzTarget {
    private static let ids = (1...3).map { NodeID(high: 1, low: UInt64($0)) }
    private static let cluster = ClusterID(77)
    private static let membership = Membership(
        ids.enumerated().map { position, id in
            RaftServer(
                id: id, name: "s\(position + 1)", endpoint: Endpoint(IPAddress(127, 0, 0, UInt8(position + 1)), 8300),
                suffrage: .voter)
        })

    private static let commands: [Command] = [
        .register(SampleRequests.register), .deregister(DeregisterRequest(datacenter: "dc1", node: "n1")),
        .kvs(SampleRequests.put("a/b")), .kvs(SampleRequests.put("a/", "delete-tree")),
        .coordinateBatch([Coordinate(node: "n1", coord: SerfCoordinate())]),
    ]

    private static let entries: [LogEntry] = {
        let kinds: [(LogEntry.Kind, [UInt8])] =
            [(.identity, [0, 0, 0, 0, 0, 0, 0, 77]), (.membership, membership.encoded), (.noop, [])]
            + commands.map { (.command, $0.encode()) }
        return kinds.enumerated().map { position, kind in
            LogEntry(term: Term(1), index: LogIndex(UInt64(position + 1)), kind: kind.0, data: kind.1)
        }
    }()

    private static let metadata = SnapshotMetadata(
        index: LogIndex(3), term: Term(1), membership: membership, membershipIndex: LogIndex(2), clusterID: cluster)

    static func stateTargets() -> [FuzzTarget] {
        let identity = FileIdentity(clusterID: cluster, datacenter: "dc1", nodeID: ids[0])
        let serf = Array("alive: a 127.0.0.1:8301\nalive: b [::1]:8301\nclock: 7\nevent-clock: 8\nleave\n".utf8)
        return [
            raftMessages, raftNode(), log(identity), snapshotFile(identity), catalogCommands(), catalogSnapshot,
            FuzzTarget("serf-snapshot", [serf]) { input, random in
                _ = SnapshotReplay(input, rejoinsAfterLeave: Bool.random(using: &random))
            },
        ]
    }

    // MARK: Raft

    private static let bodies: [RaftMessage.Body] = [
        .voteRequest(VoteRequest(isPreVote: true, isTransfer: false, lastIndex: LogIndex(8), lastTerm: Term(1))),
        .voteRequest(VoteRequest(isPreVote: false, isTransfer: true, lastIndex: LogIndex(8), lastTerm: Term(1))),
        .voteAnswer(VoteAnswer(isPreVote: true, isGranted: true)),
        .voteAnswer(VoteAnswer(isPreVote: false, isGranted: true)),
        .append(
            AppendEntries(
                previousIndex: LogIndex(3), previousTerm: Term(1), commitIndex: LogIndex(4), round: 1,
                entries: Array(entries.suffix(5)))),
        .appendAnswer(AppendAnswer(round: 1, result: .accepted(through: LogIndex(8)))),
        .appendAnswer(
            AppendAnswer(
                round: 1, result: .rejected(previous: LogIndex(8), hintIndex: LogIndex(2), hintTerm: Term(1)))),
        .heartbeat(Heartbeat(round: 2, commitIndex: LogIndex(5), lastSent: LogIndex(8))),
        .heartbeatAnswer(HeartbeatAnswer(round: 2, lastIndex: LogIndex(8), isMissingEntries: true)),
        .snapshotChunk(
            SnapshotChunk(
                round: 3,
                metadata: SnapshotMetadata(
                    index: LogIndex(20), term: Term(1), membership: membership, membershipIndex: LogIndex(2),
                    clusterID: cluster), totalBytes: 4, offset: 0, data: [1, 2, 3, 4])),
        .snapshotAnswer(SnapshotAnswer(round: 3, index: LogIndex(20), offset: 4)), .timeoutNow,
    ]

    private static let messages: [[UInt8]] = bodies.flatMap { body in
        [1, 2].flatMap { term in
            ids.dropFirst().map {
                RaftMessage(clusterID: cluster, from: $0, to: ids[0], term: Term(term), body: body).encode()
            }
        }
    }

    private static var raftMessages: FuzzTarget {
        FuzzTarget("raft-message", messages) { input, _ in
            guard let message = try? RaftMessage(decoding: input) else { return }
            guard let again = try? RaftMessage(decoding: message.encode()), again == message else {
                throw Finding("changed by a round trip")
            }
        }
    }

    /// A server of a peer set of three that hears nothing but lies. Begun anew after some hundred of them.
    private static func raftNode() -> FuzzTarget {
        var node: RaftNode?
        var heardCount = 0
        var now = Instant.zero
        return FuzzTarget("raft-node", messages) { input, random in
            guard let message = try? RaftMessage(decoding: input) else { return }
            if heardCount.isMultiple(of: 300) {
                let recovery = RaftRecovery(
                    hardState: HardState(term: Term(1)), snapshot: nil, entries: entries, commitIndex: LogIndex(3))
                node = RaftNode(
                    id: ids[0], configuration: RaftConfiguration(), recovered: recovery, now: now,
                    random: random.split())
            }
            heardCount += 1
            now += .milliseconds(Int.random(in: 0..<400, using: &random))
            node?.handle(message, at: now)
            node?.advance(to: now)
            while let ready = node?.takeReady() {
                if let last = ready.committed.last { node?.applied(through: last.index) }
                if let snapshot = ready.installSnapshot { node?.installed(snapshot.metadata, at: now) }
                if ready.batch != nil { node?.persisted(through: ready.sequence, at: now) }
                if ready.wantsSnapshot { node?.provideSnapshot(metadata, data: [1, 2, 3], at: now) }
            }
        }
    }

    // MARK: Files

    private static func log(_ identity: FileIdentity) -> FuzzTarget {
        var (writer, bytes) = SegmentWriter.begin(
            identity: identity, sequence: 1, hardState: HardState(term: Term(1), votedFor: ids[1]))
        bytes += writer.encode(WriteBatch(entries: Array(entries.prefix(4))))
        bytes += writer.encode(WriteBatch(hardState: HardState(term: Term(2)), truncateFrom: LogIndex(4)))
        bytes += writer.encode(WriteBatch(entries: Array(entries[3...])))
        return FuzzTarget("log-segment", [bytes, bytes + [UInt8](repeating: 0, count: 4096)]) { input, random in
            let input = Bool.random(using: &random) ? Reseal.file(input) : input
            var replay = LogReplay(expecting: identity)
            guard (try? replay.read(input, file: "log", isLast: true)) != nil else { return }
            let contents = try? replay.contents(snapshot: Bool.random(using: &random) ? metadata : nil)
            _ = contents.map { LogOutline($0.recovery) }
        }
    }

    private static func snapshotFile(_ identity: FileIdentity) -> FuzzTarget {
        let bytes = SnapshotWriter.encode(metadata, data: SampleRequests.catalog.snapshot(), identity: identity)
        return FuzzTarget("snapshot-file", [bytes]) { input, random in
            let input = Bool.random(using: &random) ? Reseal.file(input) : input
            _ = try? SnapshotFile(input, file: "snapshot", expecting: identity)
        }
    }

    // MARK: Catalog

    private static func catalogCommands() -> FuzzTarget {
        var catalog = Catalog()
        var index: UInt64 = 0
        return FuzzTarget("catalog-command", commands.map { $0.encode() }) { input, _ in
            guard let command = try? Command(decoding: input) else { return }
            index += 1
            _ = catalog.apply(command, at: index)
            _ = catalog.takeTouched()
            guard index.isMultiple(of: 64) else { return }
            guard let copy = try? Catalog(snapshot: catalog.snapshot()), copy.digest() == catalog.digest() else {
                throw Finding("the snapshot of a catalog cannot be read")
            }
            if index.isMultiple(of: 512) { catalog = Catalog() }
        }
    }

    private static var catalogSnapshot: FuzzTarget {
        FuzzTarget("catalog-snapshot", [SampleRequests.catalog.snapshot(), Catalog().snapshot()]) { input, _ in
            guard var catalog = try? Catalog(snapshot: input) else { return }
            let index = catalog.appliedIndex < .max - 10 ? catalog.appliedIndex + 1 : 1
            for (position, command) in commands.enumerated() {
                _ = catalog.apply(command, at: index + UInt64(position))
            }
            for request in SampleRequests.all { _ = catalog.answer(request, datacenter: "dc1") }
            guard (try? Catalog(snapshot: catalog.snapshot())) != nil else {
                throw Finding("what was read cannot be written and read again")
            }
        }
    }
}

/// Gives changed files their checksums back, so that what lies behind them is read.
private enum Reseal {
    static func file(_ input: [UInt8]) -> [UInt8] {
        var bytes = input
        guard bytes.count >= 52 else { return bytes }
        let headerCount = aligned(48 + Int(bytes[13]) + 4)
        guard bytes.count >= headerCount else { return bytes }
        let seed = Checksum.crc32(bytes, in: 0..<headerCount - 4)
        put(seed, in: &bytes, at: headerCount - 4)
        var position = headerCount
        while position + 17 <= bytes.count {
            let count = (0..<4).reduce(0) { $0 | Int(bytes[position + 4 + $1]) << (8 * $1) }
            let end = position + aligned(17 + count)
            guard end <= bytes.count else { break }
            put(Checksum.crc32(bytes, in: position + 4..<end, seed: seed), in: &bytes, at: position)
            position = end
        }
        return bytes
    }

    private static func aligned(_ count: Int) -> Int { (count + 7) / 8 * 8 }

    private static func put(_ number: UInt32, in bytes: inout [UInt8], at position: Int) {
        for place in 0..<4 { bytes[position + place] = UInt8(truncatingIfNeeded: number >> UInt32(8 * place)) }
    }
}
