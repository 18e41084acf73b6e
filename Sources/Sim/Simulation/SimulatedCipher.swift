import Determinism
import GossipCore

/// Stands for AES-GCM in simulated worlds: the same sizes, refuses wrong keys and changed bytes, and draws nothing, so
/// that a run follows from its seed. Keeps no secret.
struct SimulatedCipher: PacketCipher {
    private static let nonceBytes = 12
    private static let tagBytes = 16

    func seal(_ plaintext: [UInt8], key: [UInt8], associatedData: [UInt8]) -> [UInt8]? {
        guard [16, 24, 32].contains(key.count) else { return nil }
        let nonce = Self.digest([plaintext, associatedData], count: Self.nonceBytes)
        let hidden = Self.crypt(plaintext, key: key, nonce: nonce)
        return nonce + hidden + Self.digest([key, nonce, hidden, associatedData], count: Self.tagBytes)
    }

    func open(_ sealed: [UInt8], key: [UInt8], associatedData: [UInt8]) -> [UInt8]? {
        guard [16, 24, 32].contains(key.count), sealed.count >= Self.nonceBytes + Self.tagBytes else { return nil }
        let nonce = Array(sealed[..<Self.nonceBytes])
        let hidden = Array(sealed[Self.nonceBytes..<(sealed.count - Self.tagBytes)])
        let tag = Self.digest([key, nonce, hidden, associatedData], count: Self.tagBytes)
        guard tag.elementsEqual(sealed.suffix(Self.tagBytes)) else { return nil }
        return Self.crypt(hidden, key: key, nonce: nonce)
    }

    private static func crypt(_ bytes: [UInt8], key: [UInt8], nonce: [UInt8]) -> [UInt8] {
        var hash = EventHash()
        hash.combine(key)
        hash.combine(nonce)
        var random = SeededRandom(seed: hash.value)
        return bytes.map { $0 ^ UInt8(truncatingIfNeeded: random.next()) }
    }

    private static func digest(_ parts: [[UInt8]], count: Int) -> [UInt8] {
        var hash = EventHash()
        for part in parts {
            hash.combine(UInt64(part.count))
            hash.combine(part)
        }
        var random = SeededRandom(seed: hash.value)
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }
}
