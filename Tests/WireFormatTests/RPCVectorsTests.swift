import Determinism
import FederationModel
import RPCCore
import Testing
import WireFormat

/// One recorded message, taken apart.
private struct Message {
    var header: RPCHeader
    var headerCount: Int
    var body: ArraySlice<UInt8>

    init(_ vector: RPCVector) throws {
        var scanner = ObjectScanner()
        let length = try scanner.length(in: vector.bytes, from: 0, maxBytes: 65_536)
        headerCount = try #require(length)
        var reader = MessagePackReader(vector.bytes, from: 0, to: headerCount)
        header = try RPCHeader(decoding: &reader)
        body = vector.bytes[headerCount...]
    }
}

extension RPCVector {
    /// The prototype's answers are no example to follow: they neither sort nor write every field.
    fileprivate var isFromPrototype: Bool { name.contains("/consul-to-python/") && direction == "response" }
}

extension DynamicValue {
    /// Fields whose type is a map: their keys are arbitrary and come in any order. All other maps are structures.
    private static let freeMaps: Set<String> = ["TaggedAddresses", "Meta", "Config"]

    /// Keys of structures sorted, free maps as they are.
    fileprivate func sortingStructures(isFree: Bool = false) -> DynamicValue {
        switch self {
        case .map(let entries):
            let mapped = entries.map { entry in
                var name = ""
                if case .raw(let bytes) = entry.key { name = String(decoding: bytes, as: UTF8.self) }
                return Entry(key: entry.key, value: entry.value.sortingStructures(isFree: Self.freeMaps.contains(name)))
            }
            return .map(
                isFree
                    ? mapped
                    : mapped.sorted { left, right in
                        guard case .raw(let a) = left.key, case .raw(let b) = right.key else { return false }
                        return a.lexicographicallyPrecedes(b)
                    })
        case .array(let items): return .array(items.map { $0.sortingStructures() })
        case .null, .bool, .signed, .unsigned, .float, .double, .raw: return self
        }
    }

    /// Every map sorted: two values that differ in key order only become equal.
    fileprivate var normalized: DynamicValue {
        switch self {
        case .map(let entries):
            let mapped = entries.map { Entry(key: $0.key, value: $0.value.normalized) }
            return .map(
                mapped.sorted { left, right in
                    guard case .raw(let a) = left.key, case .raw(let b) = right.key else { return false }
                    return a.lexicographicallyPrecedes(b)
                })
        case .array(let items): return .array(items.map(\.normalized))
        case .null, .bool, .signed, .unsigned, .float, .double, .raw: return self
        }
    }
}

@Suite struct RPCVectorsTests {
    private func generic(_ bytes: some Sequence<UInt8>) throws -> DynamicValue {
        var reader = MessagePackReader(Array(bytes))
        let value = try reader.readDynamic()
        #expect(reader.isAtEnd)
        return value
    }

    private func encoded(_ value: DynamicValue) -> [UInt8] {
        var writer = MessagePackWriter()
        writer.write(value)
        return writer.bytes
    }

    @Test("All vectors are read") func count() {
        #expect(RPCVector.messages.count == 440)
        #expect(RPCVector.messages.filter { !$0.isFromPrototype }.count == 424)
    }

    @Test(
        "consul-rpc 2.1: every message decodes, and re-encodes to the same bytes with sorted structures",
        arguments: RPCVector.messages)
    func generic(vector: RPCVector) throws {
        let message = try Message(vector)
        let value = try generic(message.body)
        #expect(encoded(value) == Array(message.body))
        guard !vector.isFromPrototype else { return }
        #expect(encoded(value.sortingStructures()) == Array(message.body))
        var header: [UInt8] = []
        if vector.direction == "request" {
            message.header.encodeRequest(into: &header)
        } else {
            message.header.encodeResponse(into: &header)
        }
        #expect(header == Array(vector.bytes[..<message.headerCount]))
    }

    @Test("Only free maps of real servers are out of order") func freeMaps() throws {
        var count = 0
        for vector in RPCVector.messages where !vector.isFromPrototype {
            let value = try generic(try Message(vector).body)
            if encoded(value.normalized) != encoded(value) { count += 1 }
        }
        #expect(count == 8)
    }

    @Test("Typed requests and responses re-encode byte for byte", arguments: RPCVector.messages)
    func typed(vector: RPCVector) throws {
        let message = try Message(vector)
        guard message.header.error.isEmpty else { return }
        var writer = MessagePackWriter()
        if vector.direction == "request" {
            var reader = MessagePackReader(message.body)
            guard let request = try Request.decode(method: message.header.method, from: &reader) else { return }
            request.encodeBody(into: &writer)
        } else {
            guard let response = try response(vector, message) else { return }
            response.encodeBody(into: &writer)
            if vector.isFromPrototype {
                var reader = MessagePackReader(writer.bytes)
                let again = try Self.example(message.header.method)?.decodeResponse(from: &reader)
                #expect(again == response)
                return
            }
        }
        let recorded = try generic(message.body)
        if encoded(recorded.normalized) == Array(message.body) {
            #expect(writer.bytes == Array(message.body))
        } else {
            #expect(writer.bytes == encoded(recorded.normalized))
        }
    }

    private func response(_ vector: RPCVector, _ message: Message) throws -> Response? {
        var reader = MessagePackReader(message.body)
        return try Self.example(message.header.method)?.decodeResponse(from: &reader)
    }

    /// Any request of a method: its response is decoded by the method alone.
    private static func example(_ method: String) throws -> Request? {
        var reader = MessagePackReader([0x80])
        return try Request.decode(method: method, from: &reader)
    }

    @Test("Every method that is served has a vector each way, but our own and those without a recording")
    func coverage() throws {
        var methods: Set<String> = []
        for vector in RPCVector.messages {
            let header = try Message(vector).header
            if try Self.example(header.method) != nil { methods.insert("\(header.method) \(vector.direction)") }
        }
        for method in ["KVS.Get", "KVS.Apply", "KVS.List", "Catalog.Register", "Health.ServiceNodes", "Status.Leader"] {
            #expect(methods.contains("\(method) request") && methods.contains("\(method) response"))
        }
        #expect(methods.count >= 40)
    }

    @Test("Yamux frames decode and re-encode", arguments: RPCVector.rows("yamux-frames.json"))
    func frames(vector: RPCVector) throws {
        let frame = try YamuxFrame(decoding: vector.bytes)
        var bytes: [UInt8] = []
        frame.encode(into: &bytes)
        #expect(bytes == Array(vector.bytes.prefix(YamuxFrame.headerBytes)))
    }

    @Test("A recorded connection of a real dialler is served, one byte at a time") func opening() throws {
        let rows = RPCVector.rows("connection-opening.json")
        let dialled = try #require(rows.first { $0.direction == "dialler-to-acceptor" })
        let answered = try #require(rows.first { $0.direction == "acceptor-to-dialler" })
        let written = serve(dialled.bytes) { method in
            #expect(method == "Catalog.Register")
            return (nil, [UInt8](answered.bytes.suffix(1)))
        }
        #expect(written == answered.bytes)
    }

    @Test("The whole life of a recorded stream that ends with an error") func streamWithError() throws {
        let rows = RPCVector.rows("stream-with-error.json")
        let dialled = rows.filter { $0.direction == "dialler-to-acceptor" }.flatMap(\.bytes)
        let answers = rows.filter { $0.direction == "acceptor-to-dialler" }
        var replies: [(String?, [UInt8])] = []
        for row in answers where row.bytes.count > YamuxFrame.headerBytes {
            let payload = Array(row.bytes.dropFirst(YamuxFrame.headerBytes))
            var reader = MessagePackReader(payload)
            let header = try RPCHeader(decoding: &reader)
            replies.append((header.error.isEmpty ? nil : header.error, Array(payload[reader.position...])))
        }
        replies.reverse()
        #expect(serve([4] + dialled) { _ in replies.popLast() ?? (nil, [0xC0]) } == answers.flatMap(\.bytes))
    }

    /// What a switchboard writes to a dialler that sends `bytes` one by one.
    private func serve(_ bytes: [UInt8], _ answer: (String) -> (String?, [UInt8])) -> [UInt8] {
        var board = Switchboard(limits: RPCLimits(), random: SeededRandom(seed: 1))
        let stream = StreamID(.rpc, 1)
        var written: [UInt8] = []
        var inputs: [SwitchboardInput] = [.accepted(stream, from: Endpoint(IPAddress(127, 0, 0, 1), 9))]
        inputs += bytes.map { .received(stream, [$0]) }
        inputs.reverse()
        while let input = inputs.popLast() {
            var effects: [SwitchboardEffect] = []
            board.handle(input, at: .zero, into: &effects)
            for effect in effects {
                if case .write(_, let bytes) = effect { written += bytes }
                if case .inbound(let id, let method, _, _, _, _) = effect {
                    let (error, body) = answer(method)
                    inputs.append(.reply(id, error: error, body: body))
                }
            }
        }
        return written
    }

    @Test("A recorded TLS opening is refused while TLS is not configured")
    func tls() {
        for vector in RPCVector.rows("tls-opening.json") where vector.direction == "dialler-to-acceptor" {
            var board = Switchboard(limits: RPCLimits(), random: SeededRandom(seed: 1))
            var effects: [SwitchboardEffect] = []
            let stream = StreamID(.rpc, 1)
            board.handle(.accepted(stream, from: Endpoint(IPAddress(127, 0, 0, 1), 9)), at: .zero, into: &effects)
            board.handle(.received(stream, vector.bytes), at: .zero, into: &effects)
            #expect(effects.contains(.close(stream)))
        }
    }

    @Test("The scanner agrees with the reader, however the bytes are cut") func scanner() throws {
        for vector in RPCVector.messages {
            let body = try Message(vector).headerCount
            var scanner = ObjectScanner()
            var length: Int?
            var count = body
            while length == nil && count < vector.bytes.count {
                count = min(count + 37, vector.bytes.count)
                length = try scanner.length(in: Array(vector.bytes[..<count]), from: body, maxBytes: 1 << 20)
            }
            #expect(length == vector.bytes.count - body)
        }
    }

    @Test("Truncations and mutations of every vector never trap") func mutations() {
        print("seed 1")
        var random = SeededRandom(seed: 1)
        for vector in RPCVector.messages {
            let bytes = vector.bytes
            for _ in 0..<12 {
                var mutated = bytes
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    mutated[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
                decode(mutated)
                decode(Array(bytes[..<Int.random(in: 0..<bytes.count, using: &random)]))
            }
        }
    }

    private func decode(_ bytes: [UInt8]) {
        var reader = MessagePackReader(bytes)
        guard let header = try? RPCHeader(decoding: &reader) else { return }
        let start = reader.position
        var typed = reader
        if let request = try? Request.decode(method: header.method, from: &typed) {
            var response = reader
            _ = try? request.decodeResponse(from: &response)
        }
        var scanner = ObjectScanner()
        let length = try? scanner.length(in: bytes, from: start, maxBytes: 1 << 20)
        if (try? reader.readDynamic()) != nil { #expect(length == reader.position - start) }
    }
}
