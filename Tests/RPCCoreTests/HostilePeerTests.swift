import Determinism
import FederationModel
import Testing

@testable import RPCCore

/// One acceptor and bytes written by hand.
private struct Acceptor {
    var board: Switchboard
    var now = Instant.zero
    var effects: [SwitchboardEffect] = []
    let remote = Endpoint(IPAddress(10, 0, 0, 9), 4000)

    init(limits: RPCLimits = RPCLimits()) { board = Switchboard(limits: limits, random: SeededRandom(seed: 1)) }

    mutating func accept(_ number: UInt64) {
        board.handle(.accepted(StreamID(.rpc, number), from: remote), at: now, into: &effects)
    }

    mutating func receive(_ number: UInt64, _ bytes: [UInt8]) {
        board.handle(.received(StreamID(.rpc, number), bytes), at: now, into: &effects)
    }

    mutating func wait(_ duration: Duration) {
        let end = now + duration
        while board.nextDeadline <= end {
            now = board.nextDeadline
            board.advance(to: now, into: &effects)
        }
        now = end
    }

    func isClosed(_ number: UInt64) -> Bool { effects.contains(.close(StreamID(.rpc, number))) }

    var written: [UInt8] {
        effects.flatMap { effect in
            if case .write(_, let bytes) = effect { return bytes }
            return []
        }
    }

    var requests: [(id: InboundID, method: String, body: [UInt8])] {
        effects.compactMap { effect in
            if case .inbound(let id, let method, let body, _, _, _) = effect { return (id, method, body) }
            return nil
        }
    }
}

private func frame(_ kind: YamuxFrame.Kind, _ flags: YamuxFrame.Flags, _ stream: UInt32, _ length: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    YamuxFrame(kind, flags, stream: stream, length: UInt32(length)).encode(into: &bytes)
    return bytes
}

private func request(_ method: String, body: [UInt8] = [0x80]) -> [UInt8] {
    var bytes: [UInt8] = []
    RPCHeader(method: method, sequence: 7).encodeRequest(into: &bytes)
    return bytes + body
}

private func data(_ stream: UInt32, _ payload: [UInt8]) -> [UInt8] { frame(.data, [], stream, payload.count) + payload }

@Suite struct HostilePeerTests {
    @Test("A silent opener is closed after 5 s, not before")
    func slowOpener() {
        var peer = Acceptor()
        peer.accept(1)
        peer.wait(.milliseconds(4999))
        #expect(!peer.isClosed(1))
        peer.wait(.milliseconds(1))
        #expect(peer.isClosed(1) && peer.board.connectionCount == 0)
    }

    @Test(
        "First bytes that are not served are closed",
        arguments: Array(UInt8.min...UInt8.max).filter { ![0, 1, 4].contains($0) })
    func firstBytes(byte: UInt8) {
        var peer = Acceptor()
        peer.accept(1)
        peer.accept(3)
        peer.receive(3, [4])
        peer.receive(1, [byte, 1, 2, 3])
        #expect(peer.isClosed(1) && !peer.isClosed(3))
    }

    @Test("The demultiplexer inside TLS refuses TLS and keeps the rest")
    func insideTLS() {
        #expect(Demultiplexer.selection(3) == .tls(consumesByte: true))
        #expect(Demultiplexer.selection(22) == .tls(consumesByte: false))
        #expect(Demultiplexer.selection(3, insideTLS: true) == .refused(3))
        #expect(Demultiplexer.selection(22, insideTLS: true) == .refused(22))
        #expect(Demultiplexer.selection(4, insideTLS: true) == .multiplexed)
    }

    @Test("The 101st connection of one address is closed; another address is served")
    func connectionLimit() {
        var peer = Acceptor()
        for number in 0..<101 { peer.accept(UInt64(2 * number + 1)) }
        #expect(!peer.isClosed(199) && peer.isClosed(201))
        let other = Endpoint(IPAddress(10, 0, 0, 10), 1)
        peer.board.handle(.accepted(StreamID(.rpc, 301), from: other), at: peer.now, into: &peer.effects)
        #expect(!peer.isClosed(301))
        peer.board.handle(.closed(StreamID(.rpc, 1)), at: peer.now, into: &peer.effects)
        peer.accept(401)
        #expect(!peer.isClosed(401))
    }

    @Test("Byte 0 is one stream of requests in order")
    func plain() {
        var peer = Acceptor()
        peer.accept(1)
        for byte in [0] + request("Status.Ping") + request("Status.Leader", body: [0xA1, 0x61]) {
            peer.receive(1, [byte])
        }
        #expect(peer.requests.map(\.method) == ["Status.Ping"])
        peer.board.handle(.reply(peer.requests[0].id, error: nil, body: [0xC0]), at: peer.now, into: &peer.effects)
        #expect(peer.requests.map(\.method) == ["Status.Ping", "Status.Leader"])
        peer.board.handle(.reply(peer.requests[1].id, error: "nope", body: []), at: peer.now, into: &peer.effects)
        var expected: [UInt8] = []
        RPCHeader(method: "Status.Ping", sequence: 7).encodeResponse(into: &expected)
        expected.append(0xC0)
        RPCHeader(method: "Status.Leader", sequence: 7, error: "nope").encodeResponse(into: &expected)
        expected.append(0x80)
        #expect(peer.written == expected)
    }

    @Test(
        "Session faults close that connection only",
        arguments: [
            [1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0],
            [0, 9, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0],
            frame(.windowUpdate, .syn, 2, 0), frame(.windowUpdate, .syn, 0, 0),
            frame(.windowUpdate, .syn, 1, 0) + frame(.windowUpdate, .syn, 1, 0),
            frame(.windowUpdate, .syn, 1, 0) + frame(.data, [], 1, YamuxSession.window + 1),
        ])
    func faults(bytes: [UInt8]) {
        var peer = Acceptor()
        peer.accept(1)
        peer.accept(3)
        peer.receive(3, [4])
        peer.receive(1, [4] + bytes)
        #expect(peer.isClosed(1) && !peer.isClosed(3))
        #expect(peer.written.suffix(12) == frame(.goAway, [], 0, 1))
    }

    @Test("Frames for unknown streams, pings and half-closes are answered without harm")
    func harmless() {
        var peer = Acceptor()
        peer.accept(1)
        peer.receive(1, [4] + data(7, [1, 2, 3]) + frame(.ping, .syn, 0, 42) + frame(.windowUpdate, .rst, 9, 0))
        #expect(peer.written == frame(.ping, .ack, 0, 42))
        peer.effects = []
        peer.receive(1, frame(.windowUpdate, .syn, 1, 0) + frame(.windowUpdate, .fin, 1, 0))
        #expect(peer.written == frame(.windowUpdate, .ack, 1, 0) + frame(.windowUpdate, .fin, 1, 0))
        #expect(!peer.isClosed(1))
    }

    @Test("A request over the limit, or no MessagePack, resets its stream; the next one works")
    func badRequests() {
        for bad in [
            [0xC1] as [UInt8], [0xDB, 0xFF, 0xFF, 0xFF, 0xFF], request("A.B", body: [0xDF, 0xFF, 0xFF, 0xFF, 0xFF]),
        ] {
            var peer = Acceptor()
            peer.accept(1)
            peer.receive(1, [4] + frame(.windowUpdate, .syn, 1, 0) + data(1, bad))
            #expect(peer.written == frame(.windowUpdate, .ack, 1, 0) + frame(.windowUpdate, .rst, 1, 0))
            peer.receive(1, data(1, [1, 2, 3]) + frame(.windowUpdate, .syn, 3, 0) + data(3, request("Status.Ping")))
            #expect(peer.requests.map(\.method) == ["Status.Ping"] && !peer.isClosed(1))
            #expect(peer.board.bufferedCount == 0)
        }
    }

    @Test("What is held for accepted connections is bounded in all")
    func heldBytes() {
        var limits = RPCLimits()
        limits.maxBufferedBytes = 1 << 20
        var peer = Acceptor(limits: limits)
        let part = request("A.B", body: [0xDB, 0, 0x50, 0, 0]) + [UInt8](repeating: 0, count: 200_000)
        for number in 0..<6 {
            peer.accept(UInt64(2 * number + 1))
            peer.receive(UInt64(2 * number + 1), [4] + frame(.windowUpdate, .syn, 1, 0) + data(1, part))
        }
        #expect(peer.isClosed(11) && !peer.isClosed(9))
        #expect(peer.board.bufferedCount <= limits.maxBufferedBytes)
    }

    @Test("A peer that asks and never reads is closed")
    func unsent() {
        var limits = RPCLimits()
        limits.maxUnsentBytes = 1 << 20
        var peer = Acceptor(limits: limits)
        peer.accept(1)
        peer.receive(1, [4])
        let answer: [UInt8] = [0xDB, 0, 0x0C, 0, 0] + [UInt8](repeating: 1, count: 0xC0000)
        for stream in [1, 3, 5] as [UInt32] {
            peer.receive(1, frame(.windowUpdate, .syn, stream, 0) + data(stream, request("A.B")))
            let id = peer.requests[peer.requests.count - 1].id
            peer.board.handle(.reply(id, error: nil, body: answer), at: peer.now, into: &peer.effects)
        }
        #expect(peer.isClosed(1))
    }

    @Test("While a request is served, credit for what follows is withheld")
    func backPressure() {
        var peer = Acceptor()
        peer.accept(1)
        peer.receive(1, [4] + frame(.windowUpdate, .syn, 1, 0) + data(1, request("A.B")))
        peer.effects = peer.effects.filter { if case .inbound = $0 { true } else { false } }
        peer.receive(1, data(1, request("A.C", body: [0xDB, 0, 0x03, 0, 0]) + [UInt8](repeating: 0, count: 196_000)))
        #expect(peer.written.isEmpty)
        peer.board.handle(.reply(peer.requests[0].id, error: nil, body: [0xC3]), at: peer.now, into: &peer.effects)
        #expect(peer.written.suffix(12).prefix(8) == frame(.windowUpdate, [], 1, 0).prefix(8))
    }

    @Test("A dialled pool: the peer's go-away sends new calls to a new connection, old ones end")
    func goAway() {
        var board = Switchboard(limits: RPCLimits(), random: SeededRandom(seed: 1))
        var effects: [SwitchboardEffect] = []
        let remote = Endpoint(IPAddress(10, 0, 0, 1), 8300)
        func call(_ number: UInt64) -> SwitchboardInput {
            .call(
                CallID(number), to: remote, method: "A.B", body: [0xC3], deadline: Instant.zero + .seconds(9),
                fresh: false)
        }
        board.handle(call(1), at: .zero, into: &effects)
        board.handle(.connected(StreamID(.rpc, 2)), at: .zero, into: &effects)
        board.handle(.received(StreamID(.rpc, 2), frame(.goAway, [], 0, 0)), at: .zero, into: &effects)
        board.handle(call(2), at: .zero, into: &effects)
        #expect(effects.contains(.connect(StreamID(.rpc, 4), to: remote, timeout: .seconds(10))))
        var answer: [UInt8] = []
        RPCHeader(method: "A.B", sequence: 1).encodeResponse(into: &answer)
        board.handle(.received(StreamID(.rpc, 2), data(1, answer + [0xC2])), at: .zero, into: &effects)
        #expect(effects.contains(.completed(CallID(1), .success([0xC2]))))
    }

    @Test("A stream reset before it was accepted was not processed; after that it may have been")
    func resets() {
        for (flags, failure) in [
            (frame(.windowUpdate, .rst, 1, 0), CallFailure.notSent("stream reset by the peer")),
            (frame(.windowUpdate, .ack, 1, 0) + frame(.windowUpdate, .rst, 1, 0), .lost("stream reset by the peer")),
            (frame(.windowUpdate, .ack, 1, 0) + frame(.windowUpdate, .fin, 1, 0), .lost("stream closed by the peer")),
        ] {
            var board = Switchboard(limits: RPCLimits(), random: SeededRandom(seed: 1))
            var effects: [SwitchboardEffect] = []
            let remote = Endpoint(IPAddress(10, 0, 0, 1), 8300)
            board.handle(
                .call(
                    CallID(1), to: remote, method: "A.B", body: [0xC3], deadline: Instant.zero + .seconds(9),
                    fresh: false),
                at: .zero, into: &effects)
            board.handle(.connected(StreamID(.rpc, 2)), at: .zero, into: &effects)
            board.handle(.received(StreamID(.rpc, 2), flags), at: .zero, into: &effects)
            #expect(effects.contains(.completed(CallID(1), .failure(failure))))
        }
    }

    @Test("A connection that ends before anything was sent is dialled once more")
    func reopen() {
        var board = Switchboard(limits: RPCLimits(), random: SeededRandom(seed: 1))
        var effects: [SwitchboardEffect] = []
        let remote = Endpoint(IPAddress(10, 0, 0, 1), 8300)
        for number in 1...300 {
            board.handle(
                .call(
                    CallID(UInt64(number)), to: remote, method: "A.B", body: [0xC3],
                    deadline: Instant.zero + .seconds(9), fresh: false),
                at: .zero, into: &effects)
        }
        board.handle(.connected(StreamID(.rpc, 2)), at: .zero, into: &effects)
        effects = []
        board.handle(.closed(StreamID(.rpc, 2)), at: .zero, into: &effects)
        let lost = effects.filter { if case .completed(_, .failure(.lost)) = $0 { true } else { false } }
        #expect(lost.count == 256)
        #expect(effects.contains(.connect(StreamID(.rpc, 4), to: remote, timeout: .seconds(10))))
        effects = []
        board.handle(.closed(StreamID(.rpc, 4)), at: .zero, into: &effects)
        #expect(effects.count == 44)
        #expect(effects.allSatisfy { if case .completed(_, .failure(.notSent)) = $0 { true } else { false } })
    }

    @Test("Random bytes and mutated conversations never trap", arguments: 1...200)
    func garbage(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var bytes: [UInt8] = [4]
        for stream in [1, 3, 5] as [UInt32] {
            bytes += frame(.windowUpdate, .syn, stream, 0) + data(stream, request("KVS.Get")) + frame(.ping, .syn, 0, 1)
            bytes += frame(.windowUpdate, [], stream, 1000) + frame(.windowUpdate, .fin, stream, 0)
        }
        for _ in 0..<Int.random(in: 1...10, using: &random) {
            bytes[Int.random(in: 1..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        var peer = Acceptor()
        peer.accept(1)
        var start = 0
        while start < bytes.count {
            let count = min(bytes.count - start, Int.random(in: 1...40, using: &random))
            peer.receive(1, Array(bytes[start..<start + count]))
            for request in peer.requests {
                peer.board.handle(.reply(request.id, error: nil, body: [0xC3]), at: peer.now, into: &peer.effects)
            }
            peer.wait(.milliseconds(10))
            start += count
        }
        peer.wait(.seconds(100))
        #expect(peer.board.bufferedCount >= 0)
        let (first, noise) = (
            UInt8.random(in: 0...4, using: &random), (0..<300).map { _ in UInt8.random(in: 0...255, using: &random) }
        )
        peer.accept(3)
        peer.receive(3, [first] + noise)
    }

    @Test("Random bytes from a peer we dialled: every call ends once", arguments: 1...100)
    func garbageAnswers(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var board = Switchboard(limits: RPCLimits(), random: random.split())
        var effects: [SwitchboardEffect] = []
        let remote = Endpoint(IPAddress(10, 0, 0, 1), 8300)
        var answers: [UInt8] = []
        for number in 1...5 as ClosedRange<UInt64> {
            let deadline = Instant.zero + .seconds(9)
            board.handle(
                .call(CallID(number), to: remote, method: "A.B", body: [0xC3], deadline: deadline, fresh: number == 5),
                at: .zero, into: &effects)
            var answer: [UInt8] = []
            RPCHeader(method: "A.B", sequence: number, error: number == 2 ? "no" : "").encodeResponse(into: &answer)
            let stream = UInt32(2 * number - 1)
            answers += frame(.windowUpdate, .ack, stream, 0) + data(stream, answer + [0xC2])
            answers += frame(.windowUpdate, .fin, stream, 0)
        }
        for _ in 0..<Int.random(in: 0...6, using: &random) {
            answers[Int.random(in: 0..<answers.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        for stream in [2, 4] as [UInt64] {
            board.handle(.connected(StreamID(.rpc, stream)), at: .zero, into: &effects)
            var start = 0
            while start < answers.count {
                let count = min(answers.count - start, Int.random(in: 1...60, using: &random))
                let bytes = Array(answers[start..<start + count])
                board.handle(.received(StreamID(.rpc, stream), bytes), at: .zero, into: &effects)
                start += count
            }
        }
        while board.nextDeadline < .distantFuture { board.advance(to: board.nextDeadline, into: &effects) }
        var ended: [CallID] = []
        for effect in effects { if case .completed(let id, _) = effect { ended.append(id) } }
        #expect(ended.map(\.value).sorted() == [1, 2, 3, 4, 5])
        #expect(board.connectionCount == 0 && board.callCount == 0)
    }

    @Test("Silent connections without keep-alive end, but not while a request is served")
    func silence() {
        var peer = Acceptor()
        for number in [1, 3, 5] as [UInt64] { peer.accept(number) }
        peer.receive(1, [0])
        peer.receive(3, [0] + request("A.B"))
        peer.receive(5, [1, 0, 0, 0])
        peer.wait(.seconds(299))
        #expect(!peer.isClosed(1) && !peer.isClosed(5))
        peer.wait(.seconds(2))
        #expect(peer.isClosed(1) && !peer.isClosed(3) && peer.isClosed(5))
        peer.board.handle(.reply(peer.requests[0].id, error: nil, body: [0xC3]), at: peer.now, into: &peer.effects)
        peer.wait(.seconds(301))
        #expect(peer.isClosed(3))
    }

    @Test("An asker that leaves before taking a large answer costs nothing more")
    func leftAnswer() {
        var peer = Acceptor()
        peer.accept(1)
        peer.receive(1, [4] + frame(.windowUpdate, .syn, 1, 0) + data(1, request("A.B")))
        let answer: [UInt8] = [0xDB, 0, 0x0C, 0, 0] + [UInt8](repeating: 1, count: 0xC0000)
        peer.board.handle(.reply(peer.requests[0].id, error: nil, body: answer), at: peer.now, into: &peer.effects)
        #expect((peer.board.connections[0].session?.pendingCount ?? 0) > 500_000)
        peer.receive(1, frame(.windowUpdate, .fin, 1, 0))
        #expect(peer.written.suffix(12) == frame(.windowUpdate, .rst, 1, 0))
        #expect(peer.board.connections[0].session?.pendingCount == 0)
        #expect(peer.board.connections[0].session?.streamCount == 0)
    }

    @Test("A request that was cut short is not completed after its deadline", arguments: [true, false])
    func cutRequest(byDeadline: Bool) {
        var board = Switchboard(limits: RPCLimits(), random: SeededRandom(seed: 1))
        var effects: [SwitchboardEffect] = []
        let remote = Endpoint(IPAddress(10, 0, 0, 1), 8300)
        let body: [UInt8] = [0xDB, 0, 0x0C, 0, 0] + [UInt8](repeating: 1, count: 0xC0000)
        let deadline = Instant.zero + .seconds(3)
        board.handle(
            .call(CallID(1), to: remote, method: "KVS.Apply", body: body, deadline: deadline, fresh: false),
            at: .zero, into: &effects)
        board.handle(.connected(StreamID(.rpc, 2)), at: .zero, into: &effects)
        effects = []
        if byDeadline {
            board.advance(to: deadline, into: &effects)
            #expect(effects.contains(.write(StreamID(.rpc, 2), frame(.windowUpdate, .rst, 1, 0))))
            #expect(effects.contains(.completed(CallID(1), .failure(.noAnswer(connected: true)))))
        } else {
            board.handle(.closed(StreamID(.rpc, 2)), at: .zero, into: &effects)
            #expect(effects.contains(.completed(CallID(1), .failure(.notSent("closed by the peer")))))
        }
    }

    @Test("Flags may ride on data: a stream opened, used and closed by two frames")
    func flagsOnData() {
        var peer = Acceptor()
        peer.accept(1)
        let first = request("Status.Ping")
        peer.receive(1, [4] + frame(.data, .syn, 1, first.count) + first)
        #expect(peer.written == frame(.windowUpdate, .ack, 1, 0))
        #expect(peer.requests.map(\.method) == ["Status.Ping"])
        peer.receive(1, frame(.data, .fin, 1, first.count) + first)
        #expect(peer.effects.contains(.abandoned(peer.requests[0].id)))
        #expect(peer.written.suffix(12) == frame(.windowUpdate, .fin, 1, 0))
        #expect(peer.board.connections[0].session?.streamCount == 0 && peer.board.bufferedCount == 0)
    }
}
