import GossipCore
import GossipVectors
import SerfCore
import Testing
import WireFormat

@Suite("Recorded Serf messages")
struct SerfVectorTests {
    /// Every Serf message of a vector: of datagrams, of streams and in push/pull states.
    static func messages(_ vector: Vector) -> [[UInt8]] {
        if vector.isDatagram {
            return Datagram.read(vector.unwrapped).messages.compactMap {
                if case .user(let bytes) = $0 { bytes } else { nil }
            }
        }
        var parser = GossipStreamParser(security: GossipSecurity())
        switch parser.receive(vector.unwrapped) {
        case .message(.user(let bytes)): return [bytes]
        case .message(.pushPull(let state)): return state.userState.isEmpty ? [] : [state.userState]
        case .message, .needsMore, .refused, .failed: return []
        }
    }

    static func stream(_ vector: Vector) -> StreamMessage? {
        var parser = GossipStreamParser(security: GossipSecurity())
        if case .message(let message) = parser.receive(vector.unwrapped) { return message }
        return nil
    }

    static func again<R: WireRecord>(_ body: [UInt8], _ type: R.Type) throws -> [UInt8] {
        try R(decoding: body).encoded
    }

    @Test("decode and encode again", arguments: Vector.all.filter { !messages($0).isEmpty })
    func roundTrip(_ vector: Vector) throws {
        for message in Self.messages(vector) {
            let kind = try #require(message.first.flatMap { SerfKind(rawValue: $0) })
            let body = Array(message.dropFirst())
            switch kind {
            case .joinIntent: #expect(try Self.again(body, JoinIntent.self) == body)
            case .leaveIntent: #expect(try Self.again(body, LeaveIntent.self) == body)
            case .userEvent: #expect(try Self.again(body, UserEventMessage.self) == body)
            case .query: #expect(try Self.again(body, QueryMessage.self) == body)
            case .queryResponse:
                #expect(try Self.again(body, QueryResponse.self) == body)
                try Self.checkPayload(try QueryResponse(decoding: body).payload ?? [])
            case .relay:
                var reader = MessagePackReader(body)
                let header: RelayHeader = try reader.read()
                let rest = Array(body[reader.position...])
                #expect(header.encoded + rest == body)
                #expect(rest.first == SerfKind.queryResponse.rawValue)
                #expect(header.destination.endpoint != nil)
            case .pushPull:
                // Times are a map that Go writes in any order: equal by value, and by length.
                let state = try SerfState(decoding: body)
                let again = state.encoded
                #expect(try SerfState(decoding: again) == state)
                #expect(again.count == body.count || state.events.count < 512)
            case .conflictResponse, .keyRequest, .keyResponse: Issue.record("\(kind) outside a query")
            }
        }
    }

    static func checkPayload(_ payload: [UInt8]) throws {
        let body = Array(payload.dropFirst())
        switch payload.first {
        case SerfKind.keyResponse.rawValue: #expect(try again(body, KeyResponse.self) == body)
        case SerfKind.conflictResponse.rawValue where body != [0xC0]:
            let member = try ConflictMember(decoding: body)
            #expect(try ConflictMember(decoding: member.encoded) == member)
            #expect(member.encoded.count == body.count && !member.name.isEmpty)
        default: break
        }
    }

    @Test("key requests", arguments: Vector.all.filter { $0.name.hasPrefix("serf-query") && $0.name.contains("-key") })
    func keys(_ vector: Vector) throws {
        for message in Self.messages(vector) where message.first == SerfKind.query.rawValue {
            let query = try QueryMessage(decoding: Array(message.dropFirst()))
            let payload = try #require(query.payload)
            #expect(payload.first == SerfKind.keyRequest.rawValue)
            #expect(try Self.again(Array(payload.dropFirst()), KeyQuery.self) == Array(payload.dropFirst()))
        }
    }

    @Test("coordinates of acks", arguments: Vector.all.filter { $0.name.contains("ack") && $0.isDatagram })
    func coordinates(_ vector: Vector) throws {
        for case .ack(let ack) in Datagram.read(vector.unwrapped).messages {
            guard let payload = ack.payload, !payload.isEmpty else { continue }
            let coordinate = try #require(AckPayload.decode(payload))
            #expect(CoordinateClient.isValid(coordinate))
            #expect(AckPayload.encode(coordinate) == payload)
        }
    }

    @Test("tags of alive messages are servers' tags where they are")
    func tags() throws {
        let vector = try #require(Vector.all.first { $0.name == "tcp-push-pull-consul-wan" })
        var parser = GossipStreamParser(security: GossipSecurity())
        guard case .message(.pushPull(let state)) = parser.receive(vector.unwrapped) else {
            Issue.record("not a push/pull")
            return
        }
        let servers = state.nodes.compactMap { node -> [String: String]? in
            let tags = Tags.decode(node.meta ?? [])
            return tags["role"] == "consul" ? tags : nil
        }
        #expect(!servers.isEmpty)
        for tags in servers {
            #expect(Tags.decode(Tags.encode(tags)) == tags)
            #expect(tags["vsn"] == "2")
        }
    }

    @Test("a pool takes every recorded datagram and its damaged forms without trapping")
    func pool() {
        var network = TestNetwork(seed: 1)
        let node = network.add("py1")
        network.add("n1")
        network.join(1, [0])
        network.run(for: .seconds(2))
        for (position, vector) in Vector.all.enumerated() {
            var bytes = vector.unwrapped
            if vector.isDatagram {
                network.give(.datagram(from: TestNetwork.endpoint(1), bytes), to: node)
                for cut in stride(from: 0, to: bytes.count, by: 3) {
                    network.give(.datagram(from: TestNetwork.endpoint(1), Array(bytes[..<cut])), to: node)
                    bytes[cut] ^= UInt8(truncatingIfNeeded: 1 << (position % 8))
                    network.give(.datagram(from: TestNetwork.endpoint(1), bytes), to: node)
                    if bytes.first == 12 {
                        network.give(.datagram(from: TestNetwork.endpoint(1), Array(bytes.dropFirst(5))), to: node)
                    }
                }
            } else {
                let stream = StreamIDs.odd(position)
                network.give(.accepted(stream, from: TestNetwork.endpoint(1)), to: node)
                network.give(.received(stream, bytes), to: node)
                guard case .pushPull(var state) = Self.stream(vector), !state.userState.isEmpty else { continue }
                for damage in 0..<min(120, state.userState.count) {
                    let place = damage * state.userState.count / 120
                    state.userState[place] ^= UInt8(truncatingIfNeeded: 1 << (damage % 8))
                    let stream = StreamIDs.odd(1000 + 200 * position + damage)
                    network.give(.accepted(stream, from: TestNetwork.endpoint(1)), to: node)
                    network.give(.received(stream, state.encoded), to: node)
                }
            }
        }
        network.run(for: .seconds(30))
        #expect(network.pools[node].members.count > 2)
    }
}
