/// An IPv4 or IPv6 address: 4 or 16 bytes in network order.
package struct IPAddress: Hashable, Sendable {
    package let bytes: [UInt8]

    /// - Returns: nil unless there are 4 or 16 bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    package init(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) { bytes = [a, b, c, d] }

    /// Dotted quad or IPv6 text (RFC 4291 §2.2, also with an embedded IPv4 tail); nil for anything else.
    package init?(_ text: some StringProtocol) {
        guard let bytes = text.contains(":") ? Self.parseIPv6(String(text)) : Self.parseIPv4(String(text)) else {
            return nil
        }
        self.bytes = bytes
    }

    package var isIPv6: Bool { bytes.count == 16 }

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
    package var description: String {
        guard isIPv6 else { return bytes.map { String($0) }.joined(separator: ".") }
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
    package static func < (left: IPAddress, right: IPAddress) -> Bool {
        left.bytes.count != right.bytes.count
            ? left.bytes.count < right.bytes.count : left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}

/// An address and a port, of TCP or UDP.
package struct Endpoint: Hashable, Sendable {
    package var address: IPAddress
    package var port: UInt16

    package init(_ address: IPAddress, _ port: UInt16) {
        self.address = address
        self.port = port
    }

    /// `127.0.0.1:8300` or `[::1]:8300`; a bare address takes `defaultPort` when there is one. Nil for anything else.
    package init?(_ text: String, defaultPort: UInt16? = nil) {
        if let address = IPAddress(text) {
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
    package var description: String { address.isIPv6 ? "[\(address)]:\(port)" : "\(address):\(port)" }
}

extension Endpoint: Comparable {
    package static func < (left: Endpoint, right: Endpoint) -> Bool {
        left.address != right.address ? left.address < right.address : left.port < right.port
    }
}

/// A host by name and a port.
package struct HostPort: Hashable, Sendable {
    package var host: String
    package var port: UInt16

    /// - Parameter text: `host` or `host:port`; nil when there is no host or the port is no number.
    package init?(_ text: String, defaultPort: UInt16) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let port = parts.count == 2 ? UInt16(parts[1]) : defaultPort, !parts[0].isEmpty else { return nil }
        host = String(parts[0])
        self.port = port
    }
}
