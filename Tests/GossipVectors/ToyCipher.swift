import Determinism
import GossipCore

/// Not a cipher: shows in tests that everything is enveloped, and refuses what is not meant for the key.
package struct ToyCipher: PacketCipher {
    package init() {}

    package func seal(_ plaintext: [UInt8], key: [UInt8], associatedData: [UInt8]) -> [UInt8]? {
        guard let first = key.first else { return nil }
        let tag = Self.tag(plaintext, key, associatedData)
        return [UInt8](repeating: 7, count: 12) + plaintext.map { $0 ^ first } + tag
    }

    package func open(_ sealed: [UInt8], key: [UInt8], associatedData: [UInt8]) -> [UInt8]? {
        guard sealed.count >= 28, let first = key.first else { return nil }
        let plain = sealed[12..<sealed.count - 16].map { $0 ^ first }
        return Self.tag(plain, key, associatedData) == Array(sealed.suffix(16)) ? plain : nil
    }

    private static func tag(_ plain: [UInt8], _ key: [UInt8], _ data: [UInt8]) -> [UInt8] {
        var hash = EventHash()
        hash.combine(plain)
        hash.combine(key)
        hash.combine(data)
        let value = hash.value
        return (0..<16).map { UInt8(truncatingIfNeeded: value >> UInt64(4 * $0)) }
    }
}
