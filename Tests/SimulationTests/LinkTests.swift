import FederationModel
import ServerCore
import Simulation
import Testing
import TopologyCore

/// Links, disks and clocks of the world, one fault at a time.
@Suite struct LinkTests {
    private func link(_ latency: Duration, _ change: (inout Topology.Link) -> Void = { _ in }) -> Topology.Link {
        var link = Topology.Link.between
        link.latency = .fixed(latency)
        link.loss = 0
        change(&link)
        return link
    }

    /// Two datacenters of one server each, 100 ms apart.
    private func pair(_ change: (inout Topology.Link) -> Void = { _ in }) -> (Scenario, here: Int, there: Int) {
        let scenario = Scenario()
        let here = scenario.add(1, 1, bootstrap: .alone, federating: [2])
        let there = scenario.add(2, 1, bootstrap: .alone, federating: [1])
        for (from, to) in [(here, there), (there, here)] {
            scenario.world.setLink(link(.milliseconds(100), change), from: from, to: to)
        }
        for host in [here, there] { scenario.world.start(host) }
        scenario.run(for: .seconds(5))
        return (scenario, here, there)
    }

    /// How long a write of `byteCount` bytes to the other datacenter takes.
    private func timeOfWrite(_ scenario: Scenario, _ byteCount: Int, at host: Int) -> Duration? {
        let entry = DirEntry(key: ByteString("k"), value: ByteString(String(repeating: "x", count: byteCount)))
        let id = scenario.begin(
            .kvsApply(KVSRequest(datacenter: "dc2", op: "set", dirEnt: entry)), at: host, timeout: .seconds(30))
        return scenario.run(atMost: .seconds(40)) { $0.answer(id) != nil }
    }

    /// One server that leads itself.
    private func lone() -> (Scenario, Int) {
        let scenario = Scenario()
        let host = scenario.add(1, 1, bootstrap: .alone)
        scenario.world.start(host)
        _ = scenario.awaitLeader(among: [host])
        return (scenario, host)
    }

    @Test func latencyCountsOnBothWays() throws {
        let (scenario, here, _) = pair()
        let time = try #require(timeOfWrite(scenario, 10, at: here))
        #expect(time >= .milliseconds(200) && time < .milliseconds(700), "\(time)")
    }

    @Test func bandwidthHoldsLargeWritesUp() throws {
        let (scenario, here, _) = pair { $0.bandwidth = 1_000_000 }
        // 200 kB at 1 Mbit/s need 1.6 s.
        let time = try #require(timeOfWrite(scenario, 200_000, at: here))
        #expect(time >= .milliseconds(1700) && time < .seconds(4), "\(time)")
    }

    @Test func lossDelaysStreamsAndLosesNothing() throws {
        let (scenario, here, _) = pair { $0.loss = 0.2 }
        for _ in 0..<10 { #expect(timeOfWrite(scenario, 5000, at: here) != nil) }
    }

    @Test func datagramsAreDuplicatedAndReorderedWithoutHarm() throws {
        let (scenario, here, there) = pair {
            $0.duplicate = 0.5
            $0.reorder = 0.5
            $0.jitter = .milliseconds(50)
        }
        scenario.run(for: .seconds(30))
        for host in [here, there] {
            guard case .members(let members) = scenario.ask(.members(wan: true), at: host) else {
                Issue.record("no members")
                continue
            }
            #expect(members.map(\.status) == [.alive, .alive])
        }
    }

    @Test func aClogIsLaidOverTheLinkAndTakenAway() throws {
        let (scenario, here, there) = pair()
        var values = Topology.LinkValues()
        values.latency = .fixed(.seconds(1))
        scenario.world.clog(values, from: here, to: there)
        #expect(try #require(timeOfWrite(scenario, 10, at: here)) > .seconds(1))
        scenario.world.unclog(from: here, to: there)
        #expect(try #require(timeOfWrite(scenario, 10, at: here)) < .seconds(1))
    }

    @Test("A one-way cut is silent: a request stalls until its own deadline")
    func oneWayCut() throws {
        let (scenario, here, there) = pair()
        scenario.world.setCut(true, from: here, to: there)
        let time = try #require(timeOfWrite(scenario, 10, at: here))
        // The verdict may end it sooner than its deadline of 30 s, but nobody is told at once.
        #expect(time > .seconds(1), "\(time)")
    }

    @Test func aFullDiskRefusesWritesAndRecovers() throws {
        let (scenario, host) = lone()
        let isPut = scenario.put("a", "1", at: host)
        #expect(isPut)
        scenario.world.fillDisk(host)
        // The first write stands in front of the queue and finds no space.
        _ = scenario.begin(
            .kvsApply(KVSRequest(datacenter: "dc1", op: "set", dirEnt: DirEntry(key: ByteString("b")))), at: host)
        scenario.run(for: .seconds(1))
        let isRefused = !scenario.put("c", "1", at: host)
        #expect(isRefused)
        scenario.world.mendDisk(host)
        _ = scenario.awaitLeader(among: [host])
        let isTaken = scenario.put("d", "1", at: host)
        #expect(isTaken)
        let value = scenario.get("a", at: host)
        #expect(value == "1")
    }

    @Test func anAgentWhoseSyncFailsEnds() throws {
        let (scenario, host) = lone()
        scenario.world.breakDisk(host)
        _ = scenario.put("a", "1", at: host)
        let (isRunning, endings) = (scenario.world.isRunning(host), scenario.world.endings.map(\.failed))
        #expect(!isRunning)
        #expect(endings == [true])
    }

    @Test("A killed process loses nothing that it wrote, a power cut what was not synced")
    func powerCut() throws {
        for losesUnsynced in [false, true] {
            let (scenario, host) = lone()
            let isPut = scenario.put("a", "1", at: host)
        #expect(isPut)
            scenario.world.kill(host, losesUnsynced: losesUnsynced)
            scenario.world.start(host)
            _ = scenario.awaitLeader(among: [host])
            let value = scenario.get("a", at: host)
            #expect(value == "1")
        }
    }

    @Test("A fast clock brings deadlines forward, a jump brings them all at once")
    func clocks() throws {
        var times: [Duration] = []
        for rate in [1.0, 1.25] {
            let scenario = Scenario()
            let hosts = scenario.addServers(3)
            let leader = try #require(scenario.awaitLeader(among: hosts))
            for host in hosts { scenario.world.skewClock(host, rate: rate) }
            scenario.world.kill(leader)
            times.append(
                try #require(
                    scenario.run(atMost: .seconds(20)) { $0.leaders(among: hosts.filter { $0 != leader }).count == 1 }))
        }
        // The same draws of election timeouts, on clocks a quarter faster.
        #expect(times[1] < times[0], "\(times)")
    }
}
