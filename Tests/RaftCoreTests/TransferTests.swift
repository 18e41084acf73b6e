import Determinism
import FederationModel
import RaftCore
import Testing

struct TransferTests {
    @Test(
        "Thesis §3.10: leadership moves in a few round trips, to a server with every entry", arguments: UInt64(0)..<10)
    func transfer(seed: UInt64) throws {
        var cluster = Cluster(seed: seed, count: 3)
        cluster.bootstrap(1...3)
        let old = try cluster.electLeader()
        try cluster.write(["a"])
        _ = try cluster.propose("b", at: old)
        let target = old == 2 ? 3 : 2
        cluster[old].node.transferLeadership(to: Cluster.id(target), at: cluster.now)
        cluster.settle(old)
        #expect(throws: ProposeError.transferring) { try cluster.propose("x", at: old) }
        let isMoved = cluster.run(within: .milliseconds(50)) { $0[target].node.isReadyForReads }
        #expect(isMoved, "\(cluster.summary)")
        let isEqual = cluster.converge()
        #expect(isEqual)
        for number in 1...3 { #expect(cluster.texts(number) == ["a", "b"]) }
        #expect(cluster[old].node.leaseEnd == .zero)
    }

    @Test("Thesis §3.10: TimeoutNow waits until the target has everything, and ends the lease before it leaves")
    func order() {
        var single = ReadTests().leader()
        single.advance(by: .milliseconds(100))
        single.answerHeartbeat(from: 2)
        single.answerHeartbeat(from: 3)
        _ = try? single.node.propose([[1]], at: single.now)
        single.settle()
        _ = single.takeSent()
        #expect(single.node.leaseEnd > single.now)
        single.node.transferLeadership(to: Cluster.id(3), at: single.now)
        single.settle()
        #expect(!single.sent.contains { $0.body == .timeoutNow })
        #expect(single.node.leaseEnd > single.now)
        single.accept(through: 5, from: 3)
        #expect(single.takeSent().filter { $0.body == .timeoutNow }.map(\.to) == [Cluster.id(3)])
        #expect(single.node.leaseEnd == .zero)
        // The target never takes over: this leader goes on, without a lease in this term.
        single.advance(by: .milliseconds(100))
        single.answerHeartbeat(from: 2)
        #expect(single.node.leaseEnd == .zero)
        for _ in 0..<5 {
            single.advance(by: .milliseconds(100))
            single.answerHeartbeat(from: 2)
        }
        #expect(single.node.transferTarget == nil)
        #expect(single.observations.contains(.transferFailed(to: Cluster.id(3))))
        #expect(throws: Never.self) { try single.node.propose([[1]], at: single.now) }
        #expect(single.node.leaseEnd == .zero)
    }

    @Test("Without a name the voter with the longest log is chosen; to itself or to a stranger nothing moves")
    func target() {
        var single = ReadTests().leader()
        _ = try? single.node.propose([[1]], at: single.now)
        single.settle()
        single.accept(through: 5, from: 3)
        single.node.transferLeadership(to: Cluster.id(9), at: single.now)
        single.node.transferLeadership(to: Cluster.id(1), at: single.now)
        single.settle()
        #expect(single.node.transferTarget == nil)
        single.node.transferLeadership(to: nil, at: single.now)
        single.settle()
        #expect(single.node.transferTarget == Cluster.id(3))
    }

    @Test("TimeoutNow of a passed term, or not of the leader, moves nobody")
    func stray() {
        var single = SingleNode(2, recovered: SingleNode.recovery(terms: [1]))
        single.receive(.timeoutNow, from: 1, term: 1)
        #expect(single.node.role == .follower)
        single.receive(.heartbeat(Heartbeat(round: 1, commitIndex: .zero, lastSent: .zero)), from: 1, term: 2)
        single.receive(.timeoutNow, from: 3, term: 2)
        single.receive(.timeoutNow, from: 1, term: 1)
        #expect(single.node.role == .follower)
        single.receive(.timeoutNow, from: 1, term: 2)
        #expect(single.node.role == .candidate)
    }
}
