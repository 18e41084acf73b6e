import CatalogCore
import Determinism
import FederationModel
import RaftCore
import ServerCore
import Testing

@testable import Simulation

/// Each is shown what must not happen, and its innocent neighbour.
@Suite("Each checker of a world sees what it is for")
struct WorldCheckerTests {

    private static func entry(_ index: UInt64, _ term: UInt64, _ data: [UInt8] = []) -> LogEntry {
        LogEntry(term: Term(term), index: LogIndex(index), kind: .command, data: data)
    }

    private static func applied(_ index: UInt64, _ term: UInt64) -> Fact {
        .observed(.applied(LogIndex(index), Term(term), digestOfData: 0))
    }

    private static func wrote(term: UInt64, _ entries: [LogEntry], cutting: UInt64? = nil) -> Fact {
        .wrote(
            WriteBatch(
                hardState: HardState(term: Term(term)), truncateFrom: cutting.map { LogIndex($0) }, entries: entries))
    }

    // MARK: Logs

    private static func logs() -> LogChecker {
        var checker = LogChecker()
        for host in 0..<3 { _ = checker.check(.started(RaftRecovery()), host, "s\(host + 1)") }
        return checker
    }

    @Test("Raft §5.3: two logs that differ at one index and term are a violation, and so are two ways to it")
    func matching() {
        var checker = Self.logs()
        func check(_ fact: Fact, _ host: Int) -> [String] { checker.check(fact, host, "s\(host + 1)") }
        #expect(check(Self.wrote(term: 1, [Self.entry(1, 1, [1]), Self.entry(2, 1, [2])]), 0).isEmpty)
        #expect(check(Self.wrote(term: 1, [Self.entry(1, 1, [1])]), 1).isEmpty)
        #expect(check(Self.wrote(term: 2, [Self.entry(2, 2, [7])]), 1).isEmpty, "another term")
        let other = check(Self.wrote(term: 2, [Self.entry(2, 1, [9])], cutting: 2), 1)
        #expect(other.first?.contains("log matching: s2 has another entry at index 2 of term 1") == true)
        #expect(check(Self.wrote(term: 3, [Self.entry(3, 3, [3])]), 0).isEmpty)
        #expect(check(Self.wrote(term: 3, [Self.entry(1, 2)]), 2).isEmpty)
        let gap = check(Self.wrote(term: 3, [Self.entry(3, 3, [3])]), 2)
        #expect(gap.first == "Raft §5.3: s3 writes entry 3 behind 1")
    }

    @Test("Raft §5.4.3: an entry applied again or too early is a violation; after a restart the snapshot counts")
    func order() {
        var checker = Self.logs()
        func check(_ fact: Fact, _ host: Int) -> [String] { checker.check(fact, host, "s\(host + 1)") }
        _ = check(Self.wrote(term: 1, [Self.entry(1, 1), Self.entry(2, 1), Self.entry(3, 1)]), 0)
        #expect(check(Self.applied(1, 1), 0).isEmpty)
        #expect(check(Self.applied(1, 1), 0) == ["Raft §5.4.3: s1 applies entry 1 again"])
        #expect(check(Self.applied(3, 1), 0) == ["Raft §5.4.3: s1 applies entry 3 before 2"])
        let snapshot = SnapshotMetadata(
            index: LogIndex(2), term: Term(1), membership: Membership(), membershipIndex: .zero,
            clusterID: ClusterID(1))
        _ = check(.started(RaftRecovery(snapshot: snapshot)), 0)
        #expect(check(Self.applied(3, 1), 0).isEmpty)
        #expect(check(Self.applied(2, 1), 0).count == 1)
    }

    @Test("Raft §5.4: a leader without an entry committed before its term is a violation")
    func completeness() {
        var checker = Self.logs()
        func check(_ fact: Fact, _ host: Int) -> [String] { checker.check(fact, host, "s\(host + 1)") }
        _ = check(Self.wrote(term: 1, [Self.entry(1, 1), Self.entry(2, 1)]), 0)
        _ = check(Self.wrote(term: 1, [Self.entry(1, 1), Self.entry(2, 1)]), 1)
        _ = check(Self.wrote(term: 1, [Self.entry(1, 1)]), 2)
        _ = check(Self.applied(1, 1), 0)
        _ = check(Self.applied(2, 1), 0)
        #expect(check(.observed(.becameLeader(Term(2))), 1).isEmpty)
        #expect(check(.observed(.becameLeader(Term(1))), 2).isEmpty, "known as committed only then")
        let found = check(.observed(.becameLeader(Term(3))), 2)
        #expect(found.first?.contains("s3 leads in term 3 without entry 2 of term 1") == true, "\(found)")
    }

    @Test("Thesis §4.1: a leader's change of the peer set waits for an entry of its term; §7: snapshots carry the set")
    func peerSets() {
        var checker = Self.logs()
        func check(_ fact: Fact, _ host: Int) -> [String] { checker.check(fact, host, "s\(host + 1)") }
        var random = SeededRandom(seed: 5)
        let server = RaftServer(
            id: NodeID.random(using: &random), name: "s1", endpoint: Endpoint(IPAddress(127, 0, 0, 1), 8300),
            suffrage: .voter)
        func change(_ index: UInt64, _ term: UInt64) -> Fact {
            Self.wrote(
                term: term,
                [
                    LogEntry(
                        term: Term(term), index: LogIndex(index), kind: .membership, data: Membership([server]).encoded)
                ])
        }
        _ = check(Self.wrote(term: 1, [Self.entry(1, 1)]), 0)
        #expect(check(.observed(.becameLeader(Term(1))), 0).isEmpty)
        _ = check(Self.applied(1, 1), 0)
        _ = check(change(2, 1), 0)
        let first = checker.endOfStep()
        #expect(first.isEmpty)
        _ = check(.observed(.becameLeader(Term(2))), 0)
        _ = check(change(3, 2), 0)
        let second = checker.endOfStep()
        #expect(second.first?.contains("changes the peer set at 3 before an entry of its term 2") == true)

        func saved(_ membership: Membership) -> [String] {
            let metadata = SnapshotMetadata(
                index: LogIndex(3), term: Term(2), membership: membership, membershipIndex: LogIndex(3),
                clusterID: ClusterID(1))
            return check(.saved(metadata, catalog: 1), 0)
        }
        #expect(saved(Membership([server])).isEmpty)
        #expect(saved(Membership()).first?.contains("holds 0 servers as the peer set") == true)
    }

    // MARK: Whole worlds

    private static func watched(_ count: Int = 3) -> (scenario: Scenario, checker: WorldChecker, hosts: [Int]) {
        let scenario = Scenario()
        let hosts = (1...count).map {
            scenario.add(1, $0, bootstrap: count == 1 ? .alone : .expect(count), joining: Array(1...count))
        }
        var checker = WorldChecker()
        checker.begin(&scenario.world)
        for host in hosts { scenario.world.start(host) }
        return (scenario, checker, hosts)
    }

    @Test("A healthy datacenter gives no alarm; facts that must not be are named with their time")
    func world() {
        let (scenario, fresh, hosts) = Self.watched()
        var checker = fresh
        func run(_ time: Duration) {
            let limit = scenario.world.now + time
            while scenario.world.step(before: limit) { _ = checker.watch(&scenario.world) }
        }
        run(.seconds(60))
        #expect(checker.violations.isEmpty, "\(checker.violations)")
        let ids = hosts.map { scenario.world.configurations[$0].nodeID }
        scenario.world.facts = [
            (host: 0, .observed(.voted(Term(900), for: ids[1]))), (host: 0, .observed(.voted(Term(900), for: ids[2]))),
            (host: 1, .observed(.member(.lan, scenario.world.hosts[2], .failed))),
        ]
        _ = checker.watch(&scenario.world)
        #expect(checker.violations.map(\.checker) == ["votes", "members"], "\(checker.violations)")
        #expect(checker.violations.first?.description.contains("votes for dc1-s3 in term 900") == true)
        // A cut explains it.
        scenario.world.setCut(true, from: 0, to: 2)
        scenario.world.facts.append((host: 1, .observed(.member(.lan, scenario.world.hosts[2], .failed))))
        _ = checker.watch(&scenario.world)
        #expect(checker.violations.count == 2)
    }

    @Test("A watcher that is not answered while the keys it watches are others is a violation")
    func watches() {
        let (scenario, _, hosts) = Self.watched(1)
        let host = hosts[0]
        var checker = WatchChecker(prefix: "k/")
        for (host, fact) in scenario.world.takeFacts() { checker.check(fact, host) }
        _ = scenario.awaitLeader(among: hosts)
        #expect(scenario.put("k/1", "a", at: host))
        #expect(checker.idle == [host])
        let id = RequestID(77)
        let query = checker.query(host, id: id, datacenter: "dc1")
        guard let present = scenario.ask(query, at: host) else {
            Issue.record("no answer")
            return
        }
        let isWatched = checker.answered(id, present)
        #expect(isWatched)
        _ = checker.query(host, id: id, datacenter: "dc1")
        checker.check(.observed(.applied(LogIndex(9), Term(2), digestOfData: 0)), host)
        let same = checker.endOfStep(scenario.world)
        #expect(same.isEmpty)
        #expect(scenario.put("k/2", "b", at: host))
        checker.check(.observed(.applied(LogIndex(10), Term(2), digestOfData: 0)), host)
        let missed = checker.endOfStep(scenario.world)
        #expect(missed.first?.contains("a blocking query of k/") == true)
    }

    @Test("An agent with too many turns in a second, or with requests left when nobody asks, is a violation")
    func bounds() {
        let (scenario, _, hosts) = Self.watched(1)
        var checker = BoundChecker()
        func check() -> [String] { checker.check(&scenario.world) }
        scenario.run(for: .seconds(2))
        #expect(check().isEmpty)
        scenario.run(for: .seconds(2))
        #expect(check().isEmpty)
        scenario.world.turnCounts[hosts[0]] += BoundChecker.maxTurnCount
        scenario.run(for: .seconds(2))
        #expect(check().first?.contains("turns within a second") == true)
        let left = checker.idleViolations(&scenario.world)
        #expect(left.isEmpty)
    }

    // MARK: What the checkers found

    /// Found by the number of turns: the time at which gathered coordinates are proposed stayed due for ever, and the
    /// agent asked for its timer each microsecond.
    @Test("Coordinates that reach a leader before its duties begin keep no timer due once it leads no more")
    func coordinatesBeforeDuties() {
        let scenario = Scenario()
        let servers = scenario.addServers(3)
        // Elected, and cut off before its first entry is committed.
        let limit = scenario.world.now + .seconds(10)
        while scenario.elections.isEmpty, scenario.world.now < limit {
            scenario.run(for: .microseconds(50))
        }
        guard let leader = scenario.elections.first?.host else {
            Issue.record("no leader")
            return
        }
        for other in servers where other != leader {
            scenario.world.setCut(true, from: leader, to: other)
            scenario.world.setCut(true, from: other, to: leader)
        }
        let coordinate = Request.coordinateUpdate(
            CoordinateUpdateRequest(datacenter: "dc1", node: scenario.world.hosts[leader]))
        _ = scenario.begin(coordinate, at: leader)
        scenario.run(for: .seconds(6))
        let before = scenario.world.turnCounts[leader]
        scenario.run(for: .seconds(1))
        #expect(scenario.world.turnCounts[leader] - before < 1000)
    }

    /// 162: a server ends itself in the turn in which it goes on after a freeze, with answers.
    @Test("Aimed faults find nothing in one datacenter", arguments: [1, 162] as [UInt64])
    func datacenter(seed: UInt64) {
        let report = HardScenario.datacenter.run(seed: seed)
        #expect(report.violations.isEmpty, "\(report.line)\n\(report.violations)\n\(report.faults)")
    }

    /// 124: with half as many transmissions a refutation missed one member, which declared a healthy one failed 14 s
    /// after the heal.
    @Test(
        "A pool finds together after a fault, and nobody is declared failed once it is healthy",
        arguments: [1, 124] as [UInt64])
    func pool(seed: UInt64) {
        let report = HardScenario.pool.run(seed: seed)
        #expect(report.violations.isEmpty, "\(report.line)\n\(report.violations)\n\(report.faults)")
    }

    @Test(
        "What agents register stands in the catalogs whole, and in the end as they say it",
        arguments: [1, 75, 188] as [UInt64])
    func registrations(seed: UInt64) {
        let report = HardScenario.registrations.run(seed: seed)
        #expect(report.violations.isEmpty, "\(report.line)\n\(report.violations)\n\(report.faults)")
    }

    @Test("No session ends before the time that its holder was promised", arguments: 1...4 as ClosedRange<UInt64>)
    func sessions(seed: UInt64) {
        let report = HardScenario.sessions.run(seed: seed)
        #expect(report.violations.isEmpty, "\(report.line)\n\(report.violations)\n\(report.faults)")
    }
}
