import Determinism
import FederationModel
import Testing

@testable import RoutingCore

@Suite("The reachability matrix") struct MatrixTests {
    static let five = ["dc1": 3, "dc2": 3, "dc3": 3, "dc4": 3, "dc5": 3]
    static let three = ["dc1": 3, "dc2": 3, "dc3": 3]

    @Test("Every server knows the rows of all datacenters within seconds, with the round trips")
    func allRows() {
        var world = MatrixWorld(seed: 1, Self.five)
        world.roundTrips[.init(from: "dc2", to: "dc3")] = .milliseconds(80)
        world.roundTrips[.init(from: "dc3", to: "dc2")] = .milliseconds(80)
        world.run(for: .seconds(10))
        for name in world.names {
            let matrix = world[name].matrix(at: world.now)
            #expect(matrix.rows.map(\.datacenter) == ["dc1", "dc2", "dc3", "dc4", "dc5"], "\(name)")
            #expect(matrix.silent.isEmpty && matrix.cuts.isEmpty)
            for row in matrix.rows {
                #expect(row.entries.count == 4 && row.age <= .seconds(5))
                #expect(row.entries.allSatisfy { $0.reaches && $0.hears && $0.verdict == .up })
            }
            #expect(matrix["dc2"]?["dc3"]?.roundTrip == .milliseconds(80))
            let reaches = world[name].reaches(from: "dc2", to: "dc3", at: world.now)
            #expect(reaches?.reaches == true && reaches?.roundTrip == .milliseconds(80))
        }
        #expect(world["s1.dc1"].reaches(from: "dc9", to: "dc3", at: world.now) == nil)
    }

    @Test("A row that still holds is not sent again; round trips that have drifted are told within a minute")
    func rowsHold() {
        var world = MatrixWorld(seed: 8, Self.five)
        world.run(for: .seconds(30))
        var before = world.rowCount
        world.run(for: .seconds(60))
        // 15 servers, each asking 12 others; without this there would be 15 × 4 × 60 = 3,600.
        #expect(world.rowCount == before, "\(world.rowCount - before) rows")
        for name in world.names {
            #expect(world[name].matrix(at: world.now).rows.allSatisfy { $0.age <= .seconds(5) }, "\(name)")
        }
        world.roundTrips[.init(from: "dc2", to: "dc3")] = .milliseconds(80)
        world.roundTrips[.init(from: "dc3", to: "dc2")] = .milliseconds(80)
        before = world.rowCount
        world.run(for: .seconds(60))
        // Six servers see it, and have twelve askers each.
        #expect((6 * 12...6 * 12 * 4).contains(world.rowCount - before), "\(world.rowCount - before) rows")
        for name in world.names {
            let told = world[name].matrix(at: world.now)["dc2"]?["dc3"]?.roundTrip ?? .zero
            #expect(told > .milliseconds(60), "\(name) \(told)")
        }
    }

    @Test("A cut between two datacenters: rows of the other side come through the others, and nobody else agrees")
    func bothWays() {
        var world = MatrixWorld(seed: 2, Self.three)
        world.run(for: .seconds(10))
        world.cut("dc1", "dc2")
        world.cut("dc2", "dc1")
        world.run(for: .seconds(30))
        for name in world.names {
            let matrix = world[name].matrix(at: world.now)
            #expect(matrix.rows.count == 3 && matrix.cuts.isEmpty, "\(name)")
            #expect(matrix["dc1"]?["dc2"]?.reaches == false && matrix["dc2"]?["dc1"]?.reaches == false)
            #expect(matrix["dc3"]?["dc1"]?.reaches == true && matrix["dc3"]?["dc2"]?.reaches == true)
        }
        let report = world["s1.dc1"].report(of: "dc2", at: world.now)
        #expect(report?.verdict == .unreachable && report?.federation == .up)
        #expect(report?.votes.map(\.datacenter) == ["dc3"] && report?.votes.first?.reaches == true)
        // The path that another datacenter offers.
        #expect(world["s1.dc1"].reaches(from: "dc3", to: "dc2", at: world.now)?.reaches == true)
        #expect(world["s1.dc1"].reaches(server: "s2", of: "dc3", to: "dc2", at: world.now)?.reaches == true)
        world.cuts = []
        world.run(for: .seconds(10))
        #expect(world["s1.dc1"].report(of: "dc2", at: world.now)?.verdict == .up)
    }

    @Test("A one-way cut is named with its direction within 15 s, by every server, and by no server before it is there")
    func oneWay() {
        for seed in 1...6 as ClosedRange<UInt64> {
            var world = MatrixWorld(seed: seed, Self.three)
            world.run(for: .seconds(20))
            #expect(world.names.allSatisfy { world[$0].matrix(at: world.now).cuts.isEmpty })
            let took = timeToName(&world)
            #expect(took.map { $0 <= .seconds(15) } == true, "seed \(seed): \(String(describing: took))")
            world.cuts = []
            world.run(for: .seconds(20))
            #expect(world.names.allSatisfy { world[$0].matrix(at: world.now).cuts.isEmpty }, "seed \(seed)")
        }
    }

    /// From a cut until every server names it and nothing else; nil when that takes more than 30 s.
    private func timeToName(_ world: inout MatrixWorld) -> Duration? {
        world.cut("dc2", "dc1")
        return world.time(until: .seconds(30)) { world in
            world.names.allSatisfy {
                world[$0].matrix(at: world.now).cuts == [ReachabilityMatrix.Cut(from: "dc2", to: "dc1")]
            }
        }
    }

    @Test("What was fetched while rows still changed does not stand for long: all servers name a cut soon")
    func slowestToName() throws {
        var slowest = (took: Duration.zero, seed: UInt64(0))
        for seed in 101...140 as ClosedRange<UInt64> {
            var world = MatrixWorld(seed: seed, Self.three)
            world.run(for: .seconds(6))
            let time = try #require(timeToName(&world), "seed \(seed)")
            if time > slowest.took { slowest = (time, seed) }
        }
        #expect(slowest.took <= .seconds(11), "seed \(slowest.seed): \(slowest.took)")
    }

    @Test("No direction is named when both ways are cut, or when all servers die, freeze or come back")
    func noDirection() {
        for seed in 1...3 as ClosedRange<UInt64> {
            for event in 0..<3 {
                var world = MatrixWorld(seed: seed, Self.three)
                world.run(for: .seconds(15))
                switch event {
                case 0:
                    world.cut("dc1", "dc2")
                    world.cut("dc2", "dc1")
                case 1: world.set("dc2", .dead)
                default: world.set("dc2", .frozen)
                }
                for _ in 0..<60 {
                    world.run(for: .milliseconds(500))
                    #expect(world.ones.allSatisfy { world[$0].matrix(at: world.now).cuts.isEmpty })
                }
                world.cuts = []
                world.set("dc2", .alive)
                for _ in 0..<40 {
                    world.run(for: .milliseconds(500))
                    #expect(world.ones.allSatisfy { world[$0].matrix(at: world.now).cuts.isEmpty })
                }
                #expect(world["s1.dc1"].verdict(of: "dc2") == .up, "seed \(seed), event \(event)")
            }
        }
    }

    @Test("A killed datacenter is unreachable for all; its row is no longer heard")
    func killed() {
        var world = MatrixWorld(seed: 4, Self.five)
        world.run(for: .seconds(10))
        world.set("dc4", .dead)
        world.run(for: .seconds(20))
        for name in world.names where !name.hasSuffix("dc4") {
            let report = world[name].report(of: "dc4", at: world.now)
            #expect(report?.verdict == .unreachable && report?.federation == .unreachable)
            #expect(report?.votes.count == 3 && report?.signs == ["pings"] + (report?.votes.map(\.datacenter) ?? []))
            #expect(report?.quorumMargin == -2)
            #expect(world[name].matrix(at: world.now).silent == ["dc4"])
            let changes = world[name].history.changes
            #expect(changes.map(\.scope).contains(.local) && changes.map(\.scope).contains(.federation))
            #expect(zip(changes, changes.dropFirst()).allSatisfy { $0.index < $1.index })
        }
    }

    @Test("A datacenter of Consul has no row, is judged, and votes on nobody")
    func foreign() {
        var world = MatrixWorld(seed: 5, Self.three, foreign: ["dc3"])
        world.run(for: .seconds(10))
        let matrix = world["s1.dc1"].matrix(at: world.now)
        #expect(matrix.silent == ["dc3"] && matrix.rows.map(\.datacenter) == ["dc1", "dc2"])
        world.set("dc3", .frozen)
        world.run(for: .seconds(20))
        let report = world["s1.dc1"].report(of: "dc3", at: world.now)
        #expect(report?.verdict == .frozen && report?.federation == .frozen)
        #expect(report?.votes.map(\.datacenter) == ["dc2"])
    }

    @Test(
        "The majority's verdict: a worse one needs more than half",
        arguments: [
            ([Verdict.up], Verdict.up), ([.unreachable, .up], .up), ([.unreachable, .unreachable, .up], .unreachable),
            ([.up, .degraded, .unreachable], .degraded), ([.frozen, .unreachable], .frozen),
            ([.left, .left, .unreachable], .left), ([.leaderless, .up, .up, .unreachable], .up),
        ])
    func majority(votes: [Verdict], expected: Verdict) {
        #expect(Verdict.majority(of: votes) == expected)
        #expect(Verdict.majority(of: votes.reversed()) == expected)
    }

    @Test("Hysteresis both ways: a delay holds a verdict, and who answers is never called unreachable")
    func delays() {
        var configuration = RouterConfiguration(datacenter: "dc1")
        configuration.worseningDelay = .seconds(4)
        configuration.recoveryDelay = .seconds(20)
        var world = RouterWorld(seed: 6, configuration)
        world.add("dc2", count: 3)
        world.run(for: .seconds(10))
        world.set("dc2") { $0.condition = .refusing }
        world.run(for: .seconds(4))
        #expect(world.router.verdict(of: "dc2") == .up)
        world.run(for: .seconds(6))
        #expect(world.verdicts.map(\.verdict) == [.unreachable])
        world.set("dc2") { $0.condition = .alive }
        world.run(for: .seconds(5))
        #expect(world.verdicts.map(\.verdict) == [.unreachable, .degraded])
        world.run(for: .seconds(25))
        #expect(world.verdicts.map(\.verdict) == [.unreachable, .degraded, .up])
    }

    @Test("Rows: the newest of a server wins, old ones and those of a clock set back are dropped in time")
    func newestWins() {
        var book = RowBook()
        func row(_ stamp: UInt64, _ verdict: Verdict) -> ReachabilityRow {
            let entry = ReachabilityRow.Entry(
                datacenter: "dc3", verdict: verdict, reaches: verdict.reaches, hears: true, roundTrip: nil, since: 0)
            return ReachabilityRow(datacenter: "dc2", server: "s1", stamp: stamp, entries: [entry])
        }
        let now = Instant.zero + .seconds(100)
        var learned: [Bool] = []
        learned.append(book.learn(CarriedRow(row(10, .up), age: .zero), at: now))
        learned.append(book.learn(CarriedRow(row(9, .frozen), age: .zero), at: now))
        learned.append(book.learn(CarriedRow(row(10, .frozen), age: .zero), at: now))
        learned.append(book.learn(CarriedRow(row(11, .frozen), age: .seconds(3)), at: now))
        #expect(learned == [true, false, false, true])
        #expect(book.held(of: "dc2", within: .seconds(15), at: now).map(\.row.stamp) == [11])
        #expect(book.lastWritten(of: "dc2") == now - .seconds(3))
        let isOldTaken = book.learn(CarriedRow(row(20, .up), age: .seconds(60)), at: now)
        let isLaterTaken = book.learn(CarriedRow(row(1, .up), age: .zero), at: now + .seconds(60))
        #expect(!isOldTaken && isLaterTaken)
    }
}
