import GossipCore
import GossipVectors
import Testing
import WireFormat

@Suite("Recorded gossip")
struct VectorTests {
    @Test("every vector is there")
    func count() { #expect(Vector.all.count == 83) }

    /// Takes the layers off one by one; each must come back to the same bytes.
    static func rewrapped(_ bytes: [UInt8], isNewDialect: Bool) throws -> [UInt8] {
        let body = Array(bytes.dropFirst())
        let kind = MessageKind(rawValue: try #require(bytes.first))
        switch kind {
        case .checksum: return Datagram.checksummed(try rewrapped(Array(bytes[5...]), isNewDialect: isNewDialect))
        case .compress:
            let inner = try Compressed(decoding: body).unwrap(limit: GossipStreamParser.maxStreamBytes)
            let again = try rewrapped(inner, isNewDialect: isNewDialect)
            return Compressed.wrap(again, dialect: isNewDialect ? .leadingClear : .bare)
        case .compound:
            var parts: [[UInt8]] = []
            var start = 1 + 2 * Int(body[0])
            for index in 0..<Int(body[0]) {
                let length = Int(body[1 + 2 * index]) << 8 | Int(body[2 + 2 * index])
                parts.append(try rewrapped(Array(body[start..<start + length]), isNewDialect: isNewDialect))
                start += length
            }
            return try #require(Datagram.pack(parts).first)
        case .pushPull, .error, .user:
            var parser = GossipStreamParser(security: GossipSecurity())
            if case .message(let message) = parser.receive(bytes) { return message.encoded }
            return try #require(Datagram.read(bytes).messages.first).encoded
        default:
            let contents = Datagram.read(bytes)
            #expect(contents.problems.isEmpty)
            return try #require(contents.messages.first).encoded
        }
    }

    @Test("decode and encode again to the same bytes", arguments: Vector.all)
    func roundTrip(_ vector: Vector) throws {
        let plain = vector.unwrapped
        #expect(try Self.rewrapped(plain, isNewDialect: vector.isNewDialect) == plain)
    }

    @Test("fields of datagrams", arguments: Vector.all.filter(\.isDatagram))
    func fields(_ vector: Vector) throws {
        let contents = Datagram.read(vector.unwrapped)
        #expect(contents.problems.isEmpty)
        #expect(!contents.messages.isEmpty)
        let bodies = vector.bodies
        for (message, body) in zip(contents.messages.filter { if case .user = $0 { false } else { true } }, bodies) {
            switch message {
            case .ping(let ping):
                #expect(body.kind == "ping")
                #expect(Int(ping.sequence) == body.numbers["SeqNo"] && ping.node == body.texts["Node"])
                #expect(Int(ping.sourcePort) == body.numbers["SourcePort"] ?? 0)
                #expect(ping.source != nil || ping.sourcePort == 0)
            case .indirectPing(let ping):
                #expect(Int(ping.sequence) == body.numbers["SeqNo"] && ping.node == body.texts["Node"])
                #expect(Int(ping.port) == body.numbers["Port"])
            case .ack(let ack): #expect(Int(ack.sequence) == body.numbers["SeqNo"])
            case .nack(let nack): #expect(Int(nack.sequence) == body.numbers["SeqNo"])
            case .suspect(let accusation), .dead(let accusation):
                #expect(Int(accusation.incarnation) == body.numbers["Incarnation"])
                #expect(accusation.node == body.texts["Node"] && accusation.from == body.texts["From"])
            case .alive(let alive):
                #expect(Int(alive.incarnation) == body.numbers["Incarnation"] && alive.node == body.texts["Node"])
                #expect(Int(alive.port) == body.numbers["Port"] && alive.versions.count == 6)
            case .user: break
            }
        }
    }

    @Test("streams byte by byte", arguments: Vector.all.filter { !$0.isDatagram })
    func streams(_ vector: Vector) throws {
        let plain = vector.unwrapped
        let chunk = plain.count > 8192 ? 997 : 1
        var parser = GossipStreamParser(security: GossipSecurity())
        var outcome = GossipStreamParser.Progress.needsMore
        for start in stride(from: 0, to: plain.count, by: chunk) {
            #expect(outcome == .needsMore)
            outcome = parser.receive(Array(plain[start..<min(start + chunk, plain.count)]))
        }
        var whole = GossipStreamParser(security: GossipSecurity())
        #expect(whole.receive(plain) == outcome)
        guard case .message(let message) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        if case .pushPull(let body) = message {
            #expect(!body.nodes.isEmpty && body.nodes.allSatisfy { $0.versions.count == 6 })
            #expect(body.userState.first == 2)
        }
    }

    @Test("no damage traps", arguments: Vector.all)
    func damage(_ vector: Vector) {
        let plain = vector.unwrapped
        var random = SystemSeed(state: UInt64(plain.count))
        let cuts = plain.count > 2000 ? 20 : plain.count
        for step in 0..<cuts {
            let cut = plain.count * step / cuts
            _ = Datagram.read(Array(plain[..<cut]))
            var parser = GossipStreamParser(security: GossipSecurity())
            _ = parser.receive(Array(plain[..<cut]))
        }
        for _ in 0..<(plain.count > 2000 ? 20 : 200) {
            var bytes = plain
            for _ in 0..<3 {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            _ = Datagram.read(bytes)
            if bytes[0] == 12 { _ = Datagram.read(Array(bytes.dropFirst(5))) }
            var parser = GossipStreamParser(security: GossipSecurity())
            _ = parser.receive(bytes)
        }
    }
}

/// A seeded generator of the tests' own.
struct SystemSeed {
    var state: UInt64
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 24
    }
}
