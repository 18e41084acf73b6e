import Determinism
import FederationModel
import RaftCore
import ServerCore

/// Faults in a row against one promise of Raft, as its papers warn of them. Each waits for the fact that makes it
/// matter; who plays which part and how long things last is drawn.
struct Plot: Sendable {
    enum Kind: CaseIterable, Sendable {
        /// Everybody campaigns at once, and who voted first restarts while others still ask in that term (§5.2).
        case splitVote
        /// Figure 8: an entry of an old leader reaches a quorum under a newer term, while another server's log ends in
        /// a term between them.
        case oldEntries
        /// TimeoutNow leaves, and its sender hears no more of what comes of it (thesis §3.10, §6.4.1).
        case handOver
        /// A candidate that has long missed the leader asks those that restart within its lease (thesis §6.4.1).
        case restartWithinLease
        /// A leader stands still while another is elected, then goes on and is asked before it can know (§8).
        case frozenLeader
    }

    let number: Int
    let kind: Kind
    /// Against whom.
    let leader: Int
    /// Whose moment it is to be.
    var rival: Int?
    var stage = 0
    /// In which the leader leads again.
    var term: Term?
}

extension Nemesis {
    /// - Returns: whether there is a plot now. All must run, and the leader know that it leads.
    mutating func begin(against leader: Int, in world: inout World) -> Bool {
        guard (0..<serverCount).allSatisfy({ world.isRunning($0) && !world.states[$0].isFrozen }),
            world.views[leader]?.isLeader == true, let kind = Plot.Kind.allCases.randomElement(using: &random)
        else { return false }
        for from in 0..<serverCount { for to in 0..<serverCount { world.setCut(false, from: from, to: to) } }
        plotCount += 1
        let plot = Plot(number: plotCount, kind: kind, leader: leader)
        self.plot = plot
        note("plot \(kind) against s\(leader + 1)", in: &world)
        plan(.endPlot(plotCount), after: .seconds(4) + patience * 3, in: &world)
        switch kind {
        case .splitVote: beginSplitVote(leader, in: &world)
        case .oldEntries: cut(around(leader, both: true), in: &world)
        case .handOver:
            plan(.focus(.looking(at: leader, isConsistent: false)), after: .zero, in: &world)
            plan(.leave(leader), after: draw(50..<400), in: &world)
        case .restartWithinLease: beginRestart(leader, in: &world)
        case .frozenLeader:
            plan(.focus(.avoiding(leader)), after: .zero, in: &world)
            plan(.cut(around(leader, both: true), time: .seconds(60)), after: .milliseconds(100), in: &world)
            plan(.freeze(leader, .seconds(60)), after: .milliseconds(100), in: &world)
        }
        return true
    }

    /// What the leader has sent must not be what they wake up to.
    private mutating func beginSplitVote(_ leader: Int, in world: inout World) {
        kill(leader, for: patience + draw(1500..<4000), in: &world)
        let pause = draw(30..<120)
        let time = patience + draw(0..<300)
        for host in 0..<serverCount where host != leader { plan(.freeze(host, time), after: pause, in: &world) }
    }

    /// Nobody writes before: the rival's log must not be the shorter one.
    private mutating func beginRestart(_ leader: Int, in world: inout World) {
        let rival = anyone(but: leader)
        plot?.rival = rival
        plan(.focus(.resting(at: leader)), after: .zero, in: &world)
        let pairs = [Pair(from: leader, to: rival), Pair(from: rival, to: leader)]
        let beginning = draw(200..<500)
        plan(.cut(pairs, time: .seconds(60)), after: beginning, in: &world)
        let delay = beginning + patience + draw(50..<400)
        plan(.cut(around(leader, both: true), time: .seconds(60)), after: delay, in: &world)
        plan(.focus(.looking(at: leader, isConsistent: false)), after: delay, in: &world)
        for host in 0..<serverCount where host != leader && host != rival {
            plan(.kill(host, downTime: draw(1..<8)), after: delay + draw(0..<4), in: &world)
        }
        plan(.endPlot(plotCount), after: delay + draw(1000..<2000), in: &world)
    }

    mutating func hear(_ fact: Fact, _ host: Int, in world: inout World) {
        guard let plot else { return }
        switch (plot.kind, plot.stage, fact) {
        case (.splitVote, 0, .observed(.voted)):
            // Sometimes it is the next one.
            guard random.chance(0.8) else { return }
            self.plot?.stage = 1
            plan(.kill(host, downTime: draw(1..<20)), after: draw(0..<3), in: &world)
            plan(.endPlot(plot.number), after: patience + .seconds(1), in: &world)

        case (.oldEntries, 0, .observed(.voted(_, let candidate))):
            // Elected, and nobody hears of it.
            guard host != plot.leader, world.configurations[host].nodeID != candidate,
                let rival = world.configurations.firstIndex(where: { $0.nodeID == candidate })
            else { return }
            self.plot?.stage = 1
            self.plot?.rival = rival
            cut((0..<serverCount).filter { $0 != rival }.map { Pair(from: rival, to: $0) }, in: &world)
        case (.oldEntries, 1, .observed(.becameLeader)) where host == plot.rival:
            self.plot?.stage = 2
            cut(around(host, both: true), in: &world)
            for pair in around(plot.leader, both: true) where pair.from != host && pair.to != host {
                world.setCut(false, from: pair.from, to: pair.to)
            }
        case (.oldEntries, 2, .observed(.becameLeader(let term))) where host == plot.leader:
            self.plot?.term = term
        case (.oldEntries, 2, .observed(.applied(_, let term, _))) where host == plot.leader:
            if let present = plot.term, term < present { beginOverwriting(plot, in: &world) }

        case (.handOver, 0, .wrote(let batch)) where host != plot.leader:
            // It campaigns; its requests for votes wait for its disk.
            guard batch.hardState?.votedFor == world.configurations[host].nodeID else { return }
            self.plot?.stage = 1
            cut(around(plot.leader, both: random.chance(0.3)), in: &world)
            plan(.endPlot(plot.number), after: draw(700..<1500), in: &world)

        case (.frozenLeader, 0, .observed(.becameLeader)) where host != plot.leader:
            self.plot?.stage = 1
            let isConsistent = random.chance(0.7)
            plan(.focus(.looking(at: plot.leader, isConsistent: isConsistent)), after: draw(150..<600), in: &world)
            let time = draw(600..<1500)
            plan(.resume(plot.leader), after: time, in: &world)
            plan(.endPlot(plot.number), after: time + draw(200..<900), in: &world)
        default: break
        }
    }

    /// The leader has applied an entry of its earlier term: power fails before one of the present term can follow, and
    /// the rival comes back before the leader.
    private mutating func beginOverwriting(_ plot: Plot, in world: inout World) {
        guard let rival = plot.rival else { return }
        self.plot?.stage = 3
        for host in 0..<serverCount where host != rival {
            kill(host, for: host == plot.leader ? patience + draw(1500..<3000) : draw(1..<40), in: &world)
        }
        for pair in around(rival, both: true) { world.setCut(false, from: pair.from, to: pair.to) }
        plan(.endPlot(plot.number), after: patience * 2 + .seconds(1), in: &world)
    }
}
