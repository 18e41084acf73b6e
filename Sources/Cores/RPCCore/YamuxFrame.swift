/// The 12-byte yamux header, big-endian (`wire/consul-rpc.md` 1.5); the payload of a data frame follows it.
package struct YamuxFrame: Equatable, Sendable {
    package static let headerBytes = 12

    package enum Kind: UInt8, Sendable {
        case data = 0
        case windowUpdate = 1
        case ping = 2
        case goAway = 3
    }

    package struct Flags: OptionSet, Equatable, Sendable {
        package let rawValue: UInt16
        package init(rawValue: UInt16) { self.rawValue = rawValue }

        package static let syn = Flags(rawValue: 1)
        package static let ack = Flags(rawValue: 2)
        package static let fin = Flags(rawValue: 4)
        package static let rst = Flags(rawValue: 8)
    }

    package var kind: Kind
    package var flags: Flags
    /// 0 for the session itself; odd streams were opened by the dialler.
    package var stream: UInt32
    /// Payload bytes, credit added, opaque ping value or go-away code.
    package var length: UInt32

    package init(_ kind: Kind, _ flags: Flags = [], stream: UInt32, length: UInt32 = 0) {
        self.kind = kind
        self.flags = flags
        self.stream = stream
        self.length = length
    }

    /// - Parameter bytes: at least `headerBytes` from `offset` on.
    package init(decoding bytes: [UInt8], at offset: Int = 0) throws(YamuxError) {
        guard offset >= 0, bytes.count - offset >= Self.headerBytes else { throw .truncated }
        guard bytes[offset] == 0 else { throw .version(bytes[offset]) }
        guard let kind = Kind(rawValue: bytes[offset + 1]) else { throw .frameType(bytes[offset + 1]) }
        self.kind = kind
        flags = Flags(rawValue: UInt16(bytes[offset + 2]) << 8 | UInt16(bytes[offset + 3]))
        stream = Self.word(bytes, offset + 4)
        length = Self.word(bytes, offset + 8)
    }

    private static func word(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
        UInt32(bytes[offset]) << 24 | UInt32(bytes[offset + 1]) << 16 | UInt32(bytes[offset + 2]) << 8
            | UInt32(bytes[offset + 3])
    }

    package func encode(into output: inout [UInt8]) {
        output.append(0)
        output.append(kind.rawValue)
        output.append(UInt8(truncatingIfNeeded: flags.rawValue >> 8))
        output.append(UInt8(truncatingIfNeeded: flags.rawValue))
        Self.append(stream, to: &output)
        Self.append(length, to: &output)
    }

    private static func append(_ word: UInt32, to output: inout [UInt8]) {
        output.append(UInt8(truncatingIfNeeded: word >> 24))
        output.append(UInt8(truncatingIfNeeded: word >> 16))
        output.append(UInt8(truncatingIfNeeded: word >> 8))
        output.append(UInt8(truncatingIfNeeded: word))
    }
}

/// Why a session ends. Other sessions are not touched.
package enum YamuxError: Error, Equatable, Sendable {
    case truncated
    case version(UInt8)
    case frameType(UInt8)
    /// A stream was opened twice or with the other side's number.
    case streamID(UInt32)
    /// The peer sent more than its credit.
    case creditExceeded(stream: UInt32)
    /// A ping was not answered within `YamuxSession.pingTimeout`.
    case pingUnanswered

    package var message: String {
        switch self {
        case .truncated: "frame header too short"
        case .version(let version): "yamux version \(version)"
        case .frameType(let type): "yamux frame type \(type)"
        case .streamID(let stream): "stream \(stream) must not be opened"
        case .creditExceeded(let stream): "stream \(stream) sent more than its credit"
        case .pingUnanswered: "keep-alive ping not answered"
        }
    }
}
