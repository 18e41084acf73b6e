import Determinism
import FederationModel
import Testing

@testable import RPCCore

@Suite struct RaftStreamTests {
    private func frame(_ number: Int, count: Int = 8) -> [UInt8] {
        [UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)]
            + [UInt8](repeating: 9, count: count)
    }

    @Test("Frames arrive whole and in order over one connection", arguments: [1, 3, 1000])
    func order(maxPieceBytes: Int) {
        var world = PipeWorld(seed: 1)
        world.maxPieceBytes = maxPieceBytes
        for number in 0..<50 { world.input(0, .sendRaft(to: PipeWorld.endpoint(1), frame(number))) }
        world.run(for: .seconds(1))
        for number in 50..<100 { world.input(0, .sendRaft(to: PipeWorld.endpoint(1), frame(number))) }
        world.run(for: .seconds(1))
        #expect(world.raft.map(\.frame) == (0..<100).map { frame($0) })
        #expect(world.connectCount == 1)
    }

    @Test("An empty frame is a frame")
    func empty() {
        var world = PipeWorld(seed: 1)
        world.input(0, .sendRaft(to: PipeWorld.endpoint(1), []))
        world.run(for: .seconds(1))
        #expect(world.raft.map(\.frame) == [[]])
    }

    @Test("A dead peer is dialled with pauses that double up to a second, and found again")
    func backoff() {
        var world = PipeWorld(seed: 2)
        world.down = [1]
        for number in 0..<1000 {
            world.input(0, .sendRaft(to: PipeWorld.endpoint(1), frame(number)))
            world.run(for: .milliseconds(10))
        }
        #expect((10...18).contains(world.connectCount))
        world.down = []
        for number in 1000..<1200 {
            world.input(0, .sendRaft(to: PipeWorld.endpoint(1), frame(number)))
            world.run(for: .milliseconds(10))
        }
        #expect(world.raft.last?.frame == frame(1199))
        #expect(world.raft.first?.frame != frame(0))
    }

    @Test("What waits for a dial is bounded in bytes, the oldest goes first")
    func bound() {
        var limits = RPCLimits()
        limits.maxRaftQueueBytes = 1000
        var world = PipeWorld(seed: 3, limits: limits)
        for number in 0..<100 { world.input(0, .sendRaft(to: PipeWorld.endpoint(1), frame(number, count: 98))) }
        world.run(for: .seconds(1))
        #expect(world.raft.map(\.frame) == (90..<100).map { frame($0, count: 98) })
    }

    @Test("A frame over the limit is not sent, and closes the connection when it comes in")
    func limit() {
        var limits = RPCLimits()
        limits.maxRaftFrameBytes = 100
        var world = PipeWorld(seed: 4, limits: limits)
        world.input(0, .sendRaft(to: PipeWorld.endpoint(1), frame(1, count: 200)))
        #expect(world.connectCount == 0 && world.logs.first?.level == .error)
        let stream = StreamID(.rpc, 901)
        world.input(1, .accepted(stream, from: PipeWorld.endpoint(0)))
        world.input(1, .received(stream, [1, 0, 0, 0, 101]))
        #expect(world.hosts[1].connectionCount == 0 && world.raft.isEmpty)
    }

    @Test("A lost connection is dialled again, Raft and calls apart")
    func reconnect() {
        var world = PipeWorld(seed: 5)
        world.input(0, .sendRaft(to: PipeWorld.endpoint(1), frame(1)))
        world.call(1)
        world.run(for: .seconds(2))
        #expect(world.connectCount == 2)
        world.cutAll()
        world.input(0, .sendRaft(to: PipeWorld.endpoint(1), frame(2)))
        world.run(for: .seconds(1))
        #expect(world.raft.map(\.frame) == [frame(1), frame(2)])
        #expect(world.result(1) == .success([0xC3]))
    }

    @Test("The timer heap agrees with a naive list", arguments: 1...5)
    func timers(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var timers = SlotTimers()
        var naive: [Int: Instant] = [:]
        for _ in 0..<3000 {
            let slot = Int.random(in: 0..<60, using: &random)
            let due = Instant(nanoseconds: Int64.random(in: 0...500, using: &random))
            switch Int.random(in: 0...3, using: &random) {
            case 0, 1:
                timers.set(slot, due: due)
                naive[slot] = due
            case 2:
                timers.clear(slot)
                naive[slot] = nil
            default:
                let first = naive.values.min() ?? .distantFuture
                #expect(timers.nextDeadline == first)
                let popped = timers.popDue(at: due)
                #expect((popped == nil) == (first > due))
                if let popped {
                    #expect(naive[popped] == first)
                    naive[popped] = nil
                }
            }
        }
    }
}
