import Determinism
import FederationModel
import RaftCore
import Testing

/// Any fault first, watched by the checkers after every step; then heal and expect everything to be there.
struct RandomisedTests {
    @Test("Raft figure 3: no property is broken under loss, delay, cuts and crashes", arguments: 0..<100)
    func faults(seed: Int) throws {
        var cluster = Cluster(seed: UInt64(seed) &+ 0xFEED, count: [3, 3, 5][seed % 3])
        let count = cluster.servers.count
        var dice = SeededRandom(seed: UInt64(seed))
        cluster.encodes = seed % 4 == 0
        cluster.loss = dice.chance(0.5) ? 0.05 : 0
        cluster.delay = .microseconds(100)..<(dice.chance(0.3) ? .milliseconds(120) : .milliseconds(5))
        cluster.diskDelay = .microseconds(50)..<(dice.chance(0.3) ? .milliseconds(80) : .milliseconds(1))
        if dice.chance(0.5) {
            cluster.snapshotThreshold = Int.random(in: 5...30, using: &dice)
            cluster.trailingCount = Int.random(in: 0...5, using: &dice)
        }
        let changesMembership = count == 5 && seed % 2 == 0
        cluster.bootstrap(1...(changesMembership ? 3 : count))
        _ = try cluster.electLeader()

        var acknowledged: [String] = []
        var proposed: [(text: String, server: Int, term: Term, index: LogIndex)] = []
        for step in 0..<150 {
            fault(in: &cluster, &dice)
            if changesMembership && step % 4 == 0 { changeMembership(of: &cluster, &dice) }
            let leaders = (1...count).filter { cluster[$0].isUp && cluster[$0].node.isLeader }
            if let leader = leaders.randomElement(using: &dice) {
                let text = "w\(step)"
                if let index = try? cluster.propose(text, at: leader) {
                    proposed.append((text, leader, cluster[leader].node.term, index))
                }
                cluster.read(UInt64(step), at: leader)
            }
            cluster.run(for: dice.duration(in: .milliseconds(1)..<(.milliseconds(150))))
            cluster.checkLogMatching()
            // What a proposer would answer by now.
            proposed.removeAll { item in
                guard cluster[item.server].isUp, cluster[item.server].appliedIndex >= item.index else { return false }
                let entry = cluster.committed[Int(item.index.value) - 1]
                if entry.term == item.term { acknowledged.append(item.text) }
                return true
            }
        }

        cluster.heal()
        cluster.loss = 0
        for number in 1...count {
            cluster[number].disk.isStalled = false
            if !cluster[number].isUp { cluster.restart(number) }
            cluster.queue.add(.disk(Cluster.id(number)), due: cluster.now)
        }
        let isConverged = cluster.run(within: .seconds(15)) { cluster in
            guard let leader = cluster.leader, cluster[leader].node.isReadyForReads else { return false }
            let members = cluster[leader].node.membership
            return cluster.servers.allSatisfy {
                members[$0.node.id] == nil || $0.appliedIndex == cluster[leader].node.lastIndex
            }
        }
        #expect(isConverged, "seed \(seed): no convergence after healing:\n\(cluster.summary)")
        cluster.checkLogMatching()
        let leader = try #require(cluster.leader, "seed \(seed)")
        let members = cluster[leader].node.membership
        for number in 1...count where members[Cluster.id(number)] != nil {
            #expect(cluster.texts(number) == cluster.texts(leader), "seed \(seed): state machines differ")
        }
        let there = Set(cluster.texts(leader))
        for text in acknowledged { #expect(there.contains(text), "seed \(seed): acknowledged \(text) is lost") }
    }

    private func changeMembership(of cluster: inout Cluster, _ dice: inout SeededRandom) {
        guard let leader = cluster.leader else { return }
        let number = Int.random(in: 1...cluster.servers.count, using: &dice)
        let member = cluster[leader].node.membership[Cluster.id(number)]
        let change: MembershipChange =
            switch member?.suffrage {
            case nil: .addLearner(Cluster.server(number))
            case .learner: .promote(Cluster.id(number))
            case .voter: .remove(Cluster.id(number))
            }
        // Refused changes are part of the run.
        try? cluster[leader].node.changeMembership(change, at: cluster.now)
        cluster.settle(leader)
    }

    private func fault(in cluster: inout Cluster, _ dice: inout SeededRandom) {
        let count = cluster.servers.count
        let number = Int.random(in: 1...count, using: &dice)
        switch Int.random(in: 0..<20, using: &dice) {
        case 0: cluster.isolate(number)
        case 1, 2: cluster.heal()
        case 3:
            let members = Array(1...count).shuffled(using: &dice)
            let half = count / 2
            cluster.partition([Array(members[..<half]), Array(members[half...])])
        case 4:
            let other = Int.random(in: 1...count, using: &dice)
            cluster.cuts.insert(Cluster.Pair(from: Cluster.id(number), to: Cluster.id(other)))
        case 5: if cluster[number].isUp { cluster.crash(number) }
        case 6, 7, 8: if !cluster[number].isUp { cluster.restart(number) }
        case 9: if cluster[number].isUp { cluster[number].disk.isStalled = true }
        case 10, 11:
            cluster[number].disk.isStalled = false
            cluster.queue.add(.disk(Cluster.id(number)), due: cluster.now)
        case 12:
            if let leader = cluster.leader {
                cluster[leader].node.transferLeadership(to: nil, at: cluster.now)
                cluster.settle(leader)
            }
        default: break
        }
    }
}
