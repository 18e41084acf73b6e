import Determinism
import FederationModel
import RaftCore
import Testing

struct ElectionTests {
    @Test("Raft §5.2: the proposer of a bootstrap leads at once", arguments: [1, 2, 3, 5, 7])
    func bootstrap(count: Int) throws {
        var cluster = Cluster(seed: UInt64(count), count: count)
        cluster.bootstrap(1...count)
        let isElected = cluster.run(within: .milliseconds(50)) { $0[1].node.isReadyForReads }
        #expect(isElected)
        try cluster.write(["a", "b"])
        let isEqual = cluster.converge(within: .milliseconds(50))
        #expect(isEqual)
        for number in 1...count {
            #expect(cluster.texts(number) == ["a", "b"])
            #expect(cluster[number].node.clusterID == Cluster.clusterID)
        }
    }

    @Test("Raft §5.2: a dead leader is replaced within 2 s, and its term is over", arguments: UInt64(0)..<20)
    func failover(seed: UInt64) throws {
        var cluster = Cluster(seed: seed, count: 3)
        cluster.bootstrap(1...3)
        let first = try cluster.electLeader()
        try cluster.write(["a"])
        let term = cluster[first].node.term
        cluster.crash(first)
        let isReplaced = cluster.run(within: .seconds(2)) { cluster in
            cluster.leader.map { cluster[$0].node.isReadyForReads } ?? false
        }
        #expect(isReplaced, "seed \(seed)")
        let second = try #require(cluster.leader)
        #expect(cluster[second].node.term > term)
        #expect(cluster.texts(second) == ["a"])
    }

    @Test("Raft §5.2: one vote per term, and it is on disk before it is given")
    func oneVote() {
        var single = SingleNode(1, recovered: SingleNode.recovery(terms: [1]))
        single.advance(by: .milliseconds(499))
        single.isDiskInstant = false
        let request = VoteRequest(isPreVote: false, isTransfer: true, lastIndex: LogIndex(9), lastTerm: Term(1))
        single.receive(.voteRequest(request), from: 2, term: 2)
        #expect(single.takeSent().isEmpty)
        #expect(single.batches.last?.hardState == HardState(term: Term(2), votedFor: Cluster.id(2)))
        single.persist()
        #expect(single.takeSent().map(\.body) == [.voteAnswer(VoteAnswer(isPreVote: false, isGranted: true))])
        single.receive(.voteRequest(request), from: 3, term: 2)
        #expect(single.takeSent().map(\.body) == [.voteAnswer(VoteAnswer(isPreVote: false, isGranted: false))])
        single.receive(.voteRequest(request), from: 2, term: 2)
        #expect(single.takeSent().map(\.body) == [.voteAnswer(VoteAnswer(isPreVote: false, isGranted: true))])
    }

    @Test("Raft figure 2: a candidate's own vote counts when it is on disk")
    func ownVote() {
        var single = SingleNode(1, recovered: SingleNode.recovery(terms: [1]))
        single.isDiskInstant = false
        single.win(with: [2])
        #expect(single.node.role == .candidate)
        let isAsking = single.sent.contains {
            if case .voteRequest(let request) = $0.body { !request.isPreVote } else { false }
        }
        #expect(!isAsking)
        single.persist()
        #expect(single.node.role == .leader)
    }

    struct LogCase: Sendable, CustomTestStringConvertible {
        let lastTerm: UInt64
        let lastIndex: UInt64
        let isGranted: Bool
        var testDescription: String { "term \(lastTerm) index \(lastIndex)" }
    }

    @Test(
        "Raft §5.4.1: only a log at least as up-to-date gets a vote",
        arguments: [
            LogCase(lastTerm: 3, lastIndex: 5, isGranted: true), LogCase(lastTerm: 3, lastIndex: 4, isGranted: false),
            LogCase(lastTerm: 4, lastIndex: 1, isGranted: true), LogCase(lastTerm: 2, lastIndex: 9, isGranted: false),
            LogCase(lastTerm: 3, lastIndex: 6, isGranted: true),
        ], [true, false])
    func upToDate(log: LogCase, isPreVote: Bool) {
        var single = SingleNode(1, recovered: SingleNode.recovery(terms: [1, 2, 3]))
        single.now = single.now + .milliseconds(500)
        let request = VoteRequest(
            isPreVote: isPreVote, isTransfer: false, lastIndex: LogIndex(log.lastIndex), lastTerm: Term(log.lastTerm))
        single.receive(.voteRequest(request), from: 2, term: 5)
        #expect(
            single.takeSent().map(\.body) == [.voteAnswer(VoteAnswer(isPreVote: isPreVote, isGranted: log.isGranted))])
        #expect(single.node.term == Term(isPreVote ? 3 : 5))
    }

    @Test("Thesis §9.6: a server that was cut off comes back without disturbing the leader")
    func preVote() throws {
        var cluster = Cluster(seed: 7, count: 3)
        cluster.bootstrap(1...3)
        let leader = try cluster.electLeader()
        let other = leader == 3 ? 2 : 3
        let term = cluster[leader].node.term
        cluster.isolate(other)
        cluster.run(for: .seconds(20))
        #expect(cluster[other].node.role == .preCandidate)
        #expect(cluster[other].node.term == term)
        cluster.heal()
        cluster.run(for: .seconds(3))
        #expect(cluster.leader == leader)
        #expect(cluster[leader].node.term == term)
        #expect(cluster[other].node.leader == Cluster.id(leader))
    }

    @Test("Thesis §4.2.3: nobody votes within an election timeout of hearing a leader, whatever the term")
    func leaderHeard() {
        var single = SingleNode(1, recovered: SingleNode.recovery(terms: [1]))
        single.now = single.now + .milliseconds(600)
        single.receive(
            .heartbeat(Heartbeat(round: 1, commitIndex: .zero, lastSent: .zero)), from: 2, term: 1)
        _ = single.takeSent()
        for isPreVote in [true, false] {
            let request = VoteRequest(
                isPreVote: isPreVote, isTransfer: false, lastIndex: LogIndex(9), lastTerm: Term(9))
            single.receive(.voteRequest(request), from: 3, term: 9)
            #expect(single.takeSent().isEmpty)
        }
        #expect(single.node.term == Term(1))
        single.now = single.now + .milliseconds(500)
        let request = VoteRequest(isPreVote: false, isTransfer: false, lastIndex: LogIndex(9), lastTerm: Term(9))
        single.receive(.voteRequest(request), from: 3, term: 9)
        #expect(single.takeSent().map(\.body) == [.voteAnswer(VoteAnswer(isPreVote: false, isGranted: true))])
    }

    @Test("Thesis §6.4.1: a restarted voter keeps the promise it may have made; a new one has made none")
    func restartGuard() {
        let request = VoteRequest(isPreVote: false, isTransfer: false, lastIndex: LogIndex(9), lastTerm: Term(9))
        var restarted = SingleNode(1, recovered: SingleNode.recovery(terms: [1]))
        restarted.now = restarted.now + .milliseconds(499)
        restarted.receive(.voteRequest(request), from: 3, term: 9)
        #expect(restarted.takeSent().isEmpty)
        restarted.now = restarted.now + .milliseconds(1)
        restarted.receive(.voteRequest(request), from: 3, term: 9)
        #expect(restarted.takeSent().count == 1)
        var new = SingleNode(1)
        new.receive(.voteRequest(request), from: 3, term: 9)
        #expect(new.takeSent().map(\.body) == [.voteAnswer(VoteAnswer(isPreVote: false, isGranted: true))])
    }

    @Test("A commit index kept by the host lets a restarted server apply its log without a quorum")
    func commitHint() {
        var recovered = SingleNode.recovery(terms: [1, 1])
        recovered.commitIndex = LogIndex(3)
        var single = SingleNode(1, recovered: recovered)
        single.settle()
        #expect(single.applied.map(\.index.value) == [1, 2, 3])
        recovered.commitIndex = LogIndex(99)
        single = SingleNode(1, recovered: recovered)
        single.settle()
        #expect(single.applied.count == 4)
    }

    @Test("A single voter leads as soon as its disk allows, after a restart too")
    func single() throws {
        var cluster = Cluster(seed: 3, count: 1)
        cluster.bootstrap(1...1)
        _ = try cluster.electLeader()
        try cluster.write(["a"])
        cluster.crash(1)
        cluster.restart(1)
        let isReady = cluster.run(within: .milliseconds(10)) { $0[1].node.isReadyForReads }
        #expect(isReady)
        #expect(cluster.texts(1) == ["a"])
    }

    @Test("Thesis §6.2: a leader without a quorum steps down within two election timeouts", arguments: [2, 3, 5])
    func checkQuorum(count: Int) throws {
        var cluster = Cluster(seed: 11, count: count)
        cluster.bootstrap(1...count)
        let leader = try cluster.electLeader()
        cluster.isolate(leader)
        let isDown = cluster.run(within: .seconds(1)) { !$0[leader].node.isLeader }
        #expect(isDown)
        #expect(cluster[leader].node.leaseEnd == .zero)
        let term = cluster[leader].node.term
        #expect(cluster[leader].observations.contains(.steppedDown(.quorumSilent, term)))
        #expect(throws: ProposeError.notLeader(hint: nil)) { try cluster.propose("x", at: leader) }
    }

    @Test("A leader whose disk hangs hands over within two election timeouts and loses no acknowledged write")
    func diskStall() throws {
        var cluster = Cluster(seed: 13, count: 3)
        cluster.bootstrap(1...3)
        let leader = try cluster.electLeader()
        try cluster.write(["a"])
        cluster[leader].disk.isStalled = true
        _ = try cluster.propose("b", at: leader)
        let isReplaced = cluster.run(within: .seconds(2)) { cluster in
            cluster.leader.map { $0 != leader && cluster[$0].node.isReadyForReads } ?? false
        }
        #expect(isReplaced)
        let successor = try #require(cluster.leader)
        #expect(cluster.texts(successor) == ["a", "b"])
    }

    @Test("Design 12: a message of another cluster is refused and both names are told")
    func foreignCluster() {
        var single = SingleNode(1, recovered: SingleNode.recovery(terms: [1]))
        let other = ClusterID(99)
        single.receive(
            .heartbeat(Heartbeat(round: 1, commitIndex: .zero, lastSent: .zero)), from: 2, term: 9, cluster: other)
        #expect(single.node.term == Term(1))
        #expect(single.takeSent().isEmpty)
        #expect(single.observations == [.clusterMismatch(from: Cluster.id(2), theirs: other)])
    }

    @Test("Nothing owed, nothing made; no deadline for who cannot campaign")
    func idle() {
        var new = SingleNode(1)
        #expect(new.node.takeReady() == nil)
        #expect(new.node.nextDeadline == .distantFuture)
        var learner = SingleNode(4, recovered: SingleNode.recovery(terms: [1], learners: [4]))
        learner.advance(by: .seconds(5))
        #expect(learner.node.nextDeadline == .distantFuture)
        #expect(learner.takeSent().isEmpty)
    }
}
