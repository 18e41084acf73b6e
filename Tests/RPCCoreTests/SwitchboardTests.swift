import Determinism
import FederationModel
import Testing

@testable import RPCCore

@Suite struct SwitchboardTests {
    @Test("A call is answered, whatever the network does to the bytes", arguments: [1, 7, 100, 65_536])
    func call(maxPieceBytes: Int) {
        var world = PipeWorld(seed: UInt64(maxPieceBytes))
        world.maxPieceBytes = maxPieceBytes
        world.call(1, method: "KVS.Get", body: [0xA3, 0x61, 0x2F, 0x62])
        world.run(for: .seconds(1))
        #expect(world.result(1) == .success([0xA3, 0x61, 0x2F, 0x62]))
        #expect(world.inbound.map(\.method) == ["KVS.Get"])
    }

    @Test("Concurrent first users share one dial; streams are reused")
    func pooling() {
        var world = PipeWorld(seed: 2)
        for number in 1...50 { world.call(UInt64(number)) }
        world.run(for: .seconds(1))
        #expect(world.completed.count == 50)
        for number in 51...60 {
            world.call(UInt64(number))
            world.run(for: .milliseconds(100))
        }
        #expect(world.completed.count == 60)
        #expect(world.completed.allSatisfy { (try? $0.result.get()) == [0xC3] })
        #expect(world.connectCount == 1)
        #expect(world.hosts[0].connections[0].session?.streamCount == 50)
    }

    @Test("A call on a warm pool costs one write on each side")
    func writes() {
        var world = PipeWorld(seed: 8)
        world.call(1)
        world.run(for: .seconds(1))
        world.writeCount = 0
        for number in 2...101 {
            world.call(UInt64(number), body: [0xDA, 0x01, 0x00] + [UInt8](repeating: 1, count: 256))
            world.run(for: .milliseconds(20))
        }
        #expect(world.completed.count == 101 && world.writeCount == 200)
    }

    @Test("At most 64 idle streams are kept")
    func idleStreams() {
        var world = PipeWorld(seed: 3)
        for number in 1...200 { world.call(UInt64(number)) }
        world.run(for: .seconds(1))
        #expect(world.completed.count == 200)
        #expect(world.hosts[0].connections[0].idle.count == 64)
        #expect(world.hosts[0].connections[0].session?.streamCount == 64)
        #expect(world.hosts[1].connections[0].session?.streamCount == 64)
    }

    @Test("More calls than the peer's backlog of 256 wait and are all answered")
    func backlog() {
        var world = PipeWorld(seed: 4)
        for number in 1...1000 { world.call(UInt64(number)) }
        world.run(for: .seconds(2))
        #expect(world.completed.count == 1000)
        #expect(world.completed.allSatisfy { (try? $0.result.get()) != nil })
    }

    @Test("A blocking call holds its stream and delays nobody")
    func blocking() {
        var world = PipeWorld(seed: 5)
        world.answer = { method, body in (nil, body, method == "Slow.Read" ? .seconds(120) : .zero) }
        world.call(1, method: "Slow.Read", within: .seconds(660))
        world.run(for: .seconds(1))
        world.call(2)
        world.run(for: .seconds(1))
        #expect(world.result(1) == nil && world.result(2) == .success([0xC3]))
        world.run(for: .seconds(130))
        #expect(world.result(1) == .success([0xC3]))
    }

    @Test("The deadline ends a call that was sent; the pool lives on")
    func deadline() {
        var world = PipeWorld(seed: 6)
        world.answer = { method, body in method == "Never.Answer" ? nil : (nil, body, .zero) }
        world.call(1, method: "Never.Answer", within: .seconds(3))
        world.run(for: .milliseconds(2999))
        #expect(world.result(1) == nil)
        world.run(for: .milliseconds(100))
        #expect(world.result(1) == .failure(.noAnswer(connected: true)))
        #expect(world.abandoned == world.inbound.map(\.id))
        world.call(2)
        world.run(for: .seconds(1))
        #expect(world.result(2) == .success([0xC3]))
        #expect(world.connectCount == 1)
    }

    @Test("An application error closes its stream and not the connection")
    func applicationError() {
        var world = PipeWorld(seed: 7)
        world.answer = { method, body in (method == "Bad.Call" ? "Permission denied" : nil, body, .zero) }
        world.call(1, method: "Bad.Call")
        world.run(for: .seconds(1))
        #expect(world.result(1) == .failure(.application("Permission denied")))
        #expect(world.hosts[0].connections[0].session?.streamCount == 0)
        #expect(world.hosts[1].connections[0].session?.streamCount == 0)
        world.call(2)
        world.run(for: .seconds(1))
        #expect(world.result(2) == .success([0xC3]) && world.connectCount == 1)
    }

    @Test("Bodies of 5 MiB pass the window in both directions", arguments: [10, 11, 12])
    func largeBodies(seed: UInt64) {
        var world = PipeWorld(seed: seed)
        var body: [UInt8] = [0xDB, 0, 0x50, 0, 0]
        body += (0..<(5 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        for number in 1...3 { world.call(UInt64(number), body: body) }
        world.call(4, body: [0xC2])
        world.run(for: .seconds(2))
        for number in 1...3 { #expect(world.result(UInt64(number)) == .success(body)) }
        #expect(world.result(4) == .success([0xC2]))
        #expect(world.hosts[1].bufferedCount == 0)
    }

    @Test("Failures tell what is known of the request's fate")
    func failures() {
        var world = PipeWorld(seed: 20)
        world.answer = { _, _ in nil }
        world.down = [1]
        world.call(1)
        world.run(for: .seconds(1))
        #expect(world.result(1) == .failure(.refused))
        world.down = []
        world.silent = [1]
        world.call(2, within: .seconds(20))
        world.call(3, within: .seconds(1))
        world.call(4, within: .seconds(1), fresh: true)
        world.run(for: .seconds(30))
        #expect(world.result(2) == .failure(.connectTimeout))
        #expect(world.result(3) == .failure(.noAnswer(connected: false)))
        #expect(world.result(4) == .failure(.connectTimeout))
        world.silent = []
        world.call(5)
        world.run(for: .seconds(1))
        world.cutAll()
        #expect(world.result(5) == .failure(.lost("closed by the peer")))
        world.call(6, within: .seconds(1), fresh: true)
        world.run(for: .seconds(2))
        #expect(world.result(6) == .failure(.noAnswer(connected: true)))
        #expect(world.hosts[0].connectionCount == 0 && world.hosts[0].callCount == 0)
    }

    @Test("A frozen peer: the deadline holds, the keep-alive ends the session, a new one works")
    func frozen() {
        var world = PipeWorld(seed: 21)
        world.call(1)
        world.run(for: .seconds(1))
        world.frozen = [1]
        world.call(2, within: .seconds(5))
        world.run(for: .seconds(6))
        #expect(world.result(2) == .failure(.noAnswer(connected: true)))
        world.call(3, within: .seconds(100))
        world.run(for: .seconds(50))
        #expect(world.result(3) == .failure(.lost("keep-alive ping not answered")))
        world.thaw(1)
        world.call(4)
        world.run(for: .seconds(1))
        #expect(world.result(4) == .success([0xC3]))
    }

    @Test("A session in use needs no keep-alive; a silent one is pinged, by both ends")
    func keepAlive() {
        var world = PipeWorld(seed: 22)
        world.call(0)
        world.run(for: .seconds(1))
        let before = world.writeCount
        for number in 1...30 {
            world.call(UInt64(number))
            world.run(for: .seconds(10))
        }
        #expect(world.writeCount - before == 2 * 30)
        // From the last answer on; an idle session is closed later than that.
        world.run(for: .seconds(21))
        #expect(world.writeCount - before == 2 * 30 + 4)
        #expect(world.hosts[0].connectionCount == 1 && world.hosts[1].connectionCount == 1)
    }

    @Test("A dead path: after one unanswered call the next one dials anew")
    func suspect() {
        var world = PipeWorld(seed: 25)
        world.call(1)
        world.run(for: .seconds(1))
        world.pipes = []
        world.call(2, within: .seconds(3))
        world.run(for: .seconds(4))
        #expect(world.result(2) == .failure(.noAnswer(connected: true)))
        world.call(3, within: .seconds(3))
        world.run(for: .seconds(1))
        #expect(world.result(3) == .success([0xC3]) && world.connectCount == 2)
    }

    @Test("A cancelled call reports nothing and tells the peer")
    func cancel() {
        var world = PipeWorld(seed: 22)
        world.answer = { _, _ in nil }
        world.call(1)
        world.run(for: .seconds(1))
        world.input(0, .cancelCall(CallID(1)))
        world.run(for: .seconds(20))
        #expect(world.completed.isEmpty)
        #expect(world.abandoned.count == 1)
        #expect(world.hosts[0].callCount == 0)
    }

    @Test("A fresh call uses a connection of its own and closes it")
    func fresh() {
        var world = PipeWorld(seed: 23)
        world.call(1)
        world.run(for: .seconds(1))
        world.call(2, fresh: true)
        world.run(for: .seconds(1))
        #expect(world.result(2) == .success([0xC3]))
        #expect(world.connectCount == 2)
        #expect(world.hosts[0].connectionCount == 1 && world.hosts[1].connectionCount == 1)
    }

    @Test("A connection without calls is closed after two minutes; pings keep it until then")
    func idle() {
        var world = PipeWorld(seed: 24)
        world.call(1)
        world.run(for: .seconds(119))
        #expect(world.hosts[0].connectionCount == 1)
        world.run(for: .seconds(3))
        #expect(world.hosts[0].connectionCount == 0 && world.hosts[1].connectionCount == 0)
        #expect(world.hosts[0].nextDeadline == .distantFuture)
    }

    @Test("The same seed gives the same run; a copy has the same future")
    func determinism() {
        func run() -> ([Instant], Int) {
            var world = PipeWorld(seed: 99)
            world.maxPieceBytes = 50
            for number in 1...300 { world.call(UInt64(number), body: [0xA1, UInt8(number & 0x7F)]) }
            world.run(for: .seconds(3))
            return (world.completed.map(\.at), world.writeCount)
        }
        #expect(run() == run())
    }

    @Test("Random cuts, freezes and chunking: every call ends once, nothing leaks", arguments: 1...12)
    func chaos(seed: UInt64) {
        print("seed \(seed)")
        var world = PipeWorld(seed: seed, hosts: 3)
        var random = SeededRandom(seed: seed ^ 0xABCD)
        world.answer = { method, body in
            switch method {
            case "T.Slow": (nil, body, .seconds(2))
            case "T.Bad": ("No cluster leader", [], .milliseconds(3))
            case "T.Never": nil
            default: (nil, body, .zero)
            }
        }
        let methods = ["T.Echo", "T.Slow", "T.Bad", "T.Never"]
        var number: UInt64 = 0
        for _ in 0..<150 {
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                number += 1
                let size = random.chance(0.1) ? Int.random(in: 0...600_000, using: &random) : 20
                let body: [UInt8] =
                    [0xDB] + [24, 16, 8, 0].map { UInt8(size >> $0 & 0xFF) } + [UInt8](repeating: 7, count: size)
                world.call(
                    number, from: Int.random(in: 0...1, using: &random), to: 2,
                    method: methods[Int.random(in: 0...3, using: &random)], body: body,
                    within: .milliseconds(Int64.random(in: 1...5000, using: &random)), fresh: random.chance(0.1))
            }
            if random.chance(0.03) { world.cutAll() }
            if random.chance(0.03) { world.frozen.insert(2) } else if random.chance(0.2) { world.thaw(2) }
            world.down = random.chance(0.05) ? [2] : []
            world.maxPieceBytes = random.chance(0.5) ? 65_536 : 3000
            world.run(for: .milliseconds(Int64.random(in: 0...200, using: &random)))
        }
        world.thaw(2)
        world.run(for: .seconds(400))
        #expect(world.completed.count == Int(number))
        #expect(Set(world.completed.map(\.call)).count == Int(number))
        for host in world.hosts {
            #expect(host.callCount == 0 && host.inbound.isEmpty && host.bufferedCount == 0)
            #expect(host.connectionCount == 0 && host.acceptedCount == 0 && host.acceptedByAddress.isEmpty)
        }
    }
}
