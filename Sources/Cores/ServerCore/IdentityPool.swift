import FederationModel

/// Bytes of the operating system's generator, from which ids of sessions and prepared queries are made: nobody can
/// tell the next one from those before. The shell fills it; the core asks in time.
struct IdentityPool: Sendable {
    /// 1,024 ids: more than arrive in one turn of the loop.
    static let capacity = 16_384

    private var bytes: [UInt8]
    private var isAsked = false

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// - Returns: nil when the pool is empty.
    mutating func take() -> String? {
        guard bytes.count >= 16 else { return nil }
        var source = Source(bytes: Array(bytes.suffix(16)))
        bytes.removeLast(16)
        return NodeID.random(using: &source).description
    }

    mutating func fill(_ more: [UInt8]) {
        isAsked = false
        bytes += more.prefix(max(0, Self.capacity - bytes.count))
    }

    /// How many bytes to ask for; nil while enough are there or on their way.
    mutating func shortage() -> Int? {
        guard !isAsked, bytes.count < Self.capacity * 3 / 4 else { return nil }
        isAsked = true
        return Self.capacity - bytes.count
    }

    private struct Source: RandomNumberGenerator {
        var bytes: [UInt8]

        mutating func next() -> UInt64 {
            let word = bytes.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            bytes.removeLast(min(8, bytes.count))
            return word
        }
    }
}
