package import FederationModel

/// How names become keys. Names of nodes, services and checks compare without regard to the case of ASCII
/// letters; letters beyond ASCII keep their case, so that servers built with different Unicode tables agree.
package enum Fold {
    /// Longer names are refused: three of them, escaped, still fit into one key of a tree.
    package static let maxNameBytes = 512

    package static func folded(_ name: String) -> ByteString { ByteString(name.utf8.map(lowered)) }

    static func lowered(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }

    static func equal(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count && zip(left.utf8, right.utf8).allSatisfy { lowered($0) == lowered($1) }
    }

    /// Several folded names as one key that sorts like the list of them, and no list's key is a prefix of another's
    /// by accident: each name ends in 0 1, and a 0 inside one is written 0 255.
    static func joined(_ parts: ByteString...) -> ByteString {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(parts.reduce(0) { $0 + $1.count + 2 })
        for part in parts {
            for byte in part.bytes {
                bytes.append(byte)
                if byte == 0 { bytes.append(255) }
            }
            bytes.append(0)
            bytes.append(1)
        }
        return ByteString(bytes)
    }
}
