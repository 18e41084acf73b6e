/// An IPv4 or IPv6 address. Two words and no allocation: endpoints are keys of many tables.
public struct IPAddress: Hashable, Sendable {
    /// The first eight bytes of an IPv6 address; 0 for IPv4.
    @usableFromInline let high: UInt64
    @usableFromInline let low: UInt64
    public let isIPv6: Bool

    /// - Parameter bytes: in network order.
    /// - Returns: nil unless there are 4 or 16 bytes.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        isIPv6 = bytes.count == 16
        let word = { (part: ArraySlice<UInt8>) in part.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
        high = word(bytes.dropLast(8))
        low = word(bytes.suffix(8))
    }

    public init(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) {
        high = 0
        low = UInt64(a) << 24 | UInt64(b) << 16 | UInt64(c) << 8 | UInt64(d)
        isIPv6 = false
    }

    @inlinable public static func == (left: IPAddress, right: IPAddress) -> Bool {
        left.low == right.low && left.high == right.high && left.isIPv6 == right.isIPv6
    }

    @inlinable public func hash(into hasher: inout Hasher) {
        hasher.combine(low)
        if isIPv6 { hasher.combine(high) }
    }

    /// 4 or 16, in network order.
    public var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 16) { buffer, count in
            count = isIPv6 ? 16 : 4
            for place in 0..<count {
                let shift = UInt64(8 * (7 - (place + 16 - count) % 8))
                let word = isIPv6 && place < 8 ? high : low
                buffer.initializeElement(at: place, to: UInt8(truncatingIfNeeded: word >> shift))
            }
        }
    }

    /// Dotted quad or IPv6 text (RFC 4291 §2.2, also with an embedded IPv4 tail); nil for anything else.
    public init?(_ text: some StringProtocol) {
        guard let bytes = text.contains(":") ? Self.parseIPv6(String(text)) : Self.parseIPv4(String(text)) else {
            return nil
        }
        self.init(bytes: bytes)
    }

    private static func parseIPv4(_ text: String) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            let digits = part.utf8.allSatisfy { $0 >= 48 && $0 <= 57 }
            guard digits, part.utf8.count <= 3, let byte = UInt8(part) else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    private static func parseIPv6(_ text: String) -> [UInt8]? {
        guard text.utf8.count <= 45, !text.contains(":::") else { return nil }
        var halves: [[UInt8]] = []
        let pieces = splitAtDoubleColon(text)
        guard pieces.count <= 2 else { return nil }
        for piece in pieces {
            var bytes: [UInt8] = []
            let groups = piece.isEmpty ? [] : piece.split(separator: ":", omittingEmptySubsequences: false)
            for (position, group) in groups.enumerated() {
                if group.contains(".") {
                    guard position == groups.count - 1, let tail = parseIPv4(String(group)) else { return nil }
                    bytes += tail
                } else {
                    let hex = group.utf8.count <= 4 && !group.hasPrefix("+")
                    guard hex, let value = UInt16(group, radix: 16) else { return nil }
                    bytes += [UInt8(value >> 8), UInt8(value & 0xFF)]
                }
            }
            halves.append(bytes)
        }
        if halves.count == 1 { return halves[0].count == 16 ? halves[0] : nil }
        let missing = 16 - halves[0].count - halves[1].count
        guard missing >= 2 else { return nil }
        return halves[0] + [UInt8](repeating: 0, count: missing) + halves[1]
    }

    private static func splitAtDoubleColon(_ text: String) -> [String] {
        var pieces: [String] = []
        var current = ""
        var previousColon = false
        for character in text {
            if character == ":" && previousColon {
                current.removeLast()
                pieces.append(current)
                current = ""
                previousColon = false
            } else {
                current.append(character)
                previousColon = character == ":"
            }
        }
        pieces.append(current)
        return pieces
    }
}

extension IPAddress: CustomStringConvertible {
    /// Dotted quad, or IPv6 in the canonical form of RFC 5952.
    public var description: String {
        let bytes = bytes
        guard isIPv6 else { return "\(bytes[0]).\(bytes[1]).\(bytes[2]).\(bytes[3])" }
        let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        var best = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8 && groups[end] == 0 { end += 1 }
            if end - start > max(1, best.count) { best = start..<end }
            start = max(end, start + 1)
        }
        let text = { (range: Range<Int>) in groups[range].map { String($0, radix: 16) }.joined(separator: ":") }
        return best.isEmpty ? text(0..<8) : text(0..<best.lowerBound) + "::" + text(best.upperBound..<8)
    }
}

extension IPAddress: Comparable {
    public static func < (left: IPAddress, right: IPAddress) -> Bool {
        if left.isIPv6 != right.isIPv6 { return right.isIPv6 }
        return left.high != right.high ? left.high < right.high : left.low < right.low
    }
}

/// An address and a port, of TCP or UDP.
public struct Endpoint: Hashable, Sendable {
    public var address: IPAddress
    public var port: UInt16

    @inlinable public init(_ address: IPAddress, _ port: UInt16) {
        self.address = address
        self.port = port
    }

    @inlinable public static func == (left: Endpoint, right: Endpoint) -> Bool {
        left.port == right.port && left.address == right.address
    }

    @inlinable public func hash(into hasher: inout Hasher) {
        hasher.combine(address)
        hasher.combine(port)
    }

    /// `127.0.0.1:8300` or `[::1]:8300`; a bare address takes `defaultPort` when there is one. Nil for anything else.
    public init?(_ text: String, defaultPort: UInt16? = nil) {
        // An IPv4 address has no colon, an IPv6 address at least two.
        if text.utf8.count(where: { $0 == UInt8(ascii: ":") }) != 1, let address = IPAddress(text) {
            guard let defaultPort else { return nil }
            self.init(address, defaultPort)
            return
        }
        guard let colon = text.lastIndex(of: ":") else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("[") && host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        let digits = text[text.index(after: colon)...]
        guard digits.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }), let port = UInt16(digits),
            let address = IPAddress(host)
        else { return nil }
        self.init(address, port)
    }
}

extension Endpoint: CustomStringConvertible {
    public var description: String { address.isIPv6 ? "[\(address)]:\(port)" : "\(address):\(port)" }
}

extension Endpoint: Comparable {
    public static func < (left: Endpoint, right: Endpoint) -> Bool {
        left.address != right.address ? left.address < right.address : left.port < right.port
    }
}

/// A host by name and a port.
public struct HostPort: Hashable, Sendable {
    public var host: String
    public var port: UInt16

    /// - Parameter text: `host` or `host:port`; nil when there is no host or the port is no number.
    public init?(_ text: String, defaultPort: UInt16) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let port = parts.count == 2 ? UInt16(parts[1]) : defaultPort, !parts[0].isEmpty else { return nil }
        host = String(parts[0])
        self.port = port
    }
}
