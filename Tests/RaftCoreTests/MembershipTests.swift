import Determinism
import FederationModel
import RaftCore
import Testing

struct MembershipTests {
    /// Three voters that lead and a fourth server without anything.
    func cluster(seed: UInt64) throws -> Cluster {
        var cluster = Cluster(seed: seed, count: 4)
        cluster.bootstrap(1...3)
        _ = try cluster.electLeader()
        try cluster.write(["a", "b"])
        return cluster
    }

    func change(_ change: MembershipChange, in cluster: inout Cluster) throws {
        let leader = try #require(cluster.leader)
        try cluster[leader].node.changeMembership(change, at: cluster.now)
        let index = cluster[leader].node.membershipIndex
        cluster.settle(leader)
        let isCommitted = cluster.run { $0[leader].node.commitIndex >= index }
        #expect(isCommitted)
    }

    @Test("Thesis §4.2.1: a new server learns first, adopts the cluster's name, then votes", arguments: UInt64(0)..<5)
    func addServer(seed: UInt64) throws {
        var cluster = try cluster(seed: seed)
        try change(.addLearner(Cluster.server(4)), in: &cluster)
        let hasAll = cluster.converge()
        #expect(hasAll)
        #expect(cluster.texts(4) == ["a", "b"])
        #expect(cluster[4].node.clusterID == Cluster.clusterID)
        #expect(cluster[4].observations.contains(.clusterAdopted(Cluster.clusterID)))
        cluster.run(for: .seconds(3))
        #expect(cluster[4].node.role == .follower)
        try change(.promote(Cluster.id(4)), in: &cluster)
        #expect(cluster[1].node.membership.voters.count == 4)
        // Three of four are a quorum, two are not.
        let leader = try #require(cluster.leader)
        let others = (1...4).filter { $0 != leader }
        cluster.crash(others[0])
        try cluster.write(["c"])
        cluster.crash(others[1])
        cluster.run(for: .seconds(2))
        #expect(cluster.leader == nil)
    }

    @Test("Thesis §4.1: one change at a time, and none before the leader's first entry is committed")
    func oneAtATime() throws {
        var single = SingleNode(1, recovered: SingleNode.recovery(terms: [1]))
        single.win(with: [2])
        #expect(throws: ProposeError.changePending) {
            try single.node.changeMembership(.remove(Cluster.id(3)), at: single.now)
        }
        single.accept(through: 4, from: 2)
        try single.node.changeMembership(.addLearner(Cluster.server(4)), at: single.now)
        single.settle()
        #expect(throws: ProposeError.changePending) {
            try single.node.changeMembership(.remove(Cluster.id(3)), at: single.now)
        }
        single.accept(through: 5, from: 2)
        #expect(throws: ProposeError.invalid("server \(Cluster.id(9)) is not in the peer set")) {
            try single.node.changeMembership(.remove(Cluster.id(9)), at: single.now)
        }
        try single.node.changeMembership(.remove(Cluster.id(3)), at: single.now)
    }

    @Test("Thesis §4.1: a change that is cut off by a later leader is undone")
    func rollBack() {
        var single = SingleNode(2, recovered: SingleNode.recovery(terms: [1]))
        let before = single.node.membership
        let added = before.replacing(Cluster.server(4, .learner))
        let entry = LogEntry(term: Term(2), index: LogIndex(4), kind: .membership, data: added.encoded)
        func append(_ entry: LogEntry) -> RaftMessage.Body {
            .append(
                AppendEntries(
                    previousIndex: LogIndex(3), previousTerm: Term(1), commitIndex: .zero, round: 1, entries: [entry]))
        }
        single.receive(append(entry), from: 1, term: 2)
        #expect(single.node.membership == added)
        single.receive(append(LogEntry(term: Term(3), index: LogIndex(4), kind: .noop)), from: 3, term: 3)
        #expect(single.node.membership == before)
        #expect(single.observations.contains(.membershipChanged(before, LogIndex(2))))
    }

    @Test("Thesis §4.2.3: a removed server hears of it and campaigns no more", arguments: UInt64(0)..<5)
    func removeFollower(seed: UInt64) throws {
        var cluster = try cluster(seed: seed)
        let leader = try #require(cluster.leader)
        let other = leader == 3 ? 2 : 3
        try change(.remove(Cluster.id(other)), in: &cluster)
        cluster.run(for: .seconds(5))
        #expect(cluster.leader == leader)
        #expect(cluster[other].observations.contains(.removed))
        #expect(cluster[other].node.role == .follower)
        #expect(cluster[other].node.nextDeadline == .distantFuture)
        #expect(cluster[leader].node.matchIndex(of: Cluster.id(other)) == nil)
    }

    @Test(
        "Thesis §4.2.2: a leader that removes itself leads until that is committed, then a successor takes over",
        arguments: UInt64(0)..<5)
    func removeLeader(seed: UInt64) throws {
        var cluster = try cluster(seed: seed)
        let old = try #require(cluster.leader)
        try cluster[old].node.changeMembership(.remove(Cluster.id(old)), at: cluster.now)
        cluster.settle(old)
        let isReplaced = cluster.run(within: .milliseconds(100)) { cluster in
            cluster.leader.map { $0 != old && cluster[$0].node.isReadyForReads } ?? false
        }
        #expect(isReplaced, "\(cluster.summary)")
        #expect(cluster[old].observations.contains(.removed))
        try cluster.write(["c"])
        let next = try #require(cluster.leader)
        #expect(cluster[next].node.membership.servers.count == 2)
    }

    @Test("Thesis §4.2.2: a server that holds its own removal campaigns until that is committed")
    func uncommittedRemoval() {
        var recovered = SingleNode.recovery(terms: [1], voters: 2)
        let left = Membership([Cluster.server(2)])
        recovered.entries.append(
            LogEntry(term: Term(1), index: LogIndex(4), kind: .membership, data: left.encoded))
        var single = SingleNode(1, recovered: recovered)
        single.win(with: [2])
        #expect(single.node.role == .leader)
        single.accept(through: 5, from: 2)
        #expect(single.node.role == .follower)
        #expect(single.node.nextDeadline == .distantFuture)
        #expect(single.observations.contains(.removed))
        #expect(single.sent.last?.body == .timeoutNow)
    }

    @Test("A server moves to another address without an election")
    func updateEndpoint() throws {
        var cluster = try cluster(seed: 1)
        let leader = try #require(cluster.leader)
        let endpoint = Endpoint(IPAddress(127, 0, 9, 9), 8300)
        try change(.updateEndpoint(Cluster.id(2), endpoint), in: &cluster)
        #expect(cluster[leader].node.membership[Cluster.id(2)]?.endpoint == endpoint)
        #expect(cluster.leader == leader)
    }

    @Test("From one voter to three and back to one, with a leader all the time")
    func growAndShrink() throws {
        var cluster = Cluster(seed: 5, count: 3)
        cluster.bootstrap(1...1)
        _ = try cluster.electLeader()
        for number in 2...3 {
            try change(.addLearner(Cluster.server(number)), in: &cluster)
            let hasAll = cluster.run { $0[number].appliedIndex == $0[1].node.lastIndex }
            #expect(hasAll)
            try change(.promote(Cluster.id(number)), in: &cluster)
        }
        try cluster.write(["a"])
        for number in 2...3 { try change(.remove(Cluster.id(number)), in: &cluster) }
        cluster.crash(2)
        cluster.crash(3)
        try cluster.write(["b"])
        #expect(cluster[1].node.isLeader)
        #expect(throws: ProposeError.invalid("server \(Cluster.id(1)) is the only voter")) {
            try cluster[1].node.changeMembership(.remove(Cluster.id(1)), at: cluster.now)
        }
    }

    @Test("A lost quorum is recovered by naming the peer set by hand")
    func recoverPeers() throws {
        var cluster = try cluster(seed: 9)
        for number in 1...4 { cluster.crash(number) }
        let survivor = 2
        let peers = Membership([Cluster.server(survivor)])
        let batch = try #require(cluster[survivor].disk.durable.replacingPeers(with: peers))
        #expect(RaftRecovery().replacingPeers(with: peers) == nil)
        cluster[survivor].disk.durable.perform(batch)
        cluster.restart(survivor)
        let isReady = cluster.run(within: .seconds(1)) { $0[survivor].node.isReadyForReads }
        #expect(isReady)
        #expect(cluster.texts(survivor) == ["a", "b"])
    }
}
