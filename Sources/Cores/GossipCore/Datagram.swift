import WireFormat

/// One message of a datagram, its wrappings removed.
package enum GossipMessage: Equatable, Sendable {
    case ping(GossipPing)
    case indirectPing(IndirectPing)
    case ack(Ack)
    case nack(Nack)
    case suspect(Accusation)
    case alive(Alive)
    case dead(Accusation)
    /// Serf's message, its own type byte first.
    case user([UInt8])

    /// With its type byte.
    package var encoded: [UInt8] {
        switch self {
        case .ping(let body): [MessageKind.ping.rawValue] + body.encoded
        case .indirectPing(let body): [MessageKind.indirectPing.rawValue] + body.encoded
        case .ack(let body): [MessageKind.ack.rawValue] + body.encoded
        case .nack(let body): [MessageKind.nack.rawValue] + body.encoded
        case .suspect(let body): [MessageKind.suspect.rawValue] + body.encoded
        case .alive(let body): [MessageKind.alive.rawValue] + body.encoded
        case .dead(let body): [MessageKind.dead.rawValue] + body.encoded
        case .user(let bytes): [MessageKind.user.rawValue] + bytes
        }
    }
}

/// The layers inside the envelope of a datagram: checksum, compression, compound (`wire/serf-gossip.md` 1.1).
package enum Datagram {
    /// Real peers nest two or three deep; deeper is hostile.
    package static let maxDepth = 8
    /// All compressed layers of one datagram together: 16 times the largest datagram.
    package static let maxInflatedBytes = 1 << 20
    /// Parts of all compounds together: more than a datagram of the smallest messages (8 bytes) can carry.
    package static let maxParts = 8192
    /// The count of a compound is one byte.
    package static let maxCompoundParts = 255

    /// What could be read, in order, and why the rest could not.
    package struct Contents: Equatable, Sendable {
        package var messages: [GossipMessage] = []
        package var problems: [String] = []
    }

    package static func read(_ plain: [UInt8]) -> Contents {
        var reading = Reading()
        if plain.first == MessageKind.checksum.rawValue, plain.count >= 5 {
            let told = plain[1..<5].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            guard told == Checksum.crc32(plain, in: 5..<plain.count) else {
                reading.contents.problems.append("checksum does not match")
                return reading.contents
            }
            reading.read(Array(plain[5...]), depth: 0)
        } else {
            reading.read(plain, depth: 0)
        }
        return reading.contents
    }

    private struct Reading {
        var contents = Contents()
        var inflatableBytes = maxInflatedBytes
        var parts = maxParts

        mutating func fail(_ problem: String) {
            // A hostile datagram of thousands of bad parts is worth a few lines only.
            if contents.problems.count < 4 { contents.problems.append(problem) }
        }

        mutating func read(_ bytes: [UInt8], depth: Int) {
            guard depth < maxDepth, parts > 0 else { return fail("nested too deep") }
            parts -= 1
            guard let lead = bytes.first else { return fail("empty message") }
            guard let kind = MessageKind(rawValue: lead) else { return fail("unknown message type \(lead)") }
            do throws(WireError) {
                let body = Array(bytes.dropFirst())
                switch kind {
                case .ping: contents.messages.append(.ping(try GossipPing(decoding: body)))
                case .indirectPing: contents.messages.append(.indirectPing(try IndirectPing(decoding: body)))
                case .ack: contents.messages.append(.ack(try Ack(decoding: body)))
                case .nack: contents.messages.append(.nack(try Nack(decoding: body)))
                case .suspect: contents.messages.append(.suspect(try Accusation(decoding: body)))
                case .alive: contents.messages.append(.alive(try Alive(decoding: body)))
                case .dead: contents.messages.append(.dead(try Accusation(decoding: body)))
                case .user: contents.messages.append(.user(body))
                case .compress:
                    let inner = try Compressed(decoding: body).unwrap(limit: inflatableBytes)
                    inflatableBytes -= inner.count
                    read(inner, depth: depth + 1)
                case .compound: readCompound(body, depth: depth)
                case .pushPull, .encrypt, .checksum, .error, .label: fail("message type \(lead) in a datagram")
                }
            } catch {
                fail("message type \(lead): \(error)")
            }
        }

        private mutating func readCompound(_ body: [UInt8], depth: Int) {
            guard let count = body.first.map(Int.init), body.count >= 1 + 2 * count else {
                return fail("compound ends early")
            }
            var start = 1 + 2 * count
            for index in 0..<count {
                let length = Int(body[1 + 2 * index]) << 8 | Int(body[2 + 2 * index])
                guard length <= body.count - start else { return fail("compound ends early") }
                read(Array(body[start..<start + length]), depth: depth + 1)
                start += length
            }
        }
    }

    /// One message bare, several as compounds of at most 255 and 65535 bytes each.
    package static func pack(_ messages: [[UInt8]]) -> [[UInt8]] {
        let fitting = messages.filter { $0.count <= Int(UInt16.max) }
        guard fitting.count > 1 else { return fitting }
        return stride(from: 0, to: fitting.count, by: maxCompoundParts).map { start in
            let parts = fitting[start..<min(start + maxCompoundParts, fitting.count)]
            var bytes = [MessageKind.compound.rawValue, UInt8(parts.count)]
            for part in parts { bytes += [UInt8(part.count >> 8), UInt8(part.count & 0xFF)] }
            for part in parts { bytes += part }
            return bytes
        }
    }

    /// Checksum header and `plain`; only for peers whose PMax is at least 5.
    package static func checksummed(_ plain: [UInt8]) -> [UInt8] {
        let sum = Checksum.crc32(plain)
        return [MessageKind.checksum.rawValue]
            + stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: sum >> UInt32($0)) } + plain
    }
}
