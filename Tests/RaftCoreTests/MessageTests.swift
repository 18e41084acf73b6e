import Determinism
import FederationModel
import RaftCore
import Testing
import WireFormat

struct MessageTests {
    static let metadata = SnapshotMetadata(
        index: LogIndex(70_000), term: Term(300), membership: Membership((1...5).map { Cluster.server($0) }),
        membershipIndex: LogIndex(2), clusterID: Cluster.clusterID)

    static let bodies: [RaftMessage.Body] = [
        .voteRequest(VoteRequest(isPreVote: true, isTransfer: false, lastIndex: LogIndex(7), lastTerm: Term(3))),
        .voteAnswer(VoteAnswer(isPreVote: false, isGranted: true)),
        .append(
            AppendEntries(
                previousIndex: .zero, previousTerm: .zero, commitIndex: LogIndex(2), round: 9,
                entries: SingleNode.recovery(terms: [1, 2, 300]).entries)),
        .append(
            AppendEntries(
                previousIndex: LogIndex(1 << 40), previousTerm: Term(5), commitIndex: .zero, round: .max, entries: [])),
        .appendAnswer(AppendAnswer(round: 1, result: .accepted(through: LogIndex(70_000)))),
        .appendAnswer(
            AppendAnswer(
                round: 1, result: .rejected(previous: LogIndex(9), hintIndex: LogIndex(8), hintTerm: Term(7)))),
        .heartbeat(Heartbeat(round: 5, commitIndex: LogIndex(4), lastSent: LogIndex(6))),
        .heartbeatAnswer(HeartbeatAnswer(round: 5, lastIndex: LogIndex(6), isMissingEntries: true)),
        .snapshotChunk(SnapshotChunk(round: 2, metadata: metadata, totalBytes: 900, offset: 600, data: [1, 2, 3])),
        .snapshotAnswer(SnapshotAnswer(round: 2, index: LogIndex(70_000), offset: 603)),
        .timeoutNow,
    ]

    static func message(_ body: RaftMessage.Body) -> RaftMessage {
        var random = SeededRandom(seed: 1)
        return RaftMessage(
            clusterID: Cluster.clusterID, from: .random(using: &random), to: .random(using: &random), term: Term(400),
            body: body)
    }

    @Test("What is encoded is decoded", arguments: bodies.indices)
    func roundTrip(position: Int) throws {
        let message = Self.message(Self.bodies[position])
        #expect(try RaftMessage(decoding: message.encode()) == message)
    }

    @Test("Cut or changed bytes never trap, nor does a server that takes what still decodes", arguments: bodies.indices)
    func mutations(position: Int) {
        var random = SeededRandom(seed: UInt64(position))
        let original = Self.message(Self.bodies[position])
        let bytes = original.encode()
        for count in bytes.indices {
            #expect(throws: WireError.self) { try RaftMessage(decoding: Array(bytes[..<count])) }
        }
        for _ in 0..<500 {
            var changed = bytes
            for _ in 0...Int.random(in: 0...3, using: &random) {
                changed[Int.random(in: changed.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            guard var message = try? RaftMessage(decoding: changed) else { continue }
            for role in 0..<3 {
                var single = SingleNode(2, recovered: SingleNode.recovery(terms: [1, 1, 2]), seed: 3)
                if role == 1 { single.win(with: [1]) }
                if role == 2 { single = SingleNode(2) }
                message.to = single.node.id
                message.from = Cluster.id(1)
                message.clusterID = Cluster.clusterID
                single.node.handle(message, at: single.now)
                single.settle()
                single.advance(by: .milliseconds(200))
            }
        }
    }

    @Test("Numbers that arithmetic could overflow, terms that go down and unknown versions are refused")
    func limits() {
        var heartbeat = Self.message(.heartbeat(Heartbeat(round: 1, commitIndex: LogIndex(.max), lastSent: .zero)))
        #expect(throws: WireError.self) { try RaftMessage(decoding: heartbeat.encode()) }
        heartbeat.body = .timeoutNow
        heartbeat.term = Term(.max)
        #expect(throws: WireError.self) { try RaftMessage(decoding: heartbeat.encode()) }
        let entries = [SingleNode.command(3, 1), SingleNode.command(2, 2)]
        let append = AppendEntries(
            previousIndex: .zero, previousTerm: .zero, commitIndex: .zero, round: 0, entries: entries)
        #expect(throws: WireError.self) { try RaftMessage(decoding: Self.message(.append(append)).encode()) }
        var bytes = Self.message(.timeoutNow).encode()
        bytes[1] = 2
        #expect(throws: WireError.self) { try RaftMessage(decoding: bytes) }
    }
}
