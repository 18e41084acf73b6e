import Determinism
import Testing
import YAMLReader

@testable import TopologyCore

struct LinkShaperTests {
    private static let observer = "10.77.255.1"

    /// Two datacenters of two agents each; dc1 is site 0, dc2 site 1, the runner site 2.
    private func shaper(_ links: String, seed: UInt64 = 7) throws -> LinkShaper {
        let text = """
            name: t
            datacenters: {dc1: {servers: 1, clients: 1}, dc2: {servers: 1, clients: 1}}
            producers: {web: {service: web, at: dc1-c1}}
            steps: [{name: a, do: [{start: all}]}]
            links:
              \(links)
            """
        let topology = try TopologyReader.read(try YAMLText.read(text))
        let sites = [["dc1-s1", "dc1-c1"], ["dc2-s1", "dc2-c1"]]
        let addresses = [
            "dc1-s1": "10.77.1.1", "dc1-c1": "10.77.1.2", "web": "10.77.1.3", "dc2-s1": "10.77.2.1",
            "dc2-c1": "10.77.2.2",
        ]
        let plan = TopologyPlan(topology, addresses: addresses, folder: "/data")
        return LinkShaper(topology, plan, sites: sites, observer: Self.observer, seed: seed)
    }

    private func packet(_ from: String, _ to: String, tcp: Bool = false, bytes: Int = 40, mark: UInt8 = 0) -> [UInt8] {
        var packet = [UInt8](repeating: 0, count: bytes)
        packet[0] = 0x45
        (packet[2], packet[3]) = (UInt8(bytes >> 8), UInt8(bytes & 255))
        packet[9] = tcp ? 6 : 17
        for (place, text) in [(12, from), (16, to)] {
            packet.replaceSubrange(place..<place + 4, with: text.split(separator: ".").compactMap { UInt8($0) })
        }
        packet[bytes - 1] = mark
        return packet
    }

    /// Everything that arrives, with its time in nanoseconds.
    private func arrivals(_ shaper: inout LinkShaper) -> [(time: Int64, mark: UInt8, site: Int)] {
        var arrivals: [(time: Int64, mark: UInt8, site: Int)] = []
        var effects: [LinkShaper.Effect] = []
        while shaper.nextDeadline < .distantFuture {
            let now = shaper.nextDeadline
            shaper.advance(to: now, into: &effects)
            for case .deliver(let packet, let site) in effects {
                arrivals.append((now.nanoseconds, packet.last ?? 0, site))
            }
            effects = []
        }
        return arrivals
    }

    private func send(_ packets: [[UInt8]], from site: Int = 0, _ shaper: inout LinkShaper, every gap: Int64 = 0) {
        var effects: [LinkShaper.Effect] = []
        for (number, packet) in packets.enumerated() {
            let now = Instant(nanoseconds: Int64(number) * gap)
            shaper.handle(packet, from: site, at: now, into: &effects)
        }
        #expect(effects == [])
    }

    private static let fixed = "between: {latency: 20ms, loss: 0%}"

    @Test("A packet arrives after the link's latency at the other site")
    func latency() throws {
        var shaper = try shaper(Self.fixed)
        send([packet("10.77.1.1", "10.77.2.1")], &shaper)
        #expect(arrivals(&shaper).map(\.time) == [20_000_000])
        #expect(shaper.deliveredCount == 1)
    }

    @Test("What is no IPv4 packet of that site's agents goes nowhere")
    func addresses() throws {
        var shaper = try shaper(Self.fixed)
        let good = packet("10.77.1.1", "10.77.2.1")
        var (version, short, long) = (good, good, good)
        version[0] = 0x65
        short[0] = 0x44
        long[3] += 1
        send([[], Array(good.prefix(19)), version, short, long], &shaper)
        #expect(shaper.dropCounts == [.malformed: 5])
        send(
            [
                packet("10.77.2.1", "10.77.1.1"), packet("10.77.1.1", "8.8.8.8"), packet("10.77.1.9", "10.77.2.1"),
                packet("10.77.1.1", "10.77.1.2"), packet(Self.observer, "10.77.2.1"),
            ], &shaper)
        #expect(shaper.dropCounts == [.malformed: 5, .misaddressed: 5])
        #expect(arrivals(&shaper).isEmpty)
    }

    @Test("The runner's own packets pass at once, cut or not")
    func observer() throws {
        var shaper = try shaper(Self.fixed)
        shaper.apply(.cut(from: ["dc1-s1", "dc1-c1"], to: ["dc2-s1", "dc2-c1"]))
        let (question, answer) = (packet(Self.observer, "10.77.1.3"), packet("10.77.1.3", Self.observer))
        var effects: [LinkShaper.Effect] = []
        shaper.handle(question, from: 2, at: .zero, into: &effects)
        shaper.handle(answer, from: 0, at: .zero, into: &effects)
        #expect(effects == [.deliver(question, site: 0), .deliver(answer, site: 2)])
    }

    @Test("A cut is silent and one way; mending ends it, clogs stay")
    func cuts() throws {
        var shaper = try shaper(Self.fixed)
        shaper.apply(.cut(from: ["dc1-s1"], to: ["dc2-s1"]))
        var values = Topology.LinkValues()
        values.latency = .fixed(.milliseconds(50))
        shaper.apply(.clog(values, from: ["dc2-s1"], to: ["dc1-s1"]))
        #expect(shaper.linkState == (true, true))
        send([packet("10.77.1.1", "10.77.2.1"), packet("10.77.1.2", "10.77.2.1", mark: 1)], &shaper)
        send([packet("10.77.2.1", "10.77.1.1", mark: 2)], from: 1, &shaper)
        #expect(arrivals(&shaper).map(\.mark) == [1, 2])
        #expect(shaper.dropCounts == [.cut: 1])
        shaper.apply(.mendAll)
        #expect(shaper.linkState == (false, true))
        send([packet("10.77.1.1", "10.77.2.1", mark: 3)], &shaper)
        send([packet("10.77.2.1", "10.77.1.1", mark: 4)], from: 1, &shaper)
        #expect(arrivals(&shaper).map(\.time) == [20_000_000, 50_000_000])
        shaper.apply(.unclogAll)
        #expect(shaper.linkState == (false, false))
    }

    @Test("Loss and duplication come as often as told")
    func chances() throws {
        var shaper = try shaper("between: {latency: 1ms, loss: 20%, duplicate: 10%}")
        let count = 10_000
        send((0..<count).map { _ in packet("10.77.1.1", "10.77.2.1") }, &shaper, every: 1_000_000)
        let lost = shaper.dropCounts[.lost] ?? 0
        #expect((1800...2200).contains(lost))
        #expect((700...900).contains(arrivals(&shaper).count - (count - lost)))
    }

    @Test("Datagrams overtake one another, segments of streams only when told to")
    func order() throws {
        func marks(_ links: String, tcp: Bool) throws -> [UInt8] {
            var shaper = try shaper(links)
            let packets = (0..<200).map { packet("10.77.1.1", "10.77.2.1", tcp: tcp, mark: UInt8($0)) }
            send(packets, &shaper, every: 100_000)
            return arrivals(&shaper).map(\.mark)
        }
        let range = "between: {latency: 10ms..40ms, loss: 0%}"
        #expect(try marks(range, tcp: false) != Array(0..<200))
        #expect(try marks(range, tcp: true) == Array(0..<200))
        #expect(try marks("between: {latency: 10ms, loss: 0%, reorder: 5%}", tcp: true) != Array(0..<200))
    }

    @Test("Bandwidth: a packet waits for those before it, and beyond half a second of the line it is dropped")
    func bandwidth() throws {
        var shaper = try shaper("between: {latency: 0ms, loss: 0%, bandwidth: 1mbit}")
        // 1250 bytes are 10 ms of a megabit a second; the first waits for nobody.
        send((0..<100).map { packet("10.77.1.1", "10.77.2.1", bytes: 1250, mark: UInt8($0)) }, &shaper)
        let times = arrivals(&shaper).map(\.time)
        #expect(times.prefix(3) == [10_000_000, 20_000_000, 30_000_000])
        #expect(times.count == 51)
        #expect(shaper.dropCounts == [.queueFull: 49])
    }

    @Test("Bytes under way are bounded")
    func bounded() throws {
        var shaper = try shaper("between: {latency: 10s, loss: 0%}")
        let big = packet("10.77.1.1", "10.77.2.1", bytes: 65_000)
        let room = LinkShaper.maxQueuedBytes / 65_000
        send(Array(repeating: big, count: room + 3), &shaper)
        #expect(shaper.dropCounts == [.queueFull: 3])
        #expect(arrivals(&shaper).count == room)
        send([big], &shaper)
        #expect(arrivals(&shaper).count == 1)
    }

    @Test("The same seed shapes the same packets in the same way")
    func seeded() throws {
        func times(_ seed: UInt64) throws -> [Int64] {
            var shaper = try shaper("between: {latency: 1ms..30ms, loss: 5%, duplicate: 5%}", seed: seed)
            send((0..<100).map { _ in packet("10.77.1.1", "10.77.2.1") }, &shaper, every: 1_000_000)
            return arrivals(&shaper).map(\.time)
        }
        #expect(try times(1) == times(1))
        #expect(try times(1) != times(2))
    }

    @Test(
        "One site for a datacenter, one for each agent where its own links differ",
        arguments: [
            ("partition: [dc1, dc2]", 2), ("cut: {from: dc1-s1, to: dc2}", 3), ("partition: [dc1-s1, dc1-c1]", 3),
            ("cut: {from: leader of dc1, to: dc1}", 4), ("heal: true", 2),
        ])
    func sites(_ action: String, _ count: Int) throws {
        let text = """
            name: t
            datacenters: {dc1: {servers: 1, clients: 1}, dc2: {servers: 1, clients: 1}}
            steps: [{name: a, do: [{start: all}, {\(action)}]}]
            """
        let topology = try TopologyReader.read(try YAMLText.read(text))
        #expect(LinkSites.sites(of: topology).count == count)
    }
}
