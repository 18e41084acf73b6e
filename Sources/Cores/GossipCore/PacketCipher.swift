/// Authenticated encryption of gossip (AES-GCM in an agent, a stand-in in simulations). The cipher draws its own
/// nonces: they must never repeat under one key, which a seeded generator cannot promise.
package protocol PacketCipher: Sendable {
    /// - Returns: nonce (12 bytes), ciphertext, tag (16 bytes); nil when the key is unusable.
    func seal(_ plaintext: [UInt8], key: [UInt8], associatedData: [UInt8]) -> [UInt8]?
    /// Reverses `seal`; nil for a wrong key, other associated data or damaged bytes.
    func open(_ sealed: [UInt8], key: [UInt8], associatedData: [UInt8]) -> [UInt8]?
}

/// `version u8, nonce, ciphertext, tag` (`wire/serf-gossip.md` 1.6).
package enum Envelope {
    /// Version, nonce and tag.
    package static let overhead = 29
    /// Version 0 pads its plaintext to whole blocks.
    package static let blockCount = 16

    /// Version 1, which every Serf delegate version speaks.
    package static func seal(
        _ plaintext: [UInt8], with cipher: any PacketCipher, key: [UInt8], associatedData: [UInt8], version: UInt8 = 1
    ) -> [UInt8]? {
        guard version <= 1 else { return nil }
        let padded = version == 0 ? plaintext + padding(for: plaintext.count) : plaintext
        return cipher.seal(padded, key: key, associatedData: associatedData).map { [version] + $0 }
    }

    /// Tries every key in order.
    package static func open(
        _ envelope: [UInt8], with cipher: any PacketCipher, keyring: Keyring, associatedData: [UInt8]
    ) -> [UInt8]? {
        guard envelope.count >= overhead, let version = envelope.first, version <= 1 else { return nil }
        let sealed = Array(envelope.dropFirst())
        for key in keyring.keys {
            guard let plain = cipher.open(sealed, key: key, associatedData: associatedData) else { continue }
            return version == 0 ? unpadded(plain) : plain
        }
        return nil
    }

    private static func padding(for count: Int) -> [UInt8] {
        let missing = blockCount - count % blockCount
        return [UInt8](repeating: UInt8(missing), count: missing)
    }

    private static func unpadded(_ plain: [UInt8]) -> [UInt8]? {
        guard let last = plain.last, last >= 1, Int(last) <= min(blockCount, plain.count) else { return nil }
        return Array(plain.dropLast(Int(last)))
    }
}
