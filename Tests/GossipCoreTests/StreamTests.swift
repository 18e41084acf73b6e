import Determinism
import FederationModel
import GossipCore
import Testing
import WireFormat

@Suite("Streams, serf-gossip.md 1.2 and 3.7")
struct StreamTests {
    static let stream = StreamID(.lan, 1)

    static func pushPull(_ versions: [UInt8] = [1, 5, 2, 2, 5, 4], isJoin: Bool = true) -> [UInt8] {
        var node = PushPullNode()
        node.name = "you"
        node.address = [127, 0, 0, 2]
        node.port = 7946
        node.incarnation = 1
        node.versions = versions
        var state = PushPull()
        state.isJoin = isJoin
        state.nodes = [node]
        return state.encoded
    }

    /// - Returns: what came back on the stream, and whether the peer is known afterwards.
    static func exchange(_ bytes: [UInt8], _ change: (inout MemberlistConfiguration) -> Void = { _ in }) -> (
        [UInt8], Bool
    ) {
        var bench = Bench(change)
        var outputs: [MemberlistOutput] = []
        bench.list.handle(.accepted(stream, from: Bench.endpoint(2)), at: .zero, into: &outputs)
        bench.list.handle(.received(stream, bytes), at: .zero, into: &outputs)
        if outputs.contains(.wantsUserState(stream, isJoin: true)) {
            bench.list.provideUserState([2], for: stream, at: .zero, into: &outputs)
        }
        let answer = outputs.flatMap { output -> [UInt8] in
            if case .write(_, let bytes) = output { bytes } else { [] }
        }
        return (answer, bench.list.nodes["you"] != nil)
    }

    static func read(_ bytes: [UInt8]) -> StreamMessage? {
        var parser = GossipStreamParser(security: GossipSecurity())
        if case .message(let message) = parser.receive(bytes) { return message }
        return nil
    }

    @Test("4.9: who answered the last probe takes the place of a member that cannot be reached, once")
    func substitute() throws {
        var bench = Bench()
        for index in 2...6 as ClosedRange<UInt8> { bench.give(Bench.alive("n\(index)", index)) }
        var dialled: (stream: StreamID, to: Endpoint)?
        var answering: Endpoint?
        // An interval of 30 s: all probes are answered, so that what is dialled is a push/pull.
        for _ in 0..<600 where dialled == nil {
            for output in bench.run(for: .milliseconds(50)) {
                switch output {
                case .connect(let stream, let to, _): dialled = (stream, to)
                case .datagram(let to, let bytes):
                    for case .ping(let ping) in Datagram.read(bytes).messages {
                        bench.give(.ack(Ack(sequence: ping.sequence)))
                        answering = to
                    }
                default: break
                }
            }
        }
        let first = try #require(dialled)
        try #require(answering != first.to, "another seed is wanted")
        func fail(_ stream: StreamID) -> [(stream: StreamID, to: Endpoint)] {
            var outputs: [MemberlistOutput] = []
            bench.list.handle(.connectFailed(stream, "timed out"), at: bench.now, into: &outputs)
            return outputs.compactMap { if case .connect(let stream, let to, _) = $0 { (stream, to) } else { nil } }
        }
        let second = fail(first.stream)
        #expect(second.map(\.to) == [try #require(answering)])
        #expect(second.flatMap { fail($0.stream) }.isEmpty)
    }

    @Test("a joiner gets our state and is merged")
    func join() {
        let (answer, isKnown) = Self.exchange(Self.pushPull())
        guard case .pushPull(let state) = Self.read(answer) else {
            Issue.record("no state")
            return
        }
        #expect(state.isJoin && state.nodes.map(\.name) == ["me"] && state.userState == [2])
        #expect(isKnown)
    }

    @Test(
        "versions outside the common range are not merged",
        arguments: [[1, 5, 2, 2, 5, 9], [1, 5, 2, 2, 5, 1], [], [1, 1, 1, 2, 5, 4], [1, 5, 6, 2, 5, 4]] as [[UInt8]])
    func versions(_ versions: [UInt8]) {
        let (answer, isKnown) = Self.exchange(Self.pushPull(versions))
        #expect(!answer.isEmpty)
        #expect(!isKnown)
    }

    @Test("stream pings and user messages")
    func small() {
        var ping = GossipPing()
        ping.sequence = 9
        ping.node = "me"
        #expect(Self.read(Self.exchange(StreamMessage.ping(ping).encoded).0) == .ack(Ack(sequence: 9)))
        ping.node = "you"
        #expect(Self.exchange(StreamMessage.ping(ping).encoded).0.isEmpty)
        var bench = Bench()
        var outputs: [MemberlistOutput] = []
        bench.list.handle(.accepted(Self.stream, from: Bench.endpoint(2)), at: .zero, into: &outputs)
        bench.list.handle(.received(Self.stream, StreamMessage.user([3, 1]).encoded), at: .zero, into: &outputs)
        #expect(outputs == [.close(Self.stream), .user([3, 1], from: Bench.endpoint(2))])
    }

    @Test("an unreadable envelope gets an error answer")
    func errors() {
        var compressed = Compressed()
        compressed.algorithm = 7
        let answers = [
            Self.exchange([9] + compressed.encoded).0, Self.exchange([10, 0, 0, 0, 40, 1]).0,
        ].map(Self.read)
        #expect(
            answers == [
                .error(ErrorAnswer("cannot decompress unknown algorithm 7 (at byte 0)")),
                .error(ErrorAnswer("Remote state is encrypted and encryption is not configured")),
            ])
        #expect(Self.exchange([99, 1, 2]).0.isEmpty)
        #expect(Self.exchange([10, 0xFF, 0, 0, 0]).0.isEmpty == false)
    }

    @Test("a silent stream is closed after the timeout, and at most 128 are open")
    func limits() {
        var bench = Bench()
        var outputs: [MemberlistOutput] = []
        for index in 0..<200 as Range<UInt64> {
            bench.list.handle(
                .accepted(StreamID(.lan, 2 * index + 1), from: Bench.endpoint(2)), at: .zero, into: &outputs)
        }
        #expect(outputs.count == 72)
        #expect(bench.run(for: .seconds(11)).count { if case .close = $0 { true } else { false } } == 128)
    }

    @Test(
        "hostile headers ask for more than there is",
        arguments: [
            [6, 0x83, 0xA5] + Array("Nodes".utf8) + [0xCE, 0x7F, 0xFF, 0xFF, 0xFF] + [0xA1, 65, 0, 0xA1, 66, 0],
            [9, 0xDD, 0xFF, 0xFF, 0xFF, 0xFF], [6, 0xC1], [0xF4, 3, 1, 1, 1, 6],
            [8, 0x81, 0xAA] + Array("UserMsgLen".utf8) + [0xD3, 0x80, 0, 0, 0, 0, 0, 0, 0],
        ] as [[UInt8]])
    func hostile(_ bytes: [UInt8]) {
        var parser = GossipStreamParser(security: GossipSecurity())
        let progress = parser.receive(bytes)
        if case .failed = progress { return }
        Issue.record("\(progress)")
    }

    @Test("a bomb of zeros is not inflated in a datagram")
    func bomb() {
        let bytes = Compressed.wrap([UInt8](repeating: 0, count: 4 << 20))
        #expect(bytes.count < 65536)
        #expect(Datagram.read(bytes).messages.isEmpty)
    }

    @Test("nesting ends")
    func nesting() {
        var bytes = GossipMessage.nack(Nack(sequence: 1)).encoded
        for _ in 0..<50 { bytes = Compressed.wrap(bytes) }
        #expect(Datagram.read(bytes).messages.isEmpty)
    }

    @Test("2: structures as arrays, other widths, missing and unknown keys")
    func liberal() throws {
        #expect(
            try Accusation(decoding: [0x93, 0xCF, 0, 0, 0, 0, 0, 0, 0, 7, 0xD9, 1, 97, 0xC4, 1, 98])
                == Accusation(incarnation: 7, node: "a", from: "b"))
        #expect(
            try Accusation(decoding: [0x82, 0xA1, 120, 0x92, 1, 0x80, 0xA4] + Array("Node".utf8) + [0xA1, 97])
                == Accusation(incarnation: 0, node: "a", from: ""))
        var reader = MessagePackReader([0x96, 1, 0xCC, 5, 2, 2, 5, 4])
        #expect(try reader.readVersions() == [1, 5, 2, 2, 5, 4])
        #expect(throws: WireError.self) {
            try Nack(decoding: [0x81, 0xA5] + Array("SeqNo".utf8) + [0xCF, 1, 0, 0, 0, 0, 0, 0, 0])
        }
    }
}

@Suite("Keys")
struct KeyTests {
    static let one = [UInt8](repeating: 1, count: 16)
    static let two = [UInt8](repeating: 2, count: 32)

    @Test("1.6: the ring")
    func ring() throws {
        var ring = try Keyring([Self.one])
        try ring.install(Self.two)
        try ring.install(Self.two)
        #expect(ring.keys == [Self.one, Self.two])
        #expect(throws: Keyring.Problem.removingPrimary) { try ring.remove(Self.one) }
        try ring.use(Self.two)
        #expect(ring.primary == Self.two)
        try ring.remove(Self.one)
        try ring.remove(Self.one)
        #expect(throws: Keyring.Problem.notInstalled) { try ring.use(Self.one) }
        #expect(ring.keys == [Self.two])
    }

    @Test("base64", arguments: [[], [0], [255, 1], [1, 2, 3], Array(0...40)] as [[UInt8]])
    func base64(_ bytes: [UInt8]) {
        #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        #expect(Base64.encode(Array("any carnal pleas".utf8)) == "YW55IGNhcm5hbCBwbGVhcw==")
        #expect(KeyringFile.decode(KeyringFile.encode([bytes, bytes])) == [bytes, bytes])
        #expect(KeyringFile.decode(Array("[\"YQ==\"".utf8)) == nil && KeyringFile.decode(Array("[ ]\n".utf8)) == [])
        #expect(Base64.decode("YW5") == nil && Base64.decode("Y===") == nil && Base64.decode("Y-5h") == nil)
    }
}
