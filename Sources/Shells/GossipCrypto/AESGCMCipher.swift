import Crypto
import GossipCore

/// AES-GCM with a 16, 24 or 32 byte key (`wire/serf-gossip.md` 1.6). Nonces come from the operating system's
/// generator.
package struct AESGCMCipher: PacketCipher {
    private static let nonceBytes = 12
    private static let tagBytes = 16

    package init() {}

    package func seal(_ plaintext: [UInt8], key: [UInt8], associatedData: [UInt8]) -> [UInt8]? {
        seal(plaintext, key: key, nonce: Array(AES.GCM.Nonce()), associatedData: associatedData)
    }

    /// With a given nonce, which must never be used twice with one key.
    package func seal(
        _ plaintext: [UInt8], key: [UInt8], nonce: [UInt8], associatedData: [UInt8]
    ) -> [UInt8]? {
        guard Self.isKey(key), let nonce = try? AES.GCM.Nonce(data: nonce),
            let box = try? AES.GCM.seal(
                plaintext, using: SymmetricKey(data: key), nonce: nonce, authenticating: associatedData)
        else { return nil }
        return Array(nonce) + Array(box.ciphertext) + Array(box.tag)
    }

    package func open(_ sealed: [UInt8], key: [UInt8], associatedData: [UInt8]) -> [UInt8]? {
        guard Self.isKey(key), sealed.count >= Self.nonceBytes + Self.tagBytes,
            let nonce = try? AES.GCM.Nonce(data: sealed[..<Self.nonceBytes]),
            let box = try? AES.GCM.SealedBox(
                nonce: nonce, ciphertext: sealed[Self.nonceBytes..<sealed.count - Self.tagBytes],
                tag: sealed[(sealed.count - Self.tagBytes)...]),
            let plain = try? AES.GCM.open(box, using: SymmetricKey(data: key), authenticating: associatedData)
        else { return nil }
        return Array(plain)
    }

    private static func isKey(_ key: [UInt8]) -> Bool { [16, 24, 32].contains(key.count) }
}
