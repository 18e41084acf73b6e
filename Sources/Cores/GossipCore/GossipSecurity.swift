/// Label and encryption of one pool: the outermost layers of datagrams and streams (`wire/serf-gossip.md` 1.1–1.6).
package struct GossipSecurity: Sendable {
    package enum Refusal: Error, Equatable, Sendable {
        case wrongLabel
        case notDecryptable
        case unencrypted
        case unexpectedEncryption

        /// What the error answer on a stream says.
        package var text: String {
            switch self {
            case .wrongLabel: "label does not match"
            case .notDecryptable: "No installed keys could decrypt the message"
            case .unencrypted: "Encryption is configured but remote state is not encrypted"
            case .unexpectedEncryption: "Remote state is encrypted and encryption is not configured"
            }
        }
    }

    /// Longest label: its length is one byte.
    package static let maxLabelBytes = 255

    /// Empty: no header is sent.
    package var label: [UInt8] = []
    /// Nil: plaintext.
    package var keyring: Keyring?
    package var cipher: (any PacketCipher)?
    /// Off: what cannot be decrypted is taken as plaintext, while encryption is rolled out.
    package var verifiesIncoming = true
    /// Off: plaintext is sent.
    package var verifiesOutgoing = true

    package init() {}

    package var isEncrypted: Bool { keyring != nil && cipher != nil }
    private var encryptsOutgoing: Bool { isEncrypted && verifiesOutgoing }

    /// Bytes these layers add to a datagram.
    package var overhead: Int { (label.isEmpty ? 0 : 2 + label.count) + (encryptsOutgoing ? Envelope.overhead : 0) }

    package var labelHeader: [UInt8] {
        label.isEmpty
            ? [] : [MessageKind.label.rawValue, UInt8(clamping: label.count)] + label.prefix(Self.maxLabelBytes)
    }

    /// - Returns: nil when the cipher refuses the key.
    package func sealDatagram(_ plain: [UInt8]) -> [UInt8]? {
        guard encryptsOutgoing, let keyring, let cipher else { return labelHeader + plain }
        return Envelope.seal(plain, with: cipher, key: keyring.primary, associatedData: label).map { labelHeader + $0 }
    }

    package func openDatagram(_ datagram: [UInt8]) throws(Refusal) -> [UInt8] {
        var rest = datagram
        var found: [UInt8] = []
        if rest.first == MessageKind.label.rawValue {
            guard rest.count >= 2, rest.count >= 2 + Int(rest[1]), rest[1] > 0 else { throw .wrongLabel }
            found = Array(rest[2..<2 + Int(rest[1])])
            rest.removeFirst(2 + found.count)
        }
        guard found == label else { throw .wrongLabel }
        guard let keyring, let cipher else { return rest }
        if let plain = Envelope.open(rest, with: cipher, keyring: keyring, associatedData: label) { return plain }
        if verifiesIncoming { throw .notDecryptable }
        return rest
    }

    /// One direction of a stream: label header, then the encryption frame or the message itself.
    package func sealStream(_ plain: [UInt8]) -> [UInt8]? {
        guard encryptsOutgoing, let keyring, let cipher else { return labelHeader + plain }
        let header = Self.streamHeader(envelopeCount: plain.count + Envelope.overhead)
        return Envelope.seal(plain, with: cipher, key: keyring.primary, associatedData: header + label)
            .map { labelHeader + header + $0 }
    }

    package func openStream(envelope: [UInt8]) throws(Refusal) -> [UInt8] {
        guard let keyring, let cipher else { throw .unexpectedEncryption }
        let data = Self.streamHeader(envelopeCount: envelope.count) + label
        guard let plain = Envelope.open(envelope, with: cipher, keyring: keyring, associatedData: data) else {
            throw .notDecryptable
        }
        return plain
    }

    private static func streamHeader(envelopeCount: Int) -> [UInt8] {
        let count = UInt32(clamping: envelopeCount)
        return [MessageKind.encrypt.rawValue]
            + stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: count >> UInt32($0)) }
    }
}
