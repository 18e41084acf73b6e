/// An immutable run of bytes: a KV key or value, a payload. Ordered byte by byte, as Consul lists keys.
public struct ByteString: Hashable, Sendable {
    public var bytes: [UInt8]

    package init() { bytes = [] }
    package init(_ bytes: [UInt8]) { self.bytes = bytes }
    package init(_ bytes: ArraySlice<UInt8>) { self.bytes = Array(bytes) }
    package init(_ text: String) { bytes = Array(text.utf8) }

    @inlinable public var count: Int { bytes.count }
    package var isEmpty: Bool { bytes.isEmpty }

    /// The bytes as text; whatever is not UTF-8 becomes U+FFFD.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// O(prefix).
    package func hasPrefix(_ prefix: ByteString) -> Bool {
        bytes.count >= prefix.bytes.count && bytes.starts(with: prefix.bytes)
    }
}

extension ByteString: Comparable {
    public static func < (left: ByteString, right: ByteString) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}

extension ByteString: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { self.init(value) }
}

extension ByteString: CustomStringConvertible {
    public var description: String { text }
}
