import WireFormat

/// One message of a gossip stream.
package enum StreamMessage: Equatable, Sendable {
    case ping(GossipPing)
    case ack(Ack)
    case pushPull(PushPull)
    /// Serf's message, its own type byte first.
    case user([UInt8])
    /// The peer could not read our envelope.
    case error(ErrorAnswer)

    /// With its type byte, before compression and encryption.
    package var encoded: [UInt8] {
        switch self {
        case .ping(let body): [MessageKind.ping.rawValue] + body.encoded
        case .ack(let body): [MessageKind.ack.rawValue] + body.encoded
        case .pushPull(let body): body.encoded
        case .user(let bytes):
            { () -> [UInt8] in
                var header = UserHeader()
                header.count = bytes.count
                return [MessageKind.user.rawValue] + header.encoded + bytes
            }()
        case .error(let body): [MessageKind.error.rawValue] + body.encoded
        }
    }
}

/// Reads the one message of one direction of a stream as its bytes arrive. Plaintext streams have no length: the
/// message ends where its last value ends (`wire/serf-gossip.md` 1.2).
package struct GossipStreamParser: Sendable {
    package enum Progress: Equatable, Sendable {
        case needsMore
        case message(StreamMessage)
        /// The envelope cannot be read: the peer is told so.
        case refused(String)
        /// Anything else is closed without a word.
        case failed(String)
    }

    /// Length field of an encrypted frame, user state, stream user message: memberlist's own limit.
    package static let maxFrameBytes = 20 << 20
    /// A whole plaintext message or what a compressed one inflates to: memberlist's limit of newer releases.
    package static let maxStreamBytes = 40 << 20
    /// Nodes of one push/pull: memberlist's limit of newer releases.
    package static let maxNodes = 1 << 20

    private enum Stage: Sendable {
        case opening
        /// Waits for `count` bytes of envelope from `start`.
        case envelope(start: Int, count: Int)
        /// Waits for the values that begin at `start`.
        case values(start: Int, ObjectScanner, then: Step)
        /// Waits for `count` raw bytes from `start`.
        case raw(start: Int, count: Int, header: Header)
        case done
    }

    private enum Step: Sendable {
        case body, pushPullHeader
        case pushPullNodes(PushPullHeader)
        case userHeader
    }
    private enum Header: Sendable {
        case pushPull(PushPullHeader)
        case user
    }

    private let security: GossipSecurity
    private var bytes: [UInt8] = []
    private var stage = Stage.opening
    /// Where the message begins: behind the label header.
    private var start = 0

    package init(security: GossipSecurity) { self.security = security }

    /// - Returns: `needsMore`, or the outcome, once; bytes after that are ignored.
    package mutating func receive(_ more: [UInt8]) -> Progress {
        if case .done = stage { return .needsMore }
        guard more.count <= Self.maxStreamBytes - bytes.count else { return finish(.failed("stream too long")) }
        bytes += more
        while true {
            switch stage {
            case .done: return .needsMore
            case .opening:
                guard let outcome = open() else { continue }
                return outcome == .needsMore ? outcome : finish(outcome)
            case .envelope(let start, let count):
                guard bytes.count - start >= count else { return .needsMore }
                return finish(openEnvelope(Array(bytes[start..<start + count])))
            case .values(let start, var scanner, let step):
                let length: Int?
                do throws(WireError) {
                    length = try scanner.length(in: bytes, from: start, maxBytes: Self.maxStreamBytes)
                } catch {
                    return finish(.failed("not MessagePack"))
                }
                stage = .values(start: start, scanner, then: step)
                guard let length else { return .needsMore }
                guard let outcome = stepped(step, end: start + length) else { continue }
                return finish(outcome)
            case .raw(let rawStart, let count, let header):
                guard bytes.count - rawStart >= count else { return .needsMore }
                return finish(assembled(header, rawStart: rawStart, count: count))
            }
        }
    }

    private mutating func finish(_ progress: Progress) -> Progress {
        stage = .done
        bytes = []
        return progress
    }

    /// Label and type byte. Nil: go on.
    private mutating func open() -> Progress? {
        guard let lead = bytes.first else { return .needsMore }
        var found: [UInt8] = []
        var offset = 0
        if lead == MessageKind.label.rawValue {
            guard bytes.count >= 2 else { return .needsMore }
            offset = 2 + Int(bytes[1])
            guard bytes.count >= offset else { return .needsMore }
            found = Array(bytes[2..<offset])
        }
        guard found == security.label else { return .failed("label does not match") }
        guard offset < bytes.count else { return .needsMore }
        start = offset
        if bytes[offset] == MessageKind.encrypt.rawValue {
            guard bytes.count - offset >= 5 else { return .needsMore }
            guard security.isEncrypted else { return .refused(GossipSecurity.Refusal.unexpectedEncryption.text) }
            let count = bytes[offset + 1..<offset + 5].reduce(0) { $0 << 8 | Int($1) }
            guard count <= Self.maxFrameBytes else { return .failed("encrypted frame of \(count) bytes") }
            stage = .envelope(start: offset + 5, count: count)
            return nil
        }
        if security.isEncrypted && security.verifiesIncoming {
            return .refused(GossipSecurity.Refusal.unencrypted.text)
        }
        return openMessage(at: offset)
    }

    private mutating func openMessage(at offset: Int) -> Progress? {
        guard let kind = MessageKind(rawValue: bytes[offset]) else {
            return .failed("unknown message type \(bytes[offset])")
        }
        let step: Step
        switch kind {
        case .ping, .ack, .error, .compress: step = .body
        case .pushPull: step = .pushPullHeader
        case .user: step = .userHeader
        case .indirectPing, .suspect, .alive, .dead, .compound, .encrypt, .nack, .checksum, .label:
            return .failed("message type \(kind.rawValue) on a stream")
        }
        stage = .values(start: offset + 1, ObjectScanner(), then: step)
        return nil
    }

    private func openEnvelope(_ envelope: [UInt8]) -> Progress {
        do throws(GossipSecurity.Refusal) {
            return Self.readWhole(try security.openStream(envelope: envelope), mayInflate: true)
        } catch {
            return .refused(error.text)
        }
    }

    /// A message of which every byte is there.
    private static func readWhole(_ plain: [UInt8], mayInflate: Bool) -> Progress {
        if plain.first == MessageKind.compress.rawValue {
            guard mayInflate else { return .failed("compressed twice") }
            do throws(WireError) {
                let body = try Compressed(decoding: Array(plain.dropFirst()))
                return readWhole(try body.unwrap(limit: maxStreamBytes), mayInflate: false)
            } catch {
                return .refused("\(error.reason == .truncated ? "compressed message ends early" : error.description)")
            }
        }
        var parser = GossipStreamParser(security: GossipSecurity())
        parser.bytes = plain
        guard let lead = plain.first else { return .failed("empty message") }
        guard lead != MessageKind.label.rawValue, lead != MessageKind.encrypt.rawValue else {
            return .failed("message type \(lead) inside an envelope")
        }
        let progress = parser.receive([])
        return progress == .needsMore ? .failed("message ends early") : progress
    }

    /// The values of a step are complete and end at `end`. Nil: go on.
    private mutating func stepped(_ step: Step, end: Int) -> Progress? {
        do throws(WireError) {
            var reader = MessagePackReader(bytes, from: start + 1, to: end)
            switch step {
            case .body:
                switch MessageKind(rawValue: bytes[start]) {
                case .ping: return .message(.ping(try reader.read()))
                case .ack: return .message(.ack(try reader.read()))
                case .error: return .message(.error(try reader.read()))
                default: return Self.readWhole(Array(bytes[start..<end]), mayInflate: true)
                }
            case .pushPullHeader:
                let header: PushPullHeader = try reader.read()
                guard header.nodeCount >= 0, header.nodeCount <= Self.maxNodes, header.userStateCount >= 0,
                    header.userStateCount <= Self.maxFrameBytes
                else { return .failed("push/pull header out of range") }
                stage = .values(start: end, ObjectScanner(count: header.nodeCount), then: .pushPullNodes(header))
            case .pushPullNodes(let header):
                stage = .raw(start: end, count: header.userStateCount, header: .pushPull(header))
            case .userHeader:
                let header: UserHeader = try reader.read()
                guard header.count >= 0, header.count <= Self.maxFrameBytes else {
                    return .failed("user message out of range")
                }
                stage = .raw(start: end, count: header.count, header: .user)
            }
            return nil
        } catch {
            return .failed("\(error)")
        }
    }

    private func assembled(_ header: Header, rawStart: Int, count: Int) -> Progress {
        let raw = Array(bytes[rawStart..<rawStart + count])
        guard case .pushPull(let header) = header else { return .message(.user(raw)) }
        do throws(WireError) {
            var reader = MessagePackReader(bytes, from: start + 1, to: rawStart)
            try reader.skip()
            var body = PushPull()
            body.isJoin = header.isJoin
            body.userState = raw
            for _ in 0..<header.nodeCount { body.nodes.append(try reader.read()) }
            return .message(.pushPull(body))
        } catch {
            return .failed("\(error)")
        }
    }
}
