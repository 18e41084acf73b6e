/// The keys of a pool: encrypts with the primary, decrypts with any (`wire/serf-gossip.md` 1.6).
package struct Keyring: Equatable, Sendable {
    package enum Problem: Error, Equatable, Sendable {
        /// Keys have 16, 24 or 32 bytes.
        case wrongSize(Int)
        case notInstalled
        case removingPrimary
        /// A ring holds at most `maxCount` keys: each undecryptable packet is tried with all of them.
        case full

        package var text: String {
            switch self {
            case .wrongSize: "key size must be 16, 24 or 32 bytes"
            case .notInstalled: "Requested key is not in the keyring"
            case .removingPrimary: "Removing the primary key is not allowed"
            case .full: "the keyring is full"
            }
        }
    }

    package static let maxCount = 64

    /// Primary first; never empty.
    package private(set) var keys: [[UInt8]]

    package init(_ keys: [[UInt8]]) throws(Problem) {
        self.keys = []
        for key in keys { try install(key) }
        if self.keys.isEmpty { throw .wrongSize(0) }
    }

    package var primary: [UInt8] { keys[0] }

    /// Adding a present key changes nothing.
    package mutating func install(_ key: [UInt8]) throws(Problem) {
        guard [16, 24, 32].contains(key.count) else { throw .wrongSize(key.count) }
        guard !keys.contains(key) else { return }
        guard keys.count < Self.maxCount else { throw .full }
        keys.append(key)
    }

    /// Makes an installed key the primary.
    package mutating func use(_ key: [UInt8]) throws(Problem) {
        guard let position = keys.firstIndex(of: key) else { throw .notInstalled }
        keys.insert(keys.remove(at: position), at: 0)
    }

    /// Removing an absent key changes nothing.
    package mutating func remove(_ key: [UInt8]) throws(Problem) {
        guard key != primary else { throw .removingPrimary }
        keys.removeAll { $0 == key }
    }
}
