import Determinism
import FederationModel
import RaftCore
import Testing

struct ReadTests {
    /// Server 1 of three, leading, its first entry committed, nothing unanswered.
    func leader() -> SingleNode {
        var single = SingleNode(1, recovered: SingleNode.recovery(terms: [1]))
        single.win(with: [2])
        single.accept(through: 4, from: 2)
        single.accept(through: 4, from: 3)
        single.answerHeartbeat(from: 2)
        single.answerHeartbeat(from: 3)
        _ = single.takeSent()
        return single
    }

    func heartbeats(_ messages: [RaftMessage], to number: Int = 2) -> [Heartbeat] {
        messages.compactMap { message in
            guard message.to == Cluster.id(number), case .heartbeat(let heartbeat) = message.body,
                heartbeat.round > 0
            else { return nil }
            return heartbeat
        }
    }

    @Test("Thesis §6.4: one round confirms every read that waited for it, at the commit index of its start")
    func readIndex() {
        var single = leader()
        for id in 1...100 as ClosedRange<UInt64> { single.node.requestRead(id, at: single.now) }
        single.settle()
        #expect(heartbeats(single.sent).count == 1)
        // Later reads share the next round: an answer to the first proves nothing for them.
        single.node.requestRead(101, at: single.now)
        single.settle()
        #expect(heartbeats(single.sent).count == 1)
        #expect(single.reads.isEmpty)
        single.answerHeartbeat(from: 3)
        #expect(single.reads.map(\.id) == Array(1...100))
        #expect(single.reads.allSatisfy { $0.index == LogIndex(4) })
        #expect(heartbeats(single.sent).count == 2)
        single.answerHeartbeat(from: 2)
        #expect(single.reads.last == ConfirmedRead(id: 101, index: LogIndex(4)))
    }

    @Test("Thesis §6.4: no read before an entry of the own term is committed, none after stepping down")
    func readsNeedNoop() {
        var single = SingleNode(1, recovered: SingleNode.recovery(terms: [1]))
        single.node.requestRead(1, at: single.now)
        single.settle()
        #expect(single.failedReads == [1])
        single.win(with: [2])
        single.node.requestRead(2, at: single.now)
        single.settle()
        single.answerHeartbeat(from: 2)
        #expect(single.reads.isEmpty)
        #expect(!single.node.isReadyForReads)
        single.accept(through: 4, from: 2)
        single.answerHeartbeat(from: 2)
        #expect(single.reads == [ConfirmedRead(id: 2, index: LogIndex(4))])
        #expect(single.node.isReadyForReads)
        single.node.requestRead(3, at: single.now)
        single.settle()
        single.receive(.heartbeat(Heartbeat(round: 1, commitIndex: .zero, lastSent: .zero)), from: 3, term: 9)
        #expect(single.failedReads == [1, 3])
    }

    @Test("Thesis §6.4: a leader that was replaced confirms no read")
    func staleLeader() throws {
        var cluster = Cluster(seed: 21, count: 3)
        cluster.bootstrap(1...3)
        let old = try cluster.electLeader()
        cluster.isolate(old)
        cluster.read(1, at: old)
        let isReplaced = cluster.run(within: .seconds(3)) { cluster in
            cluster.leader.map { $0 != old && cluster[$0].node.isReadyForReads } ?? false
        }
        #expect(isReplaced)
        try cluster.write(["new"])
        #expect(cluster[old].reads.isEmpty)
        cluster.heal()
        cluster.run(for: .seconds(1))
        #expect(cluster[old].reads.isEmpty)
        #expect(cluster[old].failedReads == [1])
    }

    @Test("Thesis §6.4.1: the lease counts from the sending of the round that a quorum answered")
    func lease() {
        var single = leader()
        single.advance(by: .milliseconds(100))
        let sentAt = single.now
        single.now = single.now + .milliseconds(60)
        single.answerHeartbeat(from: 2)
        #expect(single.node.leaseEnd == sentAt + .milliseconds(400))
        // Rounds without answers do not move it.
        single.advance(by: .milliseconds(340))
        #expect(single.node.leaseEnd == sentAt + .milliseconds(400))
        // A late answer to an old round counts from that round's sending.
        single.receive(
            .heartbeatAnswer(HeartbeatAnswer(round: 1, lastIndex: LogIndex(4), isMissingEntries: false)), from: 3,
            term: single.node.term.value)
        #expect(single.node.leaseEnd == sentAt + .milliseconds(400))
    }

    @Test("Thesis §6.4.1: a leader that steps down votes for nobody before its lease is over")
    func leaseBindsItself() {
        var single = leader()
        single.advance(by: .milliseconds(100))
        single.answerHeartbeat(from: 2)
        let end = single.node.leaseEnd
        single.node.stepDown(.requested("test"), at: single.now)
        single.settle()
        #expect(single.node.leaseEnd == .zero)
        _ = single.takeSent()
        let request = VoteRequest(isPreVote: false, isTransfer: false, lastIndex: LogIndex(9), lastTerm: Term(9))
        single.now = end - .milliseconds(1)
        single.receive(.voteRequest(request), from: 3, term: 9)
        #expect(single.takeSent().isEmpty)
        single.now = end
        single.receive(.voteRequest(request), from: 3, term: 9)
        #expect(single.takeSent().count == 1)
    }

    @Test("A single voter's reads and lease need nobody")
    func singleVoter() throws {
        var cluster = Cluster(seed: 1, count: 1)
        cluster.bootstrap(1...1)
        _ = try cluster.electLeader()
        cluster.read(5, at: 1)
        #expect(cluster[1].reads == [5: cluster[1].node.commitIndex])
        cluster.run(for: .seconds(1))
        #expect(cluster[1].node.leaseEnd > cluster.now)
    }

    @Test("Timings scale with the multiplier", arguments: [1, 2, 5, 10])
    func multiplier(m: Int) {
        let configuration = RaftConfiguration.scaled(by: m)
        #expect(configuration.heartbeatInterval == .milliseconds(100 * m))
        #expect(configuration.leaseDuration == .milliseconds(400 * m))
        #expect(configuration.electionTimeout == .milliseconds(500 * m)..<(.milliseconds(1000 * m)))
    }
}
