import Determinism
import FederationModel
import RaftCore
import Testing

struct SnapshotTests {
    @Test("Raft §7: a follower behind the log gets a snapshot and then the log", arguments: UInt64(0)..<10)
    func install(seed: UInt64) throws {
        var cluster = Cluster(seed: seed, count: 3)
        cluster.snapshotThreshold = 10
        cluster.trailingCount = Int(seed % 3)
        cluster.encodes = true
        cluster.bootstrap(1...3)
        let leader = try cluster.electLeader()
        let other = leader == 3 ? 2 : 3
        cluster.crash(other)
        try cluster.write((0..<50).map { "w\($0)" })
        cluster.restart(other)
        let isEqual = cluster.converge()
        #expect(isEqual, "\(cluster.summary)")
        #expect(cluster.texts(other) == (0..<50).map { "w\($0)" })
        #expect(cluster[other].installedCount == 1)
        #expect(cluster[other].node.membership == cluster[leader].node.membership)
        // And it is on its disk.
        cluster.crash(other)
        cluster.restart(other)
        let isEqualAgain = cluster.converge()
        #expect(isEqualAgain)
        #expect(cluster[other].installedCount == 1)
    }

    @Test("A short absence is bridged by the trailing entries, without a snapshot")
    func trailing() throws {
        var cluster = Cluster(seed: 4, count: 3)
        cluster.snapshotThreshold = 10
        cluster.trailingCount = 30
        cluster.bootstrap(1...3)
        let leader = try cluster.electLeader()
        let other = leader == 3 ? 2 : 3
        cluster.crash(other)
        try cluster.write((0..<25).map { "w\($0)" })
        cluster.restart(other)
        let isEqual = cluster.converge()
        #expect(isEqual)
        #expect(cluster[other].installedCount == 0)
    }

    @Test("A large snapshot goes in pieces, few at a time, and survives their loss", arguments: [0.0, 0.2])
    func pieces(loss: Double) throws {
        var cluster = Cluster(seed: 6, count: 3)
        cluster.bootstrap(1...3)
        let leader = try cluster.electLeader()
        let other = leader == 3 ? 2 : 3
        cluster.crash(other)
        let large = String(repeating: "x", count: 60_000)
        cluster.snapshotThreshold = 45
        // Without loss the network keeps the order, as a connection does.
        if loss == 0 { cluster.delay = .milliseconds(1)..<(.milliseconds(1)) }
        try cluster.write((0..<50).map { "\($0)" + large })
        cluster.restart(other)
        cluster.isRecording = true
        cluster.loss = loss
        let isEqual = cluster.converge(within: .seconds(30))
        #expect(isEqual, "\(cluster.summary)")
        #expect(cluster.texts(other) == cluster.texts(leader))
        let chunks = cluster.sent.compactMap { message -> SnapshotChunk? in
            if case .snapshotChunk(let chunk) = message.body { chunk } else { nil }
        }
        #expect(chunks.allSatisfy { $0.data.count <= 256 << 10 })
        #expect(chunks.count >= 10)
        if loss == 0 { #expect(chunks.reduce(0) { $0 + $1.data.count } == chunks.first?.totalBytes) }
    }

    func chunk(
        index: UInt64 = 50, term: UInt64 = 2, total: Int, offset: Int, _ data: [UInt8],
        cluster: ClusterID = Cluster.clusterID
    ) -> RaftMessage.Body {
        let metadata = SnapshotMetadata(
            index: LogIndex(index), term: Term(term), membership: Membership((1...3).map { Cluster.server($0) }),
            membershipIndex: LogIndex(2), clusterID: cluster)
        return .snapshotChunk(
            SnapshotChunk(round: 1, metadata: metadata, totalBytes: total, offset: offset, data: data))
    }

    @Test("Pieces go on where the follower stands; twice or out of order does no harm")
    func resume() throws {
        var single = SingleNode(2)
        func offsets() -> [Int] {
            single.takeSent().compactMap {
                if case .snapshotAnswer(let answer) = $0.body { answer.offset } else { nil }
            }
        }
        single.receive(chunk(total: 6, offset: 0, [1, 2]), from: 1, term: 3)
        single.receive(chunk(total: 6, offset: 4, [5, 6]), from: 1, term: 3)
        single.receive(chunk(total: 6, offset: 0, [1, 2]), from: 1, term: 3)
        single.receive(chunk(total: 6, offset: 2, [3, 4]), from: 1, term: 3)
        #expect(offsets() == [2, 2, 2, 4])
        #expect(single.installs.isEmpty)
        single.receive(chunk(total: 6, offset: 4, [5, 6]), from: 1, term: 3)
        #expect(single.installs.map(\.data) == [[1, 2, 3, 4, 5, 6]])
        #expect(offsets() == [6])
        // Nothing is taken while it is being made durable.
        single.receive(
            .append(
                AppendEntries(
                    previousIndex: .zero, previousTerm: .zero, commitIndex: .zero, round: 1,
                    entries: [LogEntry(term: Term(1), index: LogIndex(1), kind: .noop)])), from: 1, term: 3)
        #expect(single.node.lastIndex == .zero)
        #expect(single.takeSent().isEmpty)
        single.node.installed(try #require(single.installs.first).metadata, at: single.now)
        single.settle()
        #expect(single.node.lastIndex == LogIndex(50))
        #expect(single.node.commitIndex == LogIndex(50))
        #expect(single.node.clusterID == Cluster.clusterID)
        #expect(
            single.takeSent().map(\.body) == [
                .appendAnswer(AppendAnswer(round: 0, result: .accepted(through: LogIndex(50))))
            ])
    }

    @Test(
        "Raft §7: entries after the snapshot's last one stay; a log that does not hold it gives way",
        arguments: [true, false])
    func suffix(isHeld: Bool) throws {
        var single = SingleNode(2, recovered: SingleNode.recovery(terms: isHeld ? [1, 2, 2, 2] : [1, 1, 1, 1], term: 2))
        single.receive(chunk(index: 5, total: 1, offset: 0, [1]), from: 1, term: 3)
        single.node.installed(try #require(single.installs.first).metadata, at: single.now)
        single.settle()
        #expect(single.node.lastIndex == LogIndex(isHeld ? 6 : 5))
        #expect(single.node.log.baseIndex == LogIndex(5))
        // The log goes on.
        single.receive(
            .append(
                AppendEntries(
                    previousIndex: LogIndex(5), previousTerm: Term(2), commitIndex: LogIndex(6), round: 1,
                    entries: [SingleNode.command(2, 6)])), from: 1, term: 3)
        #expect(single.node.commitIndex == LogIndex(6))
        #expect(single.applied.last == SingleNode.command(2, 6))
    }

    @Test("Unsound pieces are refused")
    func unsound() {
        var single = SingleNode(2)
        single.receive(chunk(total: .max, offset: 0, [1]), from: 1, term: 3)
        single.receive(chunk(total: 3, offset: 2, [1, 2]), from: 1, term: 3)
        single.receive(chunk(term: 9, total: 3, offset: 0, [1]), from: 1, term: 3)
        single.receive(chunk(total: 3, offset: 0, [1], cluster: ClusterID(5)), from: 1, term: 3)
        let refusals = single.observations.filter { if case .refused = $0 { true } else { false } }
        #expect(refusals.first == .refused(from: Cluster.id(1), .snapshotTooLarge(bytes: .max)))
        #expect(refusals.last == .refused(from: Cluster.id(1), .malformedSnapshot))
        #expect(single.installs.isEmpty)
        #expect(single.takeSent().isEmpty)
    }

    @Test("A restart from a snapshot keeps what leads up to it and drops what does not")
    func restart() {
        let full = SingleNode.recovery(terms: [1, 1, 2, 2, 2])
        var recovered = full
        recovered.snapshot = SnapshotMetadata(
            index: LogIndex(5), term: Term(2), membership: Membership([Cluster.server(2)]),
            membershipIndex: LogIndex(2), clusterID: Cluster.clusterID)
        let kept = SingleNode(2, recovered: recovered).node
        #expect(kept.log.baseIndex == LogIndex(1))
        #expect(kept.lastIndex == LogIndex(7))
        #expect(kept.commitIndex == LogIndex(5))
        recovered.snapshot?.term = Term(3)
        let conflicting = SingleNode(2, recovered: recovered).node
        #expect(conflicting.lastIndex == LogIndex(5))
        recovered.snapshot?.index = LogIndex(90)
        let behind = SingleNode(2, recovered: recovered).node
        #expect(behind.lastIndex == LogIndex(90))
        #expect(behind.lastTerm == Term(3))
    }
}
